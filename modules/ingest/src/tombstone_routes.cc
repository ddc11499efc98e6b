#include "lakehouse/ingest/tombstone_routes.h"

#include <charconv>

#include "ingest_answers.h"
#include "ingest_wire.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::ingest {

struct TombstoneBody {
  std::string row_key_column;
  std::vector<std::string> row_key_values;
  std::optional<std::string> actor;
  std::optional<std::string> reason;
};
struct TombstoneAnswer {
  std::string dataset;
  std::int64_t rows_tombstoned = 0;
  std::int64_t version = 0;
  std::int64_t sequence = 0;
};
/// Which keys it was for stands nowhere: only their positions, in a file that compaction removes.
struct Tombstone {
  std::int64_t version = 0;
  std::int64_t sequence = 0;
  std::int64_t deleted_at_micros = 0;
  std::int64_t rows = 0;
  std::string row_key_column;
  std::string actor;
  std::string reason;
  std::string principal;
};
struct TombstoneList {
  std::string dataset;
  std::vector<Tombstone> tombstones;  ///< newest first
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(TombstoneBody, (), (row_key_column, row_key_values, actor, reason))
BOOST_DESCRIBE_STRUCT(TombstoneAnswer, (), (dataset, rows_tombstoned, version, sequence))
BOOST_DESCRIBE_STRUCT(Tombstone, (), (version, sequence, deleted_at_micros, rows, row_key_column, actor, reason, principal))
BOOST_DESCRIBE_STRUCT(TombstoneList, (), (dataset, tombstones, more))

namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::int64_t kVersionsRead = 1'000;

std::string WordsOf(const catalog::Snapshot& snapshot, const std::string& key) {
  const auto found = snapshot.summary.find(key);
  return found == snapshot.summary.end() ? "" : found->second;
}

Result<HttpResponse> Bury(Ingest& ingest, const Context& context, const HttpRequest& request) {
  TombstoneBody body = LH_TRY(DecodeJson<TombstoneBody>(request.body));
  const std::string& name = request.path_params.at("name");
  const Job job =
      LH_TRY(ingest.DeleteRows(context, {name, std::move(body.row_key_column), std::move(body.row_key_values), body.actor, body.reason}))
          .job;
  if (auto rescued = AnswerRescued(job)) return std::move(*rescued);
  return HttpResponse::Json(200, EncodeJson(TombstoneAnswer{name, job.state == JobState::kUnchanged ? 0 : job.rows_loaded,
                                                            job.version.value_or(0), job.sequence.value_or(0)}));
}

Result<std::string> List(catalog::Catalog& catalog, const Context& context, const HttpRequest& request) {
  const std::string& name = request.path_params.at("name");
  const auto history = LH_TRY(catalog.History(context, {name, std::nullopt, kVersionsRead}));
  TombstoneList list{name, {}, history.more};
  for (const catalog::Snapshot& snapshot : history.snapshots) {
    if (snapshot.operation != catalog::Operation::kDelete) continue;
    std::int64_t rows = 0;
    const std::string count = WordsOf(snapshot, "rows_deleted");
    std::from_chars(count.data(), count.data() + count.size(), rows);
    list.tombstones.push_back({snapshot.version, snapshot.sequence, snapshot.time_micros, rows, WordsOf(snapshot, "key"),
                               WordsOf(snapshot, "actor"), WordsOf(snapshot, "reason"), snapshot.principal});
  }
  return EncodeJson(list);
}

HttpResponse AnswerWith(const Context& context, Result<std::string> json) {
  if (!json) return HttpResponse::FromError(json.error(), context.trace);
  return HttpResponse::Json(200, std::move(json).Take());
}

}  // namespace

std::vector<net::Route> TombstoneRoutes(Ingest& ingest, catalog::Catalog& catalog) {
  net::Route bury = net::RouteOf("POST", "/catalog/datasets/by-name/{name}/tombstone", "Rows are gone from the next query on, by key",
                                 "catalog", "ingest");
  bury.body = net::BodyKind::kSmall;
  bury.timeout_ms = 600'000;
  bury.description =
      "All rows whose key column has one of these values, in one commit; also for callers with a profile. Earlier versions keep them until "
      "they are compacted and collected. Values stand in no record; actor and reason do.";
  bury.params = {net::PathText("name", "of the dataset", "workers")};
  bury.request_schema = SchemaOf<TombstoneBody>();
  bury.answers = {{200, "How many rows are gone", SchemaOf<TombstoneAnswer>()},
                  RescuedAnswerOf("The store did not take it and the rescue bucket did: the rows go later, under the same job")};
  bury.faults = {{400, {"no_key_column"}}, {404, {"dataset_not_found"}}};
  bury.request_example = R"({"row_key_column":"worker_id","row_key_values":["17"],"actor":"privacy desk","reason":"request 4711"})";
  bury.response_example = R"({"dataset":"workers","rows_tombstoned":1,"version":5,"sequence":31})";
  bury.handle = [&ingest](const Context& context, HttpRequest& request) {
    auto answer = Bury(ingest, context, request);
    return answer ? std::move(answer).Take() : HttpResponse::FromError(answer.error(), context.trace);
  };
  net::Route list = net::RouteOf("GET", bury.pattern, "The tombstones of a dataset", "catalog", "ingest");
  list.description = "When rows were deleted by key, how many, by whom and why, newest first, of the last 1,000 versions. Not which.";
  list.params = bury.params;
  list.answers = {{200, "Newest first", SchemaOf<TombstoneList>()}};
  list.faults = {{404, {"dataset_not_found"}}};
  list.handle = [&catalog](const Context& context, HttpRequest& request) { return AnswerWith(context, List(catalog, context, request)); };
  return {bury, list};
}

}  // namespace lakehouse::ingest
