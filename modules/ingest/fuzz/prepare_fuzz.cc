// Any octets as a file to ingest: refused with a reason, or a report whose counts add up, with a copy that reads back as it says.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "prepare.h"
#include "record_reader.h"
#include "type_tree.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::string Directory() {
  char name[] = "/tmp/prepare-fuzz-XXXXXX";
  Require(::mkdtemp(name) != nullptr);
  return std::string(name) + "/";
}

/// Records of a plain copy, all of which must have this many cells.
std::int64_t CountRecords(const std::string& path, std::size_t cells) {
  using namespace lakehouse::ingest;
  const auto fd = OpenToRead(path);
  Require(fd.ok());
  FdReader source(fd->get());
  RecordReader reader(source, CsvDialect{});
  CsvRecord record;
  for (std::int64_t count = 0;; ++count) {
    const auto more = reader.Next(record);
    Require(more.ok());
    if (!*more) return count;
    Require(record.fields.size() == cells);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse;
  using namespace lakehouse::ingest;
  if (size == 0) return 0;
  static const std::string directory = Directory();
  static const char* const kNames[] = {"t.csv", "t.tsv", "t.json", "t.ndjson", "t", "t.csv.gz", "t.csv.zst", "t.parquet"};
  PrepareRequest request;
  request.file_name = kNames[data[0] % 8];
  request.plain_copy = (data[0] & 8) != 0;
  request.stem = "f";
  request.path = directory + "in";
  request.max_unpacked_bytes = 4 << 20;
  request.keeps_nested = (data[0] & 32) != 0;
  if ((data[0] & 16) != 0) request.target = {{"a", "BIGINT"}, {"b", "VARCHAR"}};
  if ((data[0] & 48) == 48) request.target.push_back({"c", "STRUCT(\"d\" DOUBLE, \"e\" STRUCT(\"f\" DATE)[])"});
  std::ofstream(request.path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));
  const auto report = PrepareFile(request, directory, [](std::int64_t, std::int64_t) -> Status { return Ok{}; });
  if (report) {
    Require(report->rows_loaded + report->rows_rejected == report->rows_read);
    Require(report->rows_rejected == 0 || !report->rejects_path.empty());
    Require(report->format == "parquet" || !report->columns.empty());
    for (const auto& column : report->columns) Require(ParseType(column.type).ok());
    if (report->copied && report->fits_target && report->format != "json" && report->format != "ndjson") {
      Require(CountRecords(report->load_path, report->columns.size()) == report->rows_loaded);
    }
  } else {
    Require(!report.error().message().empty());
  }
  for (const char* name : {"f.csv", "f.rejects.csv", "f.unpacked", "f.utf8", "f.ndjson"}) std::remove((directory + name).c_str());
  return 0;
}
