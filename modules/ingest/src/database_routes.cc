#include "database_routes.h"

#include <boost/describe/class.hpp>

#include "ingest_answers.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::ingest {
namespace {

struct DatabaseBody {
  std::string url;
  std::string table;
  std::optional<std::string> name;
  std::optional<std::string> password_secret;
  std::optional<std::string> incremental;
  std::optional<std::int64_t> batch_rows;
  std::optional<std::string> mode;
  std::optional<std::string> key;
  std::optional<bool> replace_schema;
};
BOOST_DESCRIBE_STRUCT(DatabaseBody, (), (url, table, name, password_secret, incremental, batch_rows, mode, key, replace_schema))

/// "sales.orders" becomes the dataset orders.
std::string NameOfTable(const std::string& table) {
  std::string name;
  for (const char c : table.substr(table.rfind('.') + 1))
    if (c != '"' && c != '`') name += c;
  return name;
}

Result<IngestRequest> RequestOf(const net::HttpRequest& request) {
  auto body = LH_TRY(DecodeJson<DatabaseBody>(request.body));
  IngestRequest ingest;
  ingest.name = body.name.value_or("").empty() ? NameOfTable(body.table) : *body.name;
  ingest.mode = LH_TRY(ModeOf(body.mode, Mode::kAuto));
  ingest.key = body.key.value_or("");
  ingest.new_schema = body.replace_schema.value_or(false);
  ingest.database = DatabaseTable{std::move(body.url), std::move(body.table), body.password_secret.value_or(""),
                                  body.incremental.value_or(""), body.batch_rows.value_or(0)};
  if (const auto bucket = request.FindHeader("X-Lakehouse-Bucket"); bucket && !bucket->empty()) ingest.bucket = *bucket;
  return ingest;
}

}  // namespace

net::Route DatabaseRoute(Ingest& ingest, CallersBucket bucket_of) {
  net::Route route = net::RouteOf("POST", "/ingest/db", "A table of a PostgreSQL, MySQL or MariaDB database becomes rows of a dataset",
                                  "ingest", "ingest");
  route.body = net::BodyKind::kSmall;
  route.timeout_ms = 600'000;
  route.description =
      "Reads a table or view in one snapshot and puts it in the dataset's place; mode append or upsert with key say what is meant "
      "otherwise. "
      "With incremental, a column whose values only grow, rows above those that came before are read, in batches, each committed with the "
      "position up to which it came; a job that was cut goes on there. A lost connection is made again. The URL holds no password: "
      "password_secret names a secret of the server (source.hr is LAKEHOUSE_SECRET_SOURCE_HR, or a line of its secrets_file). Hosts are "
      "allowed by the server's setting ingest.databases. Answers as POST /ingest does.";
  route.params = {{"url", "body", true,
                   "postgres://user@host:5432/database?sslmode=require or mysql://user@host:3306/database; sslmode is the only option"},
                  {"table", "body", true, "orders, sales.orders or \"Sales\".\"Orders\"; of MySQL `Sales`.`Orders`"},
                  {"name", "body", false, "the dataset; absent: after the table"},
                  {"password_secret", "body", false, "name of a secret, which begins with source."},
                  {"incremental", "body", false, "an integer, date or timestamp column that only grows"},
                  {"batch_rows", "body", false, "of incremental, about; 200,000 when absent"},
                  {"mode", "body", false, "auto: in the dataset's place, with incremental behind it",
                   R"({"enum":["auto","create","append","replace","upsert",null]})"},
                  {"key", "body", false, "key column of upsert"},
                  {"replace_schema", "body", false, "with mode replace: the table's columns become the dataset's"},
                  {"async", "query", false, "1: answer 202 at once", net::ChoiceSchema({"0", "1"})},
                  {"X-Lakehouse-Bucket", "header", false, "bucket for the files of this dataset, from now on"}};
  route.request_schema = SchemaOf<DatabaseBody>();
  route.request_example =
      R"({"url":"postgres://reader@db.example.com:5432/hr","table":"public.workers","password_secret":"source.hr","incremental":"worker_id"})";
  route.answers = LoadAnswers();
  route.faults = LoadFaults();
  route.faults.push_back(
      {400, {"bad_url", "password_in_url", "bad_table", "bad_secret", "secret_not_found", "bad_batch_rows", "bad_growing_column", "…"}});
  route.faults.push_back({403, {"host_not_allowed", "bucket_not_allowed"}});
  route.faults.push_back({404, {"table_not_found"}});
  route.faults.push_back({409, {"no_position", "source_changed"}});
  route.faults.push_back(
      {422, {"bad_value", "source_login", "source_forbidden", "source_error", "null_in_growing_column", "position_moved"}});
  route.faults.push_back({503, {"source_lost", "source_busy"}});
  route.handle = [&ingest, bucket_of = std::move(bucket_of)](const Context& context, net::HttpRequest& request) {
    const auto bound = BoundBucket(bucket_of, context, request);
    if (!bound) return net::HttpResponse::FromError(bound.error(), context.trace);
    const auto at_once = FlagIn(request, "async");
    if (!at_once) return net::HttpResponse::FromError(at_once.error(), context.trace);
    auto wanted = RequestOf(request);
    if (!wanted) return net::HttpResponse::FromError(wanted.error(), context.trace);
    if (*bound) wanted->bucket = **bound;
    return AnswerStarted(ingest, context, ingest.Start(context, *wanted), *at_once);
  };
  return route;
}

}  // namespace lakehouse::ingest
