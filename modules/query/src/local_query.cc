#include "lakehouse/query/local_query.h"

#include <algorithm>
#include <map>
#include <set>

#include "gate.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/query/table_view.h"
#include "query_ring.h"
#include "query_run.h"
#include "statement_refusal.h"
#include "verdict_cache.h"

namespace lakehouse::query {
namespace {

constexpr std::size_t kHistoryTextBytes = 4'096;

engine::Format EngineFormat(ResultFormat format) {
  switch (format) {
    case ResultFormat::kJsonRows: return engine::Format::kJsonRows;
    case ResultFormat::kNdjson: return engine::Format::kNdjson;
    case ResultFormat::kCsv: return engine::Format::kCsv;
    case ResultFormat::kArrowStream: return engine::Format::kArrowStream;
    case ResultFormat::kParquet: return engine::Format::kParquet;
  }
  return engine::Format::kJsonRows;
}

std::optional<std::string> DatasetOf(std::string_view schema, std::string_view name) {
  if (!schema.empty() && catalog::FoldName(schema) != "main") return std::nullopt;
  if (!catalog::CheckDatasetName(name)) return std::nullopt;
  return std::string(name);
}

/// The statement without EXPLAIN, and spaces in its place, so that positions in messages are those of the caller's text. When it
/// runs, the engine puts the words before it again: then fewer spaces do.
struct Statement {
  engine::Explain explain = engine::Explain::kNo;
  std::string to_parse;
  std::string to_run;
};
Statement StatementOf(std::string_view sql) {
  const engine::ExplainSplit split = engine::SplitExplain(sql);
  if (split.explain == engine::Explain::kNo) return {split.explain, std::string(sql), std::string(sql)};
  const std::size_t words = std::string_view(split.explain == engine::Explain::kAnalyze ? "EXPLAIN ANALYZE " : "EXPLAIN ").size();
  const std::size_t left = split.offset > words ? split.offset - words : 0;
  return {split.explain, std::string(split.offset, ' ').append(split.statement), std::string(left, ' ').append(split.statement)};
}

/// The catalog knows which dataset is missing, the statement where it is named.
Error PointAtTable(const Verdict& verdict, Error error) {
  if (error.reason() != "dataset_not_found") return error;
  const auto details = JsonDocument::Parse(error.details());
  const auto missing = details ? details->root().Find("dataset") : std::nullopt;
  if (!missing) return error;
  const std::string name = catalog::FoldName(missing->AsString().value_or(""));
  for (const TableReference& table : verdict.tables)
    if (catalog::FoldName(table.dataset) == name) return NoSuchTable(error.message(), table.position);
  return error;
}

/// The cache knows which object is damaged, the statement's pin which dataset and version name it.
Error NameDamaged(const catalog::ResolveResponse& pinned, Error error) {
  if (error.code() != ErrorCode::kCorruption || error.details().empty()) return error;
  const auto details = JsonDocument::Parse(error.details());
  const auto key = details ? details->root().Find("key") : std::nullopt;
  if (!key) return error;
  const std::string damaged(key->AsString().value_or(""));
  for (const catalog::ResolvedTable& table : pinned.tables) {
    const bool is_its = std::any_of(table.files.begin(), table.files.end(), [&](const auto& file) { return file.key == damaged; });
    if (!is_its) continue;
    JsonWriter writer;
    writer.Open('{');
    writer.Key("dataset");
    writer.String(table.name);
    writer.Key("version");
    writer.Integer(table.snapshot.version);
    writer.Key("object");
    writer.Raw(error.details());
    writer.Close('}');
    return Error(ErrorCode::kCorruption, "dataset \"" + table.name + "\" cannot be read at version " +
                                             std::to_string(table.snapshot.version) + ": " + error.message())
        .Named(std::string(error.reason()))
        .WithDetails(std::move(writer).Take());
  }
  return error;
}

/// Cut where no character ends up in halves.
std::string Beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

}  // namespace

struct LocalQuery::State {
  State(catalog::Catalog& all_datasets, storage::ObjectCache& object_cache, sandbox::WorkerPool& pool, Metrics& metrics, Log& service_log,
        Options all, const Clock& time)
      : catalog(all_datasets),
        cache(object_cache),
        workers(pool),
        log(service_log),
        options(all),
        clock(time),
        verdicts(all.verdicts),
        history(all.history),
        meters{CounterOf(metrics, "ok"),
               CounterOf(metrics, "refused"),
               CounterOf(metrics, "failed"),
               CounterOf(metrics, "dropped"),
               metrics.histogram("lakehouse_query_seconds", "From the request to the end of the result."),
               metrics.gauge("lakehouse_query_active", "Statements between request and end of the result.")},
        verdict_hits(metrics.counter("lakehouse_query_verdict_hits_total", "Statements whose verdict was known.")) {}

  static Counter& CounterOf(Metrics& metrics, const char* outcome) {
    return metrics.counter("lakehouse_query_statements_total", "Statements by what became of them.", {{"outcome", outcome}});
  }

  std::unique_ptr<QueryAccount> OpenAccount(const Context& context, const QueryRequest& request, const std::string& query_id);
  Result<std::unique_ptr<QueryResult>> Run(const Context& context, const QueryRequest& request, const std::string& query_id,
                                           std::unique_ptr<QueryAccount>& account);
  Result<std::shared_ptr<const Verdict>> Judge(const Context& context, engine::Session& session, const std::string& text);
  Result<catalog::ResolveResponse> Pin(const Context& context, const Verdict& verdict, const QueryRequest& request);
  Result<std::string> Prelude(const Context& context, const Verdict& verdict, const catalog::ResolveResponse& pinned,
                              sandbox::Worker& worker);
  Result<std::string> TableList(const Context& context);

  catalog::Catalog& catalog;
  storage::ObjectCache& cache;
  sandbox::WorkerPool& workers;
  Log& log;
  const Options options;
  const Clock& clock;
  VerdictCache verdicts;
  QueryRing history;
  const QueryAccount::Meters meters;
  Counter& verdict_hits;
};

LocalQuery::LocalQuery(catalog::Catalog& catalog, storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log,
                       Options options, const Clock& clock)
    : state_(std::make_unique<State>(catalog, cache, workers, metrics, log, options, clock)) {}
LocalQuery::~LocalQuery() = default;

std::unique_ptr<QueryAccount> LocalQuery::State::OpenAccount(const Context& context, const QueryRequest& request,
                                                             const std::string& query_id) {
  QueryRecord record;
  record.query_id = query_id;
  record.principal = context.principal;
  record.sql = Beginning(request.sql, kHistoryTextBytes);
  record.sql_sha256 = Sha256Hex(request.sql);
  record.started_micros = clock.WallMicros();
  record.outcome = "running";
  const auto report = [this, principal = context.principal, query_id](const Error& error) {
    if (error.code() == ErrorCode::kPermissionDenied)
      log.Warning("statement refused",
                  {{"query", query_id}, {"principal", principal}, {"why", error.message()}, {"details", error.details()}});
    if (error.code() == ErrorCode::kInternal || error.code() == ErrorCode::kCorruption)
      log.Error("statement failed", {{"query", query_id}, {"principal", principal}, {"why", error.ToString()}});
  };
  return std::make_unique<QueryAccount>(history.Begin(std::move(record)), meters, clock, options.timeout_ms, report);
}

Result<std::unique_ptr<QueryResult>> LocalQuery::Run(const Context& context, const QueryRequest& request) {
  LH_TRY(context.Check());
  const std::string query_id = NewUuid(state_->clock).ToString();
  auto account = state_->OpenAccount(context, request, query_id);
  auto result = state_->Run(context, request, query_id, account);
  if (!result && account) {  // else the result has booked it already
    Error error = account->InTime(std::move(result).TakeError());
    account->Failed(error);
    return error;
  }
  return result;
}

Result<std::unique_ptr<QueryResult>> LocalQuery::State::Run(const Context& context, const QueryRequest& request,
                                                            const std::string& query_id, std::unique_ptr<QueryAccount>& account) {
  if (request.sql.size() > options.max_text_bytes) {
    return Error(ErrorCode::kTooLarge, "the statement has " + std::to_string(request.sql.size()) + " octets; at most " +
                                           std::to_string(options.max_text_bytes) + " are read. Put long lists into a dataset and join it");
  }
  if (request.max_rows && *request.max_rows < 0) return Error(ErrorCode::kInvalidArgument, "max_rows is negative");
  std::optional<QueryAccount::Spending> spending(std::in_place, *account);  // ends before the account moves into the result
  const Context bound = account->Bound(context);
  const Statement statement = StatementOf(request.sql);

  // With a verdict in hand the worker is needed last; otherwise its parser is needed first.
  std::shared_ptr<const Verdict> verdict = verdicts.Find(context.principal, statement.to_parse);
  if (verdict) verdict_hits.Add();
  std::optional<catalog::ResolveResponse> pinned;
  if (verdict) pinned = LH_TRY(Pin(bound, *verdict, request));

  auto lease = LH_TRY(workers.Acquire(bound, context.principal));
  auto session = std::make_unique<engine::Session>(lease.worker());
  if (!verdict) {
    verdict = LH_TRY(Judge(bound, *session, statement.to_parse));
    pinned = LH_TRY(Pin(bound, *verdict, request));
  }
  account->PinnedAt(pinned->sequence);

  engine::RunRequest run;
  run.prelude = LH_TRY(Prelude(bound, *verdict, *pinned, lease.worker()));
  run.is_tree = !verdict->tree.empty();
  run.statement = run.is_tree ? verdict->tree : statement.to_run;
  run.explain = statement.explain;
  run.format = EngineFormat(request.format);
  run.views_may_stay = true;
  run.plan_may_stay = verdict->is_steady;
  run.max_rows = static_cast<std::uint64_t>(std::min(request.max_rows.value_or(options.max_rows), options.max_rows));
  run.max_bytes = options.max_bytes;
  auto stream = LH_TRY_WHILE(session->Run(bound, std::move(run)), "run query " + query_id);

  QueryHeader header;
  header.query_id = query_id;
  header.sequence = pinned->sequence;
  for (const catalog::ResolvedTable& table : pinned->tables) header.versions[table.name] = table.snapshot.version;
  for (const engine::Column& column : stream->columns()) header.columns.push_back({column.name, column.type});
  spending.reset();
  auto result =
      std::make_unique<LocalResult>(std::move(account), std::move(lease), std::move(session), std::move(stream), std::move(header));
  LH_TRY(result->ReadAhead(context));
  return std::unique_ptr<QueryResult>(std::move(result));
}

Result<std::shared_ptr<const Verdict>> LocalQuery::State::Judge(const Context& context, engine::Session& session, const std::string& text) {
  if (auto refused = RefuseUnparsed(text)) return std::move(*refused);
  auto tree = session.Parse(context, text);
  if (!tree) {
    // The parser expands some statements itself, and meets the jail: that is a refusal too.
    Error error = std::move(tree).TakeError();
    const bool other = error.reason() == "not_select" || error.reason() == "not_one_statement" || error.reason() == "not_implemented" ||
                       error.code() == ErrorCode::kPermissionDenied;
    return other ? RefuseStatement(text, error) : error;
  }
  const auto document = JsonDocument::Parse(*tree);
  if (!document) {
    return Error(ErrorCode::kInvalidArgument,
                 "the statement holds a number beyond the range of DOUBLE, or is nested too deep: its tree cannot be read (" +
                     document.error().message() + ")");
  }
  GateOptions gate;
  gate.dataset_of = DatasetOf;
  gate.now_micros = clock.WallMicros();
  auto judged = Gate(document->root(), FunctionList::Reviewed(), gate);
  if (!judged) return WithSomePosition(text, std::move(judged).TakeError());
  auto verdict = std::make_shared<const Verdict>(std::move(judged).Take());
  verdicts.Put(context.principal, text, verdict);
  return verdict;
}

Result<catalog::ResolveResponse> LocalQuery::State::Pin(const Context& context, const Verdict& verdict, const QueryRequest& request) {
  catalog::ResolveRequest wanted;
  for (const TableReference& table : verdict.tables) {
    catalog::SnapshotSelector at = table.at;
    if (!at.version && !at.time_micros) at.sequence = request.sequence;
    wanted.tables.push_back({table.dataset, at});
  }
  auto resolved = catalog.Resolve(context, wanted);
  if (!resolved) return PointAtTable(verdict, std::move(resolved).TakeError());
  auto pinned = std::move(resolved).Take();
  if (pinned.tables.size() != wanted.tables.size())
    return Error(ErrorCode::kInternal, "the catalog answered for another number of datasets than were asked");
  if (request.sequence) pinned.sequence = *request.sequence;
  return pinned;
}

Result<std::string> LocalQuery::State::Prelude(const Context& context, const Verdict& verdict, const catalog::ResolveResponse& pinned,
                                               sandbox::Worker& worker) {
  std::vector<storage::ExpectedObject> objects;
  std::set<std::string_view> keys;
  for (const catalog::ResolvedTable& table : pinned.tables)
    for (const catalog::DataFile& file : table.files)
      if (keys.insert(file.key).second) objects.push_back({file.key, file.size_bytes, file.sha256});
  auto fetched = cache.FetchAll(context, objects);
  if (!fetched) return NameDamaged(pinned, std::move(fetched).TakeError());
  const auto files = std::move(fetched).Take();

  for (const catalog::ResolvedTable& table : pinned.tables)
    if (table.snapshot.schema.columns.empty())
      return Error(ErrorCode::kUnprocessable,
                   "dataset \"" + table.name + "\" was registered by its fingerprint alone: register its columns to ask it")
          .Named("no_columns");
  FileNames names;
  for (std::size_t i = 0; i < objects.size(); ++i) names[objects[i].key] = LH_TRY(worker.Link(files[i].path()));
  std::string prelude;
  for (std::size_t i = 0; i < verdict.tables.size(); ++i) prelude += CreateTableView(verdict.tables[i].view, pinned.tables[i], names);
  if (verdict.lists_tables) prelude += LH_TRY(TableList(context));
  return prelude;
}

/// SHOW TABLES: the names of all datasets as a view.
Result<std::string> LocalQuery::State::TableList(const Context& context) {
  std::string rows;
  catalog::ListDatasetsRequest page;
  for (bool more = true; more;) {
    const auto listed = LH_TRY(catalog.ListDatasets(context, page));
    for (const catalog::Dataset& dataset : listed.datasets) rows += (rows.empty() ? "(" : ", (") + engine::QuoteText(dataset.name) + ")";
    more = listed.more && !listed.datasets.empty();
    if (more) page.after = listed.datasets.back().name;
  }
  const std::string view = "CREATE TEMP VIEW " + engine::QuoteName(kTableListView) + " AS ";
  if (rows.empty()) return view + "SELECT CAST(NULL AS VARCHAR) AS name WHERE false;\n";
  return view + "SELECT name FROM (VALUES " + rows + ") t(name) ORDER BY name;\n";
}

Result<RecentQueriesResponse> LocalQuery::Recent(const Context& context, const RecentQueriesRequest& request) {
  LH_TRY(context.Check());
  if (request.limit < 0) return Error(ErrorCode::kInvalidArgument, "limit is negative");
  return RecentQueriesResponse{state_->history.Recent(static_cast<std::size_t>(request.limit))};
}

}  // namespace lakehouse::query
