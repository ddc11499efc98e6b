#include <iostream>

#include "catalog_tools.h"
#include "lake_checks.h"
#include "lake_store.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/storage/s3_object_store.h"
#include "local_commands.h"

namespace lakehouse::app {
namespace {

Context Command() { return {.principal = "operator", .trace = "command", .deadline = {}, .cancel = {}}; }

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

}  // namespace

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
  const auto tables = LH_TRY(CatalogTools::Open());
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
