// Any octets as a document, an archive or a workbook: refused with a reason, or rows whose counts add up.
#include <dirent.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "documents.h"
#include "workbook.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::string OwnDirectory() {
  char name[] = "/tmp/documents-fuzz-XXXXXX";
  Require(::mkdtemp(name) != nullptr);
  return std::string(name) + "/";
}

void Empty(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  Require(directory != nullptr);
  while (const dirent* entry = ::readdir(directory))
    if (entry->d_name[0] != '.') std::remove((path + entry->d_name).c_str());
  ::closedir(directory);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse;
  using namespace lakehouse::ingest;
  if (size == 0) return 0;
  static const std::string directory = OwnDirectory();
  static const char* const kNames[] = {"a.zip", "a.docx", "a.html", "a.md", "a.txt", "a.eml", "a", "a.xlsx"};
  const std::string path = directory + "in";
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data + 1), static_cast<std::streamsize>(size - 1));
  ListRequest list{path, kNames[data[0] % 8], {}, "f", 4 << 20};
  const auto listing = ListDocuments(list, directory);
  Require(listing.ok() || !listing.error().message().empty());
  if (listing && !listing->sources.empty()) {
    PrepareRequest request;
    request.stem = "f";
    request.documents = listing->sources;
    for (DocumentSource& source : request.documents)
      if (source.kind == "pdf") source.text_path = source.path;  // what the program says is as hostile
    const auto report = PrepareDocuments(request, directory, [](std::int64_t, std::int64_t) -> Status { return Ok{}; });
    if (report)
      Require(report->rows_loaded + report->rows_rejected == report->rows_read && report->documents.size() == request.documents.size());
  }
  if (data[0] % 8 == 7) {
    const auto sheet = WriteSheet(path, {}, directory + "sheet");
    Require(sheet.ok() || !sheet.error().message().empty());
  }
  Empty(directory);
  return 0;
}
