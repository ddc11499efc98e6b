#include "copy_command.h"

#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "lake_store.h"
#include "lakehouse/base/file.h"
#include "lakehouse/catalog/copy_lake.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/storage/s3_object_store.h"

namespace lakehouse::app {
namespace {

void ShowCopied(const catalog::CopyProgress& progress) {
  constexpr double kMB = 1e6;
  std::fprintf(stderr, "\r\033[K%lld of %lld objects, %.1f of %.1f MB", static_cast<long long>(progress.objects),
               static_cast<long long>(progress.objects_total), static_cast<double>(progress.bytes) / kMB,
               static_cast<double>(progress.bytes_total) / kMB);
}

}  // namespace

Status RunCopy(const SettingsOptions& settings_options, const CopyCommand& command) {
  const Settings settings = LH_TRY(LoadSettings(settings_options));
  if (command.to.empty() || (command.is_restore && command.from.empty()))
    return Error(ErrorCode::kInvalidArgument, command.is_restore ? "restore needs --from and --to" : "backup needs --to").Named("usage");
  const std::string from = command.from.empty() ? settings.Text("data") : command.from;
  if (!storage::IsS3Url(from) && !FileSize(from + "/_catalog/format.json"))
    return Error(ErrorCode::kNotFound, from + " is no lake: it has no _catalog/format.json");  // opening would make the directory
  Metrics metrics;
  Log log("copy", LogLevel::kError, StandardErrorSink());
  const Context context{.principal = "operator", .trace = "command", .deadline = {}, .cancel = {}};
  const auto source = LH_TRY_WHILE(OpenLakeStore(context, settings, from, metrics, log), "open " + from);
  const auto target = LH_TRY_WHILE(OpenPlainStore(context, settings, command.to, metrics, log), "open " + command.to);
  const auto scratch = LH_TRY(TemporaryDirectory::Create("/tmp", "lakehouse-"));
  const auto tables = LH_TRY(engine::ParquetTables::Open({.scratch = scratch.path()}));
  const auto codec = catalog::MakeParquetTableCodec(*tables);
  catalog::CopyLakeOptions options;
  options.spool = scratch.path();
  options.into_empty = command.is_restore;
  options.verify_all = command.verify_all;
  options.prune = command.prune;
  const bool is_terminal = isatty(STDERR_FILENO) != 0;
  if (is_terminal) options.on_progress = ShowCopied;
  const auto report = catalog::CopyLake(context, *source, *target, *codec, options);
  if (is_terminal) std::fputs("\r\033[K", stderr);
  if (!report) return report.error();
  std::cout << (command.is_restore ? "restored " : "backed up ") << from << " at record " << report->sequence << " to " << command.to
            << ": " << report->objects << " objects, " << report->copied << " of them copied (" << report->bytes_copied << " bytes)";
  if (command.prune) std::cout << ", " << report->pruned << " removed that the lake has collected";
  std::cout << "\n";
  if (report->in_rescue > 0)
    std::cout << "note     " << report->in_rescue
              << " uploads wait in the rescue bucket: they are in no dataset yet, so they are not in the copy\n";
  for (const std::string& key : report->damaged) std::cout << "DAMAGE   " << key << "\n";
  if (!report->damaged.empty())
    return Error(ErrorCode::kCorruption, std::to_string(report->damaged.size()) +
                                             " objects of the source are not what was committed and are not in the copy; "
                                             "lakehouse fsck says more");
  return Ok{};
}

}  // namespace lakehouse::app
