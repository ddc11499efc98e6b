#include "pages.h"
#include "system_parts.h"

namespace lakehouse::ui {
namespace {

void ShowLogLevel(View& view, House& house) {
  view.ShowFlag("level_known", house.parts.log_level != nullptr).ShowFlag("level_settable", house.parts.set_log_level != nullptr);
  if (!house.parts.log_level) return;
  const std::string now = house.parts.log_level();
  view.Set("log_level", now);
  for (const char* level : {"debug", "info", "warning", "error"})
    view.ShowAdd("level").Show("name", level).ShowFlag("chosen", now == level);
}

net::HttpResponse SystemPage(MetricsHistory& history, House& house, const Context& context, net::HttpRequest& request) {
  View view;
  view.Set("version", house.parts.version);
  ShowMetrics(view, history);
  ShowServices(view, house, context);
  ShowFailures(view, house);
  ShowJobs(view, house, context);
  ShowRequests(view, house);
  ShowStorage(view, house, context);
  ShowCommits(view, house, context);
  ShowBuckets(view, house, context, false);
  ShowCare(view, house, context, request.FindQuery("fsck").has_value());
  ShowDoctor(view, house, request.FindQuery("doctor").has_value());
  ShowLogLevel(view, house);
  view.Include("failures_piece", "failures")
      .Include("jobs_piece", "jobs")
      .Include("requests_piece", "requests")
      .Include("buckets_piece", "buckets")
      .Include("care_piece", "care");
  return AnswerPage(house, context, request, {"system", "System", "", "system", false, 200, true}, std::move(view));
}

net::HttpResponse ConfigurationPage(House& house, const Context& context, net::HttpRequest& request) {
  View view;
  ShowConfiguration(view, house);
  return AnswerPage(house, context, request, {"system", "Configuration", "Configuration", "configuration"}, std::move(view));
}

net::HttpResponse FailuresPiece(House& house, const Context&, net::HttpRequest&) {
  View view;
  ShowFailures(view, house);
  return AnswerPiece(house, "failures", view);
}
net::HttpResponse JobsPiece(House& house, const Context& context, net::HttpRequest&) {
  View view;
  ShowJobs(view, house, context);
  return AnswerPiece(house, "jobs", view);
}
net::HttpResponse RequestsPiece(House& house, const Context&, net::HttpRequest&) {
  View view;
  ShowRequests(view, house);
  return AnswerPiece(house, "requests", view);
}
net::HttpResponse SetLogLevel(House& house, const Context& context, net::HttpRequest& request) {
  const Status set = house.parts.set_log_level ? house.parts.set_log_level(FormField(request, "level"))
                                               : Status(Error(ErrorCode::kUnimplemented, "the log level cannot be set here"));
  if (!set) return AnswerFault(house, context, request, "system", set.error());
  return SeeOther("/system#server");
}
net::HttpResponse CancelJob(House& house, const Context& context, net::HttpRequest& request) {
  const auto cancelled = house.parts.ingest.Cancel(context, {request.path_params["id"]});
  if (!cancelled) return AnswerFault(house, context, request, "system", cancelled.error());
  return SeeOther("/system");
}

}  // namespace

std::vector<net::Route> SystemRoutes(House& house, MetricsHistory& history) {
  const auto page = [&history](House& h, const Context& context, net::HttpRequest& request) {
    return SystemPage(history, h, context, request);
  };
  std::vector<net::Route> routes;
  for (const char* pattern : {"/system", "/system.json"}) routes.push_back(PageRoute(house, "GET", pattern, page));
  for (const char* pattern : {"/system/configuration", "/system/configuration.json"})
    routes.push_back(PageRoute(house, "GET", pattern, ConfigurationPage));
  routes.push_back(PageRoute(house, "GET", "/system/failures", FailuresPiece));
  routes.push_back(PageRoute(house, "GET", "/system/jobs", JobsPiece));
  routes.push_back(PageRoute(house, "GET", "/system/requests", RequestsPiece));
  routes.push_back(PageRoute(house, "GET", "/system/live", LivePage));
  routes.back().timeout_ms = 600'000;
  routes.push_back(PageRoute(house, "POST", "/system/log-level", SetLogLevel));
  routes.push_back(PageRoute(house, "POST", "/system/jobs/{id}/cancel", CancelJob));
  routes.push_back(PageRoute(house, "GET", "/system/buckets", BucketsPiece));
  return routes;
}

}  // namespace lakehouse::ui
