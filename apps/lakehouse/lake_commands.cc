#include <iostream>
#include <optional>

#include "lake_checks.h"
#include "lake_store.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/catalog/inspect.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/s3_object_store.h"
#include "lakehouse/vector/local_vectors.h"
#include "local_commands.h"

namespace lakehouse::app {
namespace {

Context Command() { return {.principal = "operator", .trace = "command", .deadline = {}, .cancel = {}}; }

/// The Parquet tables of the catalog, read with a scratch directory that goes with it.
struct CatalogTables {
  TemporaryDirectory scratch;
  std::unique_ptr<engine::ParquetTables> tables;
  std::unique_ptr<catalog::TableCodec> codec;

  static Result<CatalogTables> Open() {
    auto scratch = LH_TRY(TemporaryDirectory::Create("/tmp", "lakehouse-"));
    auto tables = LH_TRY(engine::ParquetTables::Open({.scratch = scratch.path()}));
    auto codec = catalog::MakeParquetTableCodec(*tables);
    return CatalogTables{std::move(scratch), std::move(tables), std::move(codec)};
  }
};

void PrintText(const catalog::FsckReport& report) {
  for (const catalog::FsckFinding& finding : report.findings)
    std::cout << (finding.is_damage ? finding.repaired ? "repaired " : "DAMAGE   " : "note     ") << finding.reason << "  " << finding.key
              << "\n         " << finding.message
              << (finding.repair.empty() || finding.repaired ? "" : "; --repair would " + finding.repair) << "\n";
  std::cout << (report.IsClean() ? "clean" : "not clean") << ": " << report.records << " records, " << report.segments << " segments, "
            << report.checkpoints << " checkpoints, " << report.snapshots << " snapshots, " << report.manifests << " manifests, "
            << report.files << " files of " << report.bytes << " bytes; " << report.besides << " objects beside them; "
            << report.unreferenced << " objects that no snapshot names\n";
}

void PrintJson(const catalog::FsckReport& report) {
  JsonWriter writer;
  writer.Open('{');
  writer.Key("clean");
  writer.Bool(report.IsClean());
  for (const auto& [key, number] :
       {std::pair("records", report.records), std::pair("segments", report.segments), std::pair("checkpoints", report.checkpoints),
        std::pair("snapshots", report.snapshots), std::pair("manifests", report.manifests), std::pair("files", report.files),
        std::pair("bytes", report.bytes), std::pair("besides", report.besides), std::pair("unreferenced", report.unreferenced)}) {
    writer.Key(key);
    writer.Integer(number);
  }
  writer.Key("findings");
  writer.Open('[');
  for (const catalog::FsckFinding& finding : report.findings) {
    writer.Open('{');
    for (const auto& [key, text] :
         {std::pair("reason", finding.reason), std::pair("key", finding.key), std::pair("message", finding.message)}) {
      writer.Key(key);
      writer.String(text);
    }
    writer.Key("damage");
    writer.Bool(finding.is_damage);
    if (!finding.repair.empty()) {
      writer.Key("repair");
      writer.String(finding.repair);
    }
    writer.Key("repaired");
    writer.Bool(finding.repaired);
    writer.Close('}');
  }
  writer.Close(']');
  writer.Close('}');
  std::cout << std::move(writer).Take() << "\n";
}

/// What stands in a lake beside its datasets and is text already: shown as it is when it is sound. Nothing for any other object.
Result<std::optional<std::string>> DescribeBeside(const std::string& path, const std::string& octets) {
  const auto key_from = [&](std::string_view prefix) {
    const std::size_t at = path.rfind(prefix);
    return at == std::string::npos ? std::string() : path.substr(at);
  };
  if (LH_TRY(storage::CheckBucketObject(key_from(storage::kBucketPrefix), octets)))
    return std::optional("record of a bucket, sound\n" + octets);
  if (LH_TRY(ingest::CheckRescueObject(storage::InBucket(storage::kRescueBucket, key_from("_rescue/")), octets)))
    return std::optional("rescued upload, sound\n" + octets);
  if (LH_TRY(storage::CheckLogObject(path, octets))) return std::optional("part of a log, sound\n" + octets);
  return std::optional<std::string>();
}

}  // namespace

Status RunInspect(const std::string& path) {
  const std::string octets = LH_TRY(ReadFile(path));
  if (octets.starts_with("LHV")) {
    std::cout << LH_TRY_WHILE(vector::InspectVectorObject(octets), "inspect " + path) << "\n";
    return Ok{};
  }
  if (octets.starts_with("LHCORP")) {
    std::cout << LH_TRY_WHILE(matrix::InspectCorpusImage(octets), "inspect " + path);
    return Ok{};
  }
  if (const auto text = LH_TRY_WHILE(DescribeBeside(path, octets), "inspect " + path)) {
    std::cout << *text << "\n";
    return Ok{};
  }
  const auto tables = LH_TRY(CatalogTables::Open());
  auto text = catalog::InspectCatalogObject(Command(), *tables.codec, path, octets);
  if (!text)
    return std::move(text).TakeError().While("inspect " + path +
                                             ", which is told by its place in a lake: …/_catalog/log/…, …/manifest/… and so on");
  std::cout << *text << "\n";
  return Ok{};
}

Status RunFsck(const SettingsOptions& settings_options, const FsckCommand& command) {
  const Settings settings = LH_TRY(LoadSettings(settings_options));
  const std::string data = settings.Text("data");
  const Error no_lake(ErrorCode::kNotFound, data + " is no lake: it has no _catalog/format.json. Name one with --data");
  if (!storage::IsS3Url(data) && !FileSize(data + "/_catalog/format.json")) return no_lake;  // opening would make the directory
  Metrics metrics;
  Log log("fsck", LogLevel::kError, StandardErrorSink());
  const auto store = LH_TRY(OpenLakeStore(Command(), settings, metrics, log));
  if (const auto format = store->Head(Command(), "_catalog/format.json"); !format)
    return format.error().code() == ErrorCode::kNotFound ? no_lake : format.error();
  const auto tables = LH_TRY(CatalogTables::Open());
  catalog::FsckOptions options;
  options.self_checks = LakeChecks();
  options.level = command.level == "quick" ? catalog::FsckLevel::kReachable : catalog::FsckLevel::kDigests;
  if (command.repair && !command.json) {
    // First what would be done, so that it stands on the screen should the next step fail.
    for (const catalog::FsckFinding& finding : LH_TRY(catalog::RunFsck(Command(), *store, *tables.codec, options)).findings)
      if (!finding.repair.empty()) std::cout << "will     " << finding.repair << "  " << finding.key << "\n";
  }
  options.repair = command.repair;
  const auto report = LH_TRY(catalog::RunFsck(Command(), *store, *tables.codec, options));
  if (command.json)
    PrintJson(report);
  else
    PrintText(report);
  if (!report.IsClean())
    return Error(ErrorCode::kCorruption,
                 "the lake is damaged; the findings say where. Restore these objects from a backup, or restore an earlier version of the "
                 "datasets they belong to");
  return Ok{};
}

}  // namespace lakehouse::app
