#include <filesystem>
#include <iostream>
#include <optional>

#include "catalog_tools.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/sql_quote.h"
#include "lakehouse/catalog/inspect.h"
#include "lakehouse/embed/vector_cache.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/journal/local_journal.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/sandbox/worker.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/vector/local_vectors.h"
#include "local_commands.h"

namespace lakehouse::app {
namespace {

/// A file of a lake, of a bucket or of a machine's state.
struct InspectedFile {
  std::string path;
  std::string octets;

  /// The part of the path that is the key, if it has this beginning; a local store writes a name without an ending with ".%".
  std::string KeyFrom(std::string_view prefix) const {
    std::string_view key = path;
    if (key.ends_with(".%")) key.remove_suffix(2);
    const std::size_t at = key.rfind(prefix);
    return at == std::string_view::npos ? std::string() : std::string(key.substr(at));
  }
};

using Described = Result<std::optional<std::string>>;

/// Indexes, corpora and caches say in their first octets what they are.
Described DescribeByMagic(const InspectedFile& file) {
  if (file.octets.starts_with("LHVCACH")) return std::optional(LH_TRY(embed::InspectCacheFile(file.octets)));
  if (file.octets.starts_with("LHV")) return std::optional(LH_TRY(vector::InspectVectorObject(file.octets)) + "\n");
  if (file.octets.starts_with("LHCORP")) return std::optional(LH_TRY(matrix::InspectCorpusImage(file.octets)));
  return std::optional<std::string>();
}

/// Whether the file that came is the one that the intent beside it speaks of.
Result<bool> CheckSource(const InspectedFile& file) {
  const auto read = [&](std::uint64_t offset, std::uint64_t length) -> Result<std::string> { return file.octets.substr(offset, length); };
  const auto load = [&](const std::string& key) {
    return ReadFile(std::filesystem::path(file.path).replace_filename(std::filesystem::path(key).filename()));
  };
  return ingest::CheckRescuedFile(storage::InBucket(storage::kRescueBucket, file.KeyFrom("_rescue/")), file.octets.size(), read, load);
}

/// What stands in a lake beside its datasets and is text: shown as it is when it is sound.
Described DescribeText(const InspectedFile& file) {
  const auto sound = [&](const char* what) { return std::optional(std::string(what) + ", sound\n" + file.octets + "\n"); };
  if (LH_TRY(storage::CheckBucketObject(file.KeyFrom("_buckets/"), file.octets))) return sound("record of a bucket");
  if (LH_TRY(storage::CheckBucketObject(file.KeyFrom("_bucket.json"), file.octets))) return sound("mark of a bucket");
  if (LH_TRY(ingest::CheckRescueObject(storage::InBucket(storage::kRescueBucket, file.KeyFrom("_rescue/")), file.octets)))
    return sound("rescued upload");
  if (LH_TRY(CheckSource(file)))
    return std::optional("file of a rescued upload, as its intent says: " + std::to_string(file.octets.size()) + " bytes, sha256 " +
                         Sha256Hex(file.octets) + "\n");
  if (LH_TRY(ingest::CheckScheduleObject(file.KeyFrom("_schedules/"), file.octets))) return sound("schedule");
  if (LH_TRY(matrix::CheckCorpusDefinition(file.KeyFrom("_corpora/"), file.octets))) return sound("declaration of a corpus");
  if (LH_TRY(storage::CheckLogObject(file.path, file.octets))) return sound("part of a log");
  return std::optional<std::string>();
}

std::string KindOfParquet(const InspectedFile& file) {
  for (const auto& [part, kind] :
       {std::pair("/deletes/", "position deletes"), std::pair("/data/", "data file"), std::pair("_logs/journal/", "flushed events"),
        std::pair("/gen-", "embeddings or position deletes of an index")})
    if (file.path.find(part) != std::string::npos) return kind;
  return "Parquet file";
}

/// Its columns and rows, read by a jailed worker: the file may hold anything.
Described DescribeParquet(const InspectedFile& file) {
  if (!file.octets.starts_with("PAR1")) return std::optional<std::string>();
  LH_TRY(journal::CheckFlushedEvents(file.KeyFrom("_logs/journal/"), file.octets));
  const auto place = LH_TRY(TemporaryDirectory::Create("/tmp", "lakehouse-"));
  sandbox::WorkerOptions options;
  options.root = place.path();
  options.first_uid = 0;  // what it may read is in its directory alone
  constexpr std::int64_t kTimeoutMs = 30'000;
  const Context context{.principal = "operator", .trace = "inspect", .deadline = Deadline::After(kTimeoutMs), .cancel = {}};
  const auto worker = LH_TRY(sandbox::Worker::Start(context, engine::EngineWorkers(options, {}), "inspect", 0));
  const std::string linked = QuoteText(LH_TRY(worker->Link(file.path)));
  engine::Session session(*worker);
  const auto rows = [&](const std::string& statement) -> Result<std::vector<std::vector<std::string>>> {
    const auto answer = LH_TRY(session.RunToEnd(context, {.statement = statement}));
    return DecodeJson<std::vector<std::vector<std::string>>>("[" + answer.body + "]");
  };
  const auto sizes = LH_TRY(
      rows("SELECT CAST(num_rows AS VARCHAR), CAST(num_row_groups AS VARCHAR), created_by FROM parquet_file_metadata(" + linked + ")"));
  std::string text = KindOfParquet(file) + ": " + sizes.at(0).at(0) + " rows in " + sizes.at(0).at(1) + " row groups, written by " +
                     sizes.at(0).at(2) + "\n" + std::to_string(file.octets.size()) + " bytes, sha256 " + Sha256Hex(file.octets) +
                     " (what it must be stands in its manifest)\n";
  const auto columns =
      LH_TRY(rows("SELECT d.column_name, d.column_type, coalesce((SELECT CAST(min(field_id) AS VARCHAR) FROM parquet_schema(" + linked +
                  ") s WHERE s.name = d.column_name), 'none') FROM (DESCRIBE FROM read_parquet(" + linked + ")) d"));
  for (const auto& column : columns) text += "  " + column.at(0) + " " + column.at(1) + ", field id " + column.at(2) + "\n";
  return std::optional(std::move(text));
}

Described DescribeCatalogObject(const InspectedFile& file) {
  const auto tools = LH_TRY(CatalogTools::Open());
  auto text = catalog::InspectCatalogObject({.principal = "operator", .trace = "inspect", .deadline = {}, .cancel = {}}, *tools.codec,
                                            file.path, file.octets);
  if (!text && text.error().code() == ErrorCode::kInvalidArgument) return std::optional<std::string>();
  return std::optional(LH_TRY(std::move(text)));
}

}  // namespace

Status RunInspect(const std::string& path) {
  const InspectedFile file{path, LH_TRY(ReadFile(path))};
  for (const auto describe : {DescribeByMagic, DescribeText, DescribeCatalogObject, DescribeParquet}) {
    const auto text = LH_TRY_WHILE(describe(file), "inspect " + path);
    if (!text) continue;
    std::cout << *text;
    return Ok{};
  }
  return Error(ErrorCode::kInvalidArgument,
               path +
                   " is no object of a lake. What is none of Parquet, an index, a corpus or a cache is told by its place in a lake: "
                   "…/_catalog/log/…, …/_buckets/… and so on; docs/formats says what there is");
}

}  // namespace lakehouse::app
