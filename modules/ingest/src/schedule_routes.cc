#include "schedule_routes.h"

#include <boost/describe/class.hpp>

#include "ingest_wire.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::ingest {
namespace {

using net::HttpRequest;
using net::HttpResponse;

struct ScheduleBody {
  std::string name;
  std::string kind;
  std::string url;
  std::optional<std::string> dataset, mode, key, table, secret, incremental, every, cron, zone;
  std::optional<bool> paused;
  std::optional<Nested> nested;
};
BOOST_DESCRIBE_STRUCT(ScheduleBody, (),
                      (name, kind, url, dataset, mode, key, table, secret, incremental, every, cron, zone, paused, nested))

Schedule ScheduleOf(ScheduleBody body) {
  const auto text = [](std::optional<std::string>& field) { return field ? std::move(*field) : std::string(); };
  return {std::move(body.name),
          std::move(body.kind),
          std::move(body.url),
          text(body.dataset),
          text(body.mode),
          text(body.key),
          text(body.table),
          text(body.secret),
          text(body.incremental),
          text(body.every),
          text(body.cron),
          text(body.zone),
          body.paused.value_or(false),
          body.nested};
}

template <typename T>
HttpResponse AnswerWith(const Context& context, const Result<T>& response, int status = 200) {
  return response ? HttpResponse::Json(status, EncodeJson(*response)) : HttpResponse::FromError(response.error(), context.trace);
}

net::Route RouteFor(std::string method, std::string pattern, std::string summary) {
  net::Route route = net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "ingest", "ingest");
  route.scope = net::RouteScope::kAdmin;
  return route;
}

}  // namespace

std::vector<net::Route> ScheduleRoutes(Ingest& ingest) {
  net::Route list = RouteFor("GET", "/ingest/schedules", "Sources that are read by themselves, when next, and what their last runs did");
  list.answers = {{200, "By name", SchemaOf<ListSchedulesResponse>()}};
  list.handle = [&ingest](const Context& context, HttpRequest&) { return AnswerWith(context, ingest.ListSchedules(context, {})); };

  net::Route put = RouteFor("POST", "/ingest/schedules", "Declares a source that is read by itself, or changes the one of this name");
  put.description =
      "kind: postgres, mysql (a table, as POST /ingest/db), http (one file; asked with the ETag that came last), folder (of the server's "
      "inbox; a "
      "file that is settled is taken and moved to done/ or failed/), objects (of a registered bucket, bucket/prefix; new and changed "
      "ones). "
      "every is a time between runs, cron says when by the clock of a zone; without both it runs only when asked. A source is read by one "
      "run at a time, and only in the process that writes the lake. Hosts are allowed by ingest.databases and ingest.hosts.";
  put.body = net::BodyKind::kSmall;
  put.params = {
      {"name", "body", true, "1 to 64 of a-z, 0-9, '-' and '_'"},
      {"kind", "body", true, "of the source", net::ChoiceSchema({"postgres", "mysql", "http", "folder", "objects"})},
      {"url", "body", true, "postgres:// or mysql://user@host/database, https://host/file.csv, a folder's name, or bucket/prefix"},
      {"dataset", "body", false, "where rows go; of folder and objects may be absent: after each file"},
      {"mode", "body", false, "as of an upload", R"({"enum":["auto","create","append","replace","upsert","",null]})"},
      {"key", "body", false, "key column of upsert"},
      {"table", "body", false, "of a database"},
      {"secret", "body", false, "name of the secret that is the password or bearer token, source.…"},
      {"incremental", "body", false, "of a database: a column that only grows"},
      {"every", "body", false, "90s, 15m, 6h, 1d: from the end of one run to the next"},
      {"cron", "body", false, "minute, hour, day, month, weekday: 30 6 * * 1-5"},
      {"zone", "body", false, "of cron: Europe/Berlin; absent: UTC"},
      {"nested", "body", false, "of files of JSON, as of an upload", R"({"enum":["flatten","keep",null]})"},
      {"paused", "body", false, "it keeps its place and does not run by itself"}};
  put.request_schema = SchemaOf<ScheduleBody>();
  put.request_example =
      R"({"name":"archive-files","kind":"objects","url":"primary/incoming","cron":"30 6 * * 1-5","zone":"Europe/Berlin"})";
  put.answers = {{200, "The schedule, and when it runs next", SchemaOf<ScheduleResponse>()}};
  put.faults = {{400,
                 {"bad_schedule", "bad_cron", "bad_zone", "bad_url", "bad_secret", "bad_folder", "bad_table", "bad_batch_rows",
                  "invalid_bucket", "invalid_name", "password_in_url", "unknown_mode"}},
                {403, {"host_not_allowed", "no_inbox"}}};
  put.handle = [&ingest](const Context& context, HttpRequest& request) {
    auto body = DecodeJson<ScheduleBody>(request.body);
    if (!body) return HttpResponse::FromError(body.error(), context.trace);
    return AnswerWith(context, ingest.PutSchedule(context, {ScheduleOf(std::move(body).Take())}));
  };

  net::Route drop = RouteFor("DELETE", "/ingest/schedules/{name}", "Forgets a schedule; what it brought stays");
  drop.params = {net::PathText("name", "of the schedule", "archive-files")};
  drop.answers = {{200, "As it was", SchemaOf<ScheduleResponse>()}};
  drop.faults = {{400, {"bad_schedule"}}, {404, {"schedule_not_found"}}};
  drop.handle = [&ingest](const Context& context, HttpRequest& request) {
    return AnswerWith(context, ingest.DropSchedule(context, {request.path_params.at("name")}));
  };

  net::Route run = RouteFor("POST", "/ingest/schedules/{name}/run", "Reads the source of a schedule now, unless that is going on");
  run.params = {net::PathText("name", "of the schedule", "archive-files")};
  run.answers = {{202, "It runs; ask the list how it ended", SchemaOf<ScheduleResponse>()}};
  run.faults = {{400, {"bad_schedule"}}, {404, {"schedule_not_found"}}, {503, {"not_writer"}}};
  run.handle = [&ingest](const Context& context, HttpRequest& request) {
    return AnswerWith(context, ingest.RunSchedule(context, {request.path_params.at("name")}), 202);
  };
  return {list, put, drop, run};
}

}  // namespace lakehouse::ingest
