#include "lakehouse/journal/journal_routes.h"

#include <charconv>

#include "journal_wire.h"
#include "lakehouse/base/clock.h"

namespace lakehouse::journal {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Route;

/// The predecessor's fields, and ours: sequence, commit_id, fields.
void WriteEvent(JsonWriter& writer, const JournalEvent& event) {
  const auto text = [&](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  const auto field = [&](const char* name) {
    const auto found = event.fields.find(name);
    return found == event.fields.end() ? std::string() : found->second;
  };
  const std::size_t colon = event.entity.find(':');
  writer.Open('{');
  text("entity_type", colon == std::string::npos ? std::string() : event.entity.substr(0, colon));
  text("entity_id", colon == std::string::npos ? event.entity : event.entity.substr(colon + 1));
  text("action", event.action);
  text("actor", event.actor);
  text("source", field("source"));
  text("workspace_id", field("workspace_id"));
  text("timestamp", FormatTime(event.time_micros));
  writer.Key("sequence");
  writer.Integer(event.sequence);
  text("commit_id", event.commit_id);
  writer.Key("fields");
  JsonCodec<std::map<std::string, std::string>>::Write(writer, event.fields);
  writer.Close('}');
}

HttpResponse AnswerEvents(const Context& context, const Result<EventsResponse>& result) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  JsonWriter writer;
  writer.Open('{');
  writer.Key("events");
  writer.Open('[');
  for (const JournalEvent& event : result->events) WriteEvent(writer, event);
  writer.Close(']');
  writer.Key("count");
  writer.Integer(static_cast<std::int64_t>(result->events.size()));
  writer.Key("more");
  writer.Bool(result->more);
  writer.Close('}');
  return HttpResponse::Json(200, std::move(writer).Take());
}

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(200, EncodeJson(*result));
}

Result<std::int64_t> LimitOf(const HttpRequest& request, std::int64_t otherwise) {
  const auto text = request.FindQuery("limit");
  if (!text || text->empty()) return otherwise;
  std::int64_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size())
    return Error(ErrorCode::kInvalidArgument, "parameter limit is \"" + *text + "\"; expected an integer");
  return limit;
}

Result<EventsResponse> History(Journal& journal, const Context& context, const HttpRequest& request) {
  return journal.History(context, {request.path_params.at("entity"), LH_TRY(LimitOf(request, 100))});
}

Result<EventsResponse> Recent(Journal& journal, const Context& context, const HttpRequest& request) {
  return journal.Recent(context, {LH_TRY(LimitOf(request, 50))});
}

}  // namespace

std::vector<Route> JournalRoutes(Journal& journal) {
  std::vector<Route> routes;
  const auto add = [&](std::string method, std::string pattern, std::string summary, std::vector<net::Param> params, auto handle) {
    Route route;
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    route.handle = std::move(handle);
    route.summary = std::move(summary);
    route.tag = "journal";
    route.params = std::move(params);
    route.service = "journal";
    routes.push_back(std::move(route));
  };
  const net::Param limit{"limit", "query", false, "1 to 1,000"};
  add("GET", "/journal/history/{entity}", "What happened to one entity, newest first",
      {{"entity", "path", true, "dataset:workers, or workers"}, limit},
      [&journal](const Context& c, HttpRequest& r) { return AnswerEvents(c, History(journal, c, r)); });
  add("GET", "/journal/recent", "What happened last", {limit},
      [&journal](const Context& c, HttpRequest& r) { return AnswerEvents(c, Recent(journal, c, r)); });
  add("GET", "/journal/stats", "How many events there are, and of what kind", {},
      [&journal](const Context& c, HttpRequest&) { return Answer(c, journal.LoadStats(c, {})); });
  add("POST", "/journal/flush", "Write the new events as Parquet", {},
      [&journal](const Context& c, HttpRequest&) { return Answer(c, journal.Flush(c, {})); });
  return routes;
}

}  // namespace lakehouse::journal
