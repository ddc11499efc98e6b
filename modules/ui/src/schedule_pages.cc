#include "format.h"
#include "pages.h"
#include "shell.h"

namespace lakehouse::ui {
namespace {

std::string WhenOf(const ingest::Schedule& schedule) {
  if (!schedule.every.empty()) return "every " + schedule.every;
  if (!schedule.cron.empty()) return schedule.cron + " " + (schedule.zone.empty() ? "UTC" : schedule.zone);
  return "when asked";
}

std::string HrefOf(const std::string& name) { return "/sources?name=" + UrlEncode(name); }

void ShowRun(View& row, const ingest::ScheduleRun& run, std::int64_t now) {
  row.Set("state", run.state).Set("error", run.error).SetInteger("files", run.files).SetInteger("rows", run.rows);
  row.ShowFlag("is_good", run.state != "failed");
  row.Show("time_iso", FormatTime(run.started_micros)).Show("ago", Ago(now, run.started_micros));
  row.Show("files_text", Grouped(run.files)).Show("rows_text", Grouped(run.rows));
}

void ShowState(View& row, const ingest::ScheduleState& state, std::int64_t now) {
  const ingest::Schedule& schedule = state.schedule;
  row.Set("name", schedule.name).Set("kind", schedule.kind).Set("url", schedule.url).Set("dataset", schedule.dataset);
  row.SetFlag("running", state.running).Show("when", WhenOf(schedule)).ShowFlag("is_paused", schedule.paused);
  row.ShowFlag("has_dataset", !schedule.dataset.empty()).ShowFlag("is_running", state.running);
  row.Show("next_text", state.next_micros ? Minute(*state.next_micros) : "").ShowFlag("has_next", state.next_micros.has_value());
  row.Show("href", HrefOf(schedule.name));
  row.Show("run_action", "/sources/" + schedule.name + "/run").Show("drop_action", "/sources/" + schedule.name + "/drop");
  row.ShowFlag("has_run", !state.runs.empty());
  if (!state.runs.empty()) ShowRun(row, state.runs.front(), now);
}

/// The runs of one of them, with their files.
void ShowRuns(View& view, const ingest::ScheduleState& state, std::int64_t now) {
  view.ShowFlag("has_runs", !state.runs.empty())
      .Show("runs_text", state.runs.empty() ? "" : "the last " + Counted(static_cast<std::int64_t>(state.runs.size()), "run"));
  view.List("runs");
  for (const ingest::ScheduleRun& run : state.runs) {
    View& row = view.Add("runs");
    ShowRun(row, run, now);
    row.SetInteger("failed_files", run.failed_files).Show("failed_text", Grouped(run.failed_files));
    row.Show("took", Milliseconds(static_cast<double>(run.finished_micros - run.started_micros) / 1'000));
    row.ShowFlag("is_newest", &run == &state.runs.front()).ShowFlag("has_reports", !run.reports.empty());
    const bool is_cut = static_cast<std::int64_t>(run.reports.size()) < run.files;
    row.Show("reports_text", is_cut ? Grouped(static_cast<std::int64_t>(run.reports.size())) + " of " + Counted(run.files, "file")
                                    : Counted(run.files, "file"));
    row.List("reports");
    for (const ingest::ScheduledFile& file : run.reports) {
      View& report = row.Add("reports");
      report.Set("file", file.name).Set("state", file.state).Set("job", file.job).Set("error", file.error);
      report.SetInteger("rows", file.rows).SetInteger("rejected", file.rejected).ShowFlag("is_bad", !file.error.empty());
      report.Show("rows_text", Counted(file.rows, "row") + (file.rejected > 0 ? ", " + Grouped(file.rejected) + " rejected" : ""));
    }
  }
}

void ShowForm(View& view, const ingest::Schedule& schedule) {
  for (const auto& [value, words] : {std::pair("http", "file at a URL"),
                                     {"folder", "folder of the inbox"},
                                     {"objects", "objects of a bucket"},
                                     {"postgres", "table of PostgreSQL"},
                                     {"mysql", "table of MySQL or MariaDB"}})
    view.ShowAdd("kinds").Show("value", value).Show("words", words).ShowFlag("chosen", schedule.kind == value);
  for (const auto& [value, words] :
       {std::pair("", "auto: create, then append"), {"append", "append"}, {"replace", "replace"}, {"upsert", "upsert by a key"}})
    view.ShowAdd("modes").Show("value", value).Show("words", words).ShowFlag("chosen", schedule.mode == value);
  for (const auto& [value, words] :
       {std::pair("", "as the dataset has them, else columns"), {"flatten", "columns"}, {"keep", "kept as objects"}})
    view.ShowAdd("nestings")
        .Show("value", value)
        .Show("words", words)
        .ShowFlag("chosen", (schedule.nested ? WireName(*schedule.nested) : "") == value);
  view.Show("f_name", schedule.name).Show("f_url", schedule.url).Show("f_dataset", schedule.dataset).Show("f_key", schedule.key);
  view.Show("f_table", schedule.table).Show("f_incremental", schedule.incremental).Show("f_secret", schedule.secret);
  view.Show("f_every", schedule.every).Show("f_cron", schedule.cron).Show("f_zone", schedule.zone).ShowFlag("f_paused", schedule.paused);
}

net::HttpResponse SchedulesPage(House& house, const Context& context, net::HttpRequest& request) {
  const auto listed = house.parts.ingest.ListSchedules(context, {});
  if (!listed) return AnswerFault(house, context, request, "explore", listed.error());
  const std::int64_t now = house.parts.clock.WallMicros();
  const auto name = request.FindQuery("name");
  const ingest::ScheduleState* chosen = nullptr;
  View view;
  view.List("schedules");
  bool is_any_running = false;
  for (const ingest::ScheduleState& state : listed->schedules) {
    View& row = view.Add("schedules");
    ShowState(row, state, now);
    const bool is_chosen = name && state.schedule.name == *name;
    row.ShowFlag("is_chosen", is_chosen);
    if (is_chosen) chosen = &state;
    is_any_running = is_any_running || state.running;
  }
  if (name && chosen == nullptr)
    return AnswerFault(house, context, request, "explore",
                       Error(ErrorCode::kNotFound, "there is no source of that name").Named("schedule_not_found"));
  view.ShowFlag("any", !listed->schedules.empty()).ShowFlag("polls", is_any_running).ShowFlag("has_chosen", chosen != nullptr);
  view.Show("self_href", chosen != nullptr ? HrefOf(chosen->schedule.name) : "/sources");
  view.Show("count_text", Counted(static_cast<std::int64_t>(listed->schedules.size()), "source"));
  if (chosen != nullptr) {
    view.Show("chosen", chosen->schedule.name);
    ShowRuns(view, *chosen, now);
  }
  ShowForm(view, chosen != nullptr ? chosen->schedule : ingest::Schedule());
  return AnswerPage(house, context, request, {"explore", "Sources", "Sources", "schedules"}, std::move(view));
}

net::HttpResponse SaveSchedule(House& house, const Context& context, net::HttpRequest& request) {
  const auto field = [&](std::string_view name) { return FormField(request, name); };
  std::optional<ingest::Nested> nested;
  for (const ingest::Nested one : {ingest::Nested::kFlatten, ingest::Nested::kKeep})
    if (field("nested") == WireName(one)) nested = one;
  const ingest::Schedule schedule{.name = field("name"),
                                  .kind = field("kind"),
                                  .url = field("url"),
                                  .dataset = field("dataset"),
                                  .mode = field("mode"),
                                  .key = field("key"),
                                  .table = field("table"),
                                  .secret = field("secret"),
                                  .incremental = field("incremental"),
                                  .every = field("every"),
                                  .cron = field("cron"),
                                  .zone = field("zone"),
                                  .paused = field("paused") == "1",
                                  .nested = nested};
  const auto put = house.parts.ingest.PutSchedule(context, {schedule});
  return put ? SeeOther(HrefOf(schedule.name)) : AnswerFault(house, context, request, "explore", put.error());
}

net::HttpResponse RunSchedule(House& house, const Context& context, net::HttpRequest& request) {
  const auto run = house.parts.ingest.RunSchedule(context, {request.path_params["name"]});
  return run ? SeeOther(HrefOf(request.path_params["name"])) : AnswerFault(house, context, request, "explore", run.error());
}

net::HttpResponse DropSchedule(House& house, const Context& context, net::HttpRequest& request) {
  const auto dropped = house.parts.ingest.DropSchedule(context, {request.path_params["name"]});
  return dropped ? SeeOther("/sources") : AnswerFault(house, context, request, "explore", dropped.error());
}

}  // namespace

std::vector<net::Route> SchedulePageRoutes(House& house) {
  std::vector<net::Route> routes;
  for (const char* pattern : {"/sources", "/sources.json"}) routes.push_back(PageRoute(house, "GET", pattern, SchedulesPage));
  routes.push_back(PageRoute(house, "POST", "/sources", SaveSchedule));
  routes.push_back(PageRoute(house, "POST", "/sources/{name}/run", RunSchedule));
  routes.push_back(PageRoute(house, "POST", "/sources/{name}/drop", DropSchedule));
  for (net::Route& route : routes) route.scope = net::RouteScope::kAdmin;
  return routes;
}

}  // namespace lakehouse::ui
