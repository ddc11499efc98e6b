#include "lakehouse/journal/journal_routes.h"

#include "journal_wire.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::journal {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Route;

/// The predecessor's fields, and ours: sequence, commit_id, fields.
struct ShownEvent {
  std::string entity_type;
  std::string entity_id;
  std::string action;
  std::string actor;
  std::string source;
  std::string workspace_id;
  std::string timestamp;
  std::int64_t sequence = 0;
  std::string commit_id;
  std::map<std::string, std::string> fields;
};
BOOST_DESCRIBE_STRUCT(ShownEvent, (), (entity_type, entity_id, action, actor, source, workspace_id, timestamp, sequence, commit_id, fields))

struct ShownEvents {
  std::vector<ShownEvent> events;
  std::int64_t count = 0;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(ShownEvents, (), (events, count, more))

constexpr net::WholeNumber kHistoryLimit{.name = "limit", .description = "how many", .least = 1, .most = 1'000, .otherwise = 100};
constexpr net::WholeNumber kRecentLimit{.name = "limit", .description = "how many", .least = 1, .most = 1'000, .otherwise = 50};

ShownEvent ShownEventOf(const JournalEvent& event) {
  const auto field = [&](const char* name) {
    const auto found = event.fields.find(name);
    return found == event.fields.end() ? std::string() : found->second;
  };
  const std::size_t colon = event.entity.find(':');
  return {.entity_type = colon == std::string::npos ? std::string() : event.entity.substr(0, colon),
          .entity_id = colon == std::string::npos ? event.entity : event.entity.substr(colon + 1),
          .action = event.action,
          .actor = event.actor,
          .source = field("source"),
          .workspace_id = field("workspace_id"),
          .timestamp = FormatTime(event.time_micros),
          .sequence = event.sequence,
          .commit_id = event.commit_id,
          .fields = event.fields};
}

Result<ShownEvents> Show(const Result<EventsResponse>& found) {
  if (!found) return found.error();
  ShownEvents shown{{}, static_cast<std::int64_t>(found->events.size()), found->more};
  for (const JournalEvent& event : found->events) shown.events.push_back(ShownEventOf(event));
  return shown;
}

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(200, EncodeJson(*result));
}

Result<ShownEvents> History(Journal& journal, const Context& context, const HttpRequest& request) {
  return Show(journal.History(context, {request.path_params.at("entity"), LH_TRY(kHistoryLimit.Get(request))}));
}

Result<ShownEvents> Recent(Journal& journal, const Context& context, const HttpRequest& request) {
  return Show(journal.Recent(context, {LH_TRY(kRecentLimit.Get(request))}));
}

Result<StatsResponse> Stats(Journal& journal, const Context& context, const HttpRequest&) { return journal.LoadStats(context, {}); }
Result<FlushResponse> Flush(Journal& journal, const Context& context, const HttpRequest&) { return journal.Flush(context, {}); }

/// The schema of the answer is that of what `ask` brings.
template <typename T>
Route RouteOf(Journal& journal, std::string method, std::string pattern, std::string summary, std::vector<net::Param> params,
              Result<T> (*ask)(Journal&, const Context&, const HttpRequest&)) {
  Route route = net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "journal", "journal");
  route.params = std::move(params);
  route.answers = {{200, "", SchemaOf<T>()}};
  route.handle = [&journal, ask](const Context& context, HttpRequest& request) { return Answer(context, ask(journal, context, request)); };
  return route;
}

}  // namespace

std::vector<Route> JournalRoutes(Journal& journal) {
  return {RouteOf(journal, "GET", "/journal/history/{entity}", "What happened to one entity, newest first",
                  {net::PathText("entity", "dataset:workers, or workers", "dataset:workers"), kHistoryLimit.Describe()}, &History),
          RouteOf(journal, "GET", "/journal/recent", "What happened last", {kRecentLimit.Describe()}, &Recent),
          RouteOf(journal, "GET", "/journal/stats", "How many events there are, and of what kind", {}, &Stats),
          RouteOf(journal, "POST", "/journal/flush", "Write the new events as Parquet", {}, &Flush)};
}

}  // namespace lakehouse::journal
