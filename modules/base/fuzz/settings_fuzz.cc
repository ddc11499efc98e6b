// The settings file, and each of its lines as a value from the environment: refused with a reason, or values that keep to their limits
// and, given again as they are shown, mean the same.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz_target.h"
#include "lakehouse/base/settings.h"

using namespace lakehouse;
using fuzz::Require;

namespace {

constexpr Setting kTable[] = {
    {"name", SettingKind::kText, "lake", "a text"},
    {"query.workers", SettingKind::kInteger, "2", "a number", 0, 64},
    {"query.exact", SettingKind::kBool, "false", "a switch"},
    {"query.timeout", SettingKind::kDurationMs, "10s", "a duration", 0, 86'400'000},
    {"ingest.limit", SettingKind::kSizeBytes, "256MiB", "a size", 1},
    {"net.hosts", SettingKind::kList, "a,b", "a list"},
};

void Check(const Settings& settings) {
  const std::int64_t workers = settings.Integer("query.workers");
  const std::int64_t timeout = settings.Integer("query.timeout");
  Require(workers >= 0 && workers <= 64 && timeout >= 0 && timeout <= 86'400'000, "a value is outside its limits");
  Require(settings.Integer("ingest.limit") >= 1, "a size is below its limit");
  (void)settings.List("net.hosts");
  const auto shown = settings.Show();
  Require(shown.size() == std::size(kTable), "every setting is shown");
  Settings::Sources again;
  for (const Settings::Shown& one : shown)
    if (one.key != "net.hosts") again.flags[one.key] = one.value;  // an item of a file's list may hold a comma
  const auto same = Settings::Load(kTable, again);
  Require(same.ok(), "what is shown is a value");
  Require(same->Integer("query.workers") == workers && same->Integer("query.timeout") == timeout &&
              same->Bool("query.exact") == settings.Bool("query.exact") && same->Text("name") == settings.Text("name") &&
              same->Integer("ingest.limit") == settings.Integer("ingest.limit"),
          "what is shown means the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = memfd_create("settings", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  Require(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == static_cast<ssize_t>(size), "a file in memory");
  Settings::Sources sources;
  sources.file = path;
  if (const auto settings = Settings::Load(kTable, sources)) Check(*settings);

  std::string_view text = fuzz::TextOf(data, size);
  for (const Setting& setting : kTable) {
    Settings::Sources environment;
    environment.environment[EnvironmentName(setting.key)] = fuzz::TakeLine(text);
    if (const auto settings = Settings::Load(kTable, environment)) Check(*settings);
  }
  return 0;
}
