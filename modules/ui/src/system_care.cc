#include <algorithm>

#include "format.h"
#include "pages.h"
#include "system_parts.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kMostFindings = 20;
constexpr std::int64_t kHourMs = 3'600'000;

void ShowRun(View& view, const char* name, const std::string& when, const std::string& what, bool is_bad) {
  view.Add("care").Set("name", name).Show("when", when).Set("what", what).SetFlag("is_bad", is_bad);
}

std::string ByItself(std::int64_t interval_ms) {
  if (interval_ms == 0) return "only when asked";
  return "by itself every " +
         (interval_ms >= kHourMs ? Counted(interval_ms / kHourMs, "hour") : Milliseconds(static_cast<double>(interval_ms)));
}

std::string WhatWasCollected(const catalog::CollectionRun& run) {
  if (run.failed) return "failed: " + *run.failed;
  return Counted(run.objects, "object") + " removed, " + Bytes(run.size_bytes) + "; " + Counted(run.expired_versions, "version") +
         " let go";
}

std::string WhatWasScrubbed(const catalog::ScrubRun& run) {
  if (run.failed) return "failed: " + *run.failed;
  return Counted(run.objects, "object") + ", " + Bytes(run.bytes) +
         (run.damaged == 0 ? ", all sound" : "; " + Grouped(run.damaged) + " damaged");
}

void ShowUpkeep(View& view, const catalog::UpkeepState& state, std::int64_t now) {
  if (state.collection)
    ShowRun(view, "Garbage", "at work", WhatWasCollected(*state.collection), false);
  else if (const auto& last = state.last_collection)
    ShowRun(view, "Garbage", Ago(now, last->finished_micros), WhatWasCollected(*last), last->failed.has_value());
  else
    ShowRun(view, "Garbage", "not yet", "is collected " + ByItself(state.collect_interval_ms), false);
  const std::int64_t scrub_interval_ms = state.scrub_bytes_per_second == 0 ? 0 : std::max<std::int64_t>(state.scrub_interval_ms, 1);
  if (state.scrub)
    ShowRun(view, "Scrub", "at work", WhatWasScrubbed(*state.scrub), state.scrub->damaged > 0);
  else if (const auto& last = state.last_scrub)
    ShowRun(view, "Scrub", Ago(now, last->finished_micros), WhatWasScrubbed(*last), last->failed || last->damaged > 0);
  else
    ShowRun(view, "Scrub", "not yet", "begins " + ByItself(scrub_interval_ms), false);
  if (!state.quarantine.empty())
    ShowRun(
        view, "Quarantine", Ago(now, state.quarantine[0].since_micros),
        Counted(static_cast<std::int64_t>(state.quarantine.size()), "object") + " refused to queries, the first " + state.quarantine[0].key,
        true);
}

void ShowCheck(View& view, const Result<catalog::FsckReport>& report) {
  view.SetFlag("lake_clean", report && report->IsClean()).List("lake_findings");
  if (!report) {
    view.Set("lake_text", "the check did not come to its end: " + report.error().message() + "; run lakehouse fsck on the machine");
    return;
  }
  view.Set("lake_text", std::string(report->IsClean() ? "clean: " : "not clean: ") + Counted(report->records, "record") + ", " +
                            Counted(report->files, "file") + " of " + Bytes(report->bytes) + "; " +
                            Counted(report->unreferenced, "object") + " that no version names");
  for (std::size_t i = 0; i < std::min(report->findings.size(), kMostFindings); ++i) {
    const catalog::FsckFinding& finding = report->findings[i];
    view.Add("lake_findings")
        .Set("reason", finding.reason)
        .Set("key", finding.key)
        .Set("message", finding.message)
        .SetFlag("damage", finding.is_damage);
  }
}

}  // namespace

void ShowCare(View& view, House& house, const Context& context, bool check) {
  view.List("care");
  view.ShowFlag("check_offered", house.parts.check_lake != nullptr).ShowFlag("checked", check && house.parts.check_lake != nullptr);
  if (house.parts.upkeep != nullptr) {
    const auto state = house.parts.upkeep->LoadState(context, {});
    if (state)
      ShowUpkeep(view, *state, house.parts.clock.WallMicros());
    else
      ShowRun(view, "Upkeep", "", state.error().message(), true);
  }
  if (check && house.parts.check_lake) ShowCheck(view, house.parts.check_lake(context));
}

}  // namespace lakehouse::ui
