#include "lakehouse/query/local_query.h"

#include <algorithm>
#include <map>
#include <set>

#include "gate.h"
#include "gate_parameters.h"
#include "hot_files.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/profiled_catalog.h"
#include "lakehouse/query/table_view.h"
#include "masked_files.h"
#include "masked_select.h"
#include "open_pivot.h"
#include "query_ring.h"
#include "query_run.h"
#include "statement_refusal.h"
#include "system_view.h"
#include "verdict_cache.h"

namespace lakehouse::query {
namespace {

constexpr std::int64_t kMaxPivotValues = 1'000;

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
Error NameDamaged(const std::vector<catalog::ResolvedTable>& tables, Error error) {
  if (error.code() != ErrorCode::kCorruption || error.details().empty()) return error;
  const auto details = JsonDocument::Parse(error.details());
  const auto key = details ? details->root().Find("key") : std::nullopt;
  if (!key) return error;
  const std::string damaged(key->AsString().value_or(""));
  for (const catalog::ResolvedTable& table : tables) {
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

}  // namespace

struct LocalQuery::State {
  State(catalog::Catalog& all_datasets, storage::ObjectCache& object_cache, sandbox::WorkerPool& pool, Metrics& metrics, Log& service_log,
        Options all, const Clock& time)
      : catalog(all_datasets),
        cache(object_cache),
        workers(pool),
        log(service_log),
        options(std::move(all)),
        clock(time),
        masks(object_cache, pool, metrics, service_log,
              {.directory = options.masked_directory, .max_bytes = options.masked_bytes, .key = options.mask_key}),
        hot(all_datasets, object_cache, pool, metrics, service_log,
            {.directory = options.hot_directory, .max_bytes = options.hot_bytes, .poll_ms = options.hot_poll_ms}, time),
        verdicts(options.verdicts),
        history(options.history),
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

  /// What a statement reads, settled before it gets a worker.
  struct Sources {
    std::int64_t sequence = 0;
    std::vector<catalog::ResolvedTable> tables;              ///< as the caller sees them
    std::map<std::string, std::string, std::less<>> masked;  ///< path of each object key that is a masked file
  };
  /// The files of its system tables; they end with it.
  struct SystemFiles {
    SystemFiles() = default;
    SystemFiles(const SystemFiles&) = delete;
    ~SystemFiles() {
      for (const std::string& path : paths) std::remove(path.c_str());
    }
    std::vector<std::string> paths;
  };

  /// All that is known of a statement before it runs.
  struct Plan {
    catalog::Sight sight;
    std::shared_ptr<const Verdict> verdict;
    Sources sources;
    engine::RunRequest run;           ///< without its prelude
    QueryAccount* account = nullptr;  ///< lives as long as the plan
  };

  std::unique_ptr<QueryAccount> OpenAccount(const Context& context, const catalog::Sight& sight, const QueryRequest& request,
                                            const std::string& query_id);
  Result<catalog::Sight> SightOf(const Context& context);
  /// Ends with what is returned. kResourceExhausted: the principal has all the turns its profile gives it.
  Result<std::shared_ptr<const void>> TakeTurn(const catalog::Sight& sight);
  void EndTurn(const std::string& principal);
  Result<std::unique_ptr<QueryResult>> Run(const Context& context, const catalog::Sight& sight, const QueryRequest& request,
                                           const std::string& query_id, std::unique_ptr<QueryAccount>& account);
  Result<std::shared_ptr<const Verdict>> Judge(const Context& context, engine::Session& session, const std::string& text,
                                               const std::vector<QueryParameter>& parameters);
  Result<Sources> Pin(const Context& context, const catalog::Sight& sight, const Verdict& verdict, const QueryRequest& request);
  /// Raw tables become what the caller sees of them. False: files have to be made first, and `may_make` says that they may not.
  Result<bool> Mask(const Context& context, const catalog::Sight& sight, Sources& sources, bool may_make);
  /// As Mask, while the statement's own clock stands still; `bound` says afterwards what is left.
  Status MakeMasks(const Context& context, const catalog::Sight& sight, Sources& sources, std::optional<QueryAccount::Spending>& spending,
                   QueryAccount& account, Context& bound);
  /// Runs it up to the first row in this worker. `hot_files` receives the native files that it reads; null: it reads none.
  Result<QueryAttempt> Begin(const Context& context, const Plan& plan, sandbox::WorkerPool::Lease lease,
                             std::vector<std::string>* hot_files);
  /// The same once more, from Parquet alone: after `why`, while it read these native files.
  Result<QueryAttempt> BeginAgain(const Context& context, const Plan& plan, const std::vector<std::string>& hot_files, const Error& why);
  Result<std::string> Prelude(const Context& context, const Plan& plan, sandbox::Worker& worker, SystemFiles& files,
                              std::vector<std::string>* hot_files);
  Result<std::string> SystemView(const Context& context, const catalog::Sight& sight, const TableReference& table, sandbox::Worker& worker,
                                 SystemFiles& files);
  Result<std::string> TableList(const Context& context, const catalog::Sight& sight);

  catalog::Catalog& catalog;
  storage::ObjectCache& cache;
  sandbox::WorkerPool& workers;
  Log& log;
  const Options options;
  const Clock& clock;
  MaskedFiles masks;
  HotFiles hot;
  Guarded<std::map<std::string, std::int64_t>> running;  ///< statements by principal, of those with a limit
  VerdictCache verdicts;
  QueryRing history;
  const QueryAccount::Meters meters;
  Counter& verdict_hits;
  ResultDrainer drainer{options.reader_lag_ms, [this] { return workers.waiting() > 0; }};
};

LocalQuery::LocalQuery(catalog::Catalog& catalog, storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log,
                       Options options, const Clock& clock)
    : state_(std::make_unique<State>(catalog, cache, workers, metrics, log, std::move(options), clock)) {}
LocalQuery::~LocalQuery() = default;

std::unique_ptr<QueryAccount> LocalQuery::State::OpenAccount(const Context& context, const catalog::Sight& sight,
                                                             const QueryRequest& request, const std::string& query_id) {
  QueryRecord record;
  record.query_id = query_id;
  record.principal = context.principal;
  record.sql = request.sql;
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
  const std::int64_t budget_ms = std::min(options.timeout_ms, sight.limits().timeout_ms.value_or(options.timeout_ms));
  return std::make_unique<QueryAccount>(history.Begin(std::move(record)), meters, clock, budget_ms, report);
}

Result<catalog::Sight> LocalQuery::State::SightOf(const Context& context) {
  if (options.access != nullptr) return options.access->SightOf(context);
  return catalog::Access().SightOf(context.principal);
}

Result<std::unique_ptr<QueryResult>> LocalQuery::Run(const Context& context, const QueryRequest& request) {
  if (request.parameters.empty() && request.sql.size() <= state_->options.max_text_bytes)
    if (const auto pivot = FindOpenPivot(request.sql)) return RunFilled(context, request, *pivot);
  return RunOne(context, request);
}

/// All of its statements at the state of the lake that the first one saw.
Result<std::unique_ptr<QueryResult>> LocalQuery::RunFilled(const Context& context, const QueryRequest& request, const OpenPivot& pivot) {
  QueryRequest filled = request;
  std::vector<std::vector<std::string>> values;
  for (const OpenPivot::Hole& hole : pivot.holes) {
    QueryRequest asked = filled;
    asked.sql = hole.values;
    asked.format = ResultFormat::kJsonRows;
    asked.max_rows = kMaxPivotValues + 1;
    const auto found = LH_TRY_WHILE(RunOne(context, asked), "find the values of PIVOT");
    filled.sequence = found->header().sequence;
    std::string rows = "[";
    while (const auto octets = LH_TRY(found->Next(context))) rows += *octets;
    const auto list = LH_TRY(DecodeJson<std::vector<std::vector<std::string>>>(rows + "]"));
    if (std::ssize(list) > kMaxPivotValues)
      return Error(ErrorCode::kUnprocessable, "PIVOT would make more than " + std::to_string(kMaxPivotValues) +
                                                  " columns of one; list the values you want: ON column IN ('a', 'b')")
          .Named("too_many_values");
    for (std::vector<std::string>& of_hole = values.emplace_back(); const auto& row : list) of_hole.push_back(row.at(0));
  }
  filled.sql = FillPivot(request.sql, pivot, values);
  return RunOne(context, filled);
}

Result<std::unique_ptr<QueryResult>> LocalQuery::RunOne(const Context& context, const QueryRequest& request) {
  LH_TRY(context.Check());
  const catalog::Sight sight = LH_TRY(state_->SightOf(context));
  const std::string query_id = NewUuid(state_->clock).ToString();
  auto account = state_->OpenAccount(context, sight, request, query_id);
  auto result = state_->Run(context, sight, request, query_id, account);
  if (!result && account) {  // else the result has booked it already
    Error error = account->InWords(std::move(result).TakeError());
    account->Failed(error);
    return error;
  }
  return result;
}

Result<std::shared_ptr<const void>> LocalQuery::State::TakeTurn(const catalog::Sight& sight) {
  const auto most = sight.limits().concurrency;
  if (!most) return std::shared_ptr<const void>();
  const std::string& principal = sight.principal();
  if (++running.Lock()->operator[](principal) <= *most)
    return std::shared_ptr<const void>(this, [this, principal](const void*) { EndTurn(principal); });
  EndTurn(principal);
  return Error(ErrorCode::kResourceExhausted,
               "this API key runs " + std::to_string(*most) + " statements, as many as its profile allows at once; wait for one to end")
      .Named("too_many_statements");
}

void LocalQuery::State::EndTurn(const std::string& principal) {
  auto counts = running.Lock();
  if (--(*counts)[principal] == 0) counts->erase(principal);
}

Result<std::unique_ptr<QueryResult>> LocalQuery::State::Run(const Context& context, const catalog::Sight& sight,
                                                            const QueryRequest& request, const std::string& query_id,
                                                            std::unique_ptr<QueryAccount>& account) {
  if (request.sql.size() > options.max_text_bytes) {
    return Error(ErrorCode::kTooLarge, "the statement has " + std::to_string(request.sql.size()) + " octets; at most " +
                                           std::to_string(options.max_text_bytes) + " are read. Put long lists into a dataset and join it");
  }
  if (request.max_rows && *request.max_rows < 0) return Error(ErrorCode::kInvalidArgument, "max_rows is negative");
  account->Hold(LH_TRY(TakeTurn(sight)));
  std::optional<QueryAccount::Spending> spending(std::in_place, *account);  // ends before the account moves into the result
  Context bound = account->Bound(context);
  const Statement statement = StatementOf(request.sql);

  // With a verdict in hand the worker is needed last; otherwise its parser is needed first.
  std::shared_ptr<const Verdict> verdict;
  if (request.parameters.empty()) verdict = verdicts.Find(context.principal, statement.to_parse);
  if (verdict) verdict_hits.Add();
  std::optional<Sources> sources;
  if (verdict) sources = LH_TRY(Pin(bound, sight, *verdict, request));
  if (sources) LH_TRY(MakeMasks(context, sight, *sources, spending, *account, bound));

  std::optional<sandbox::WorkerPool::Lease> lease(LH_TRY(workers.Acquire(bound, context.principal, sight.label())));
  auto session = std::make_unique<engine::Session>(lease->worker());
  if (!verdict) {
    verdict = LH_TRY(Judge(bound, *session, statement.to_parse, request.parameters));
    sources = LH_TRY(Pin(bound, sight, *verdict, request));
    if (!LH_TRY(Mask(bound, sight, *sources, false))) {
      // Files are made in a worker of their own: whoever waits for them must not keep one from it.
      session.reset();
      lease.reset();
      LH_TRY(MakeMasks(context, sight, *sources, spending, *account, bound));
      lease.emplace(LH_TRY(workers.Acquire(bound, context.principal, sight.label())));
      session = std::make_unique<engine::Session>(lease->worker());
    }
  }
  account->PinnedAt(sources->sequence);

  auto plan = std::make_shared<Plan>(Plan{sight, verdict, *std::move(sources), {}, account.get()});
  plan->run.is_tree = !verdict->tree.empty();
  plan->run.statement = plan->run.is_tree ? verdict->tree : statement.to_run;
  plan->run.explain = statement.explain;
  plan->run.format = EngineFormat(request.format);
  plan->run.plan_may_stay = verdict->is_steady;
  const std::int64_t most = std::min(options.max_rows, sight.limits().max_rows.value_or(options.max_rows));
  plan->run.max_rows = static_cast<std::uint64_t>(std::min(request.max_rows.value_or(most), most));
  plan->run.max_bytes = options.max_bytes;
  session.reset();
  std::vector<std::string> hot_files;
  auto begun = Begin(bound, *plan, *std::move(lease), &hot_files);
  if (!begun && !hot_files.empty() && MayBeOfTheCache(begun.error()))
    begun = BeginAgain(bound, *plan, std::exchange(hot_files, {}), Error(begun.error()));
  if (!begun) return std::move(begun).TakeError().While("run query " + query_id);

  QueryHeader header;
  header.query_id = query_id;
  header.sequence = plan->sources.sequence;
  for (const catalog::ResolvedTable& table : plan->sources.tables) header.versions[table.name] = table.snapshot.version;
  for (const engine::Column& column : begun->stream->columns()) header.columns.push_back({column.name, column.type});
  spending.reset();
  auto result = std::make_unique<LocalResult>(std::move(account), std::move(begun).Take(), std::move(header));
  if (!hot_files.empty()) {
    hot.CountStatement();
    result->RunAgainBy(
        [this, plan, hot_files](const Context& again, const Error& why) { return BeginAgain(again, *plan, hot_files, why); });
  }
  LH_TRY(result->ReadAhead(context));
  result->DrainBy(drainer, {options.scratch, static_cast<std::int64_t>(options.spool_bytes)});
  return std::unique_ptr<QueryResult>(std::move(result));
}

Result<QueryAttempt> LocalQuery::State::Begin(const Context& context, const Plan& plan, sandbox::WorkerPool::Lease lease,
                                              std::vector<std::string>* hot_files) {
  SystemFiles system_files;
  engine::RunRequest run = plan.run;
  auto session = std::make_unique<engine::Session>(lease.worker());
  std::vector<std::string> linked;
  run.prelude = LH_TRY(Prelude(context, plan, lease.worker(), system_files, hot_files == nullptr ? nullptr : &linked));
  if (hot_files != nullptr) *hot_files = linked;  // from here on
  run.views_may_stay = system_files.paths.empty();
  if (const auto bytes = plan.sight.limits().memory_bytes)
    run.on_progress = [account = plan.account, &worker = lease.worker(), bytes](double) { account->WatchMemory(worker, *bytes); };
  auto stream = session->Run(context, std::move(run));
  if (!stream) {
    session.reset();
    if (!linked.empty() && MayBeOfTheCache(stream.error())) lease.MarkUnhealthy();
    for (const std::string& path : system_files.paths) lease.worker().Unlink(path);
    return std::move(stream).TakeError();
  }
  return QueryAttempt{std::move(lease), std::move(session), std::move(stream).Take(), system_files.paths};
}

Result<QueryAttempt> LocalQuery::State::BeginAgain(const Context& context, const Plan& plan, const std::vector<std::string>& hot_files,
                                                   const Error& why) {
  hot.BookRerun(hot_files, why);
  auto lease = LH_TRY(workers.Acquire(context, plan.sight.principal(), plan.sight.label()));
  return Begin(context, plan, std::move(lease), nullptr);
}

Result<std::shared_ptr<const Verdict>> LocalQuery::State::Judge(const Context& context, engine::Session& session, const std::string& text,
                                                                const std::vector<QueryParameter>& parameters) {
  if (auto refused = RefuseUnparsed(text)) return std::move(*refused);
  auto tree = session.Parse(context, text);
  if (!tree) {
    // The parser expands some statements itself, and meets the jail: that is a refusal too.
    Error error = std::move(tree).TakeError();
    const bool other = error.reason() == "not_select" || error.reason() == "not_one_statement" || error.reason() == "not_implemented" ||
                       error.code() == ErrorCode::kPermissionDenied;
    return other ? RefuseStatement(text, error) : error;
  }
  auto document = JsonDocument::Parse(*tree);
  std::string with_values;
  if (document && !parameters.empty()) {
    with_values = LH_TRY(BindParameters(document->root(), parameters));
    document = JsonDocument::Parse(with_values);
  }
  if (!document) {
    return Error(ErrorCode::kInvalidArgument,
                 "the statement holds a number beyond the range of DOUBLE, or is nested too deep: its tree cannot be read (" +
                     document.error().message() + ")");
  }
  GateOptions gate;
  gate.dataset_of = DatasetOf;
  if (options.system_tables != nullptr)
    gate.is_system_table = [this](std::string_view name) { return options.system_tables->Find(name) != nullptr; };
  gate.now_micros = clock.WallMicros();
  auto judged = Gate(document->root(), FunctionList::Reviewed(), gate);
  if (!judged) return WithSomePosition(text, std::move(judged).TakeError());
  if (!parameters.empty()) {  // good for these values only
    if (judged->tree.empty()) judged->tree = with_values;
    return std::make_shared<const Verdict>(std::move(judged).Take());
  }
  auto verdict = std::make_shared<const Verdict>(std::move(judged).Take());
  verdicts.Put(context.principal, text, verdict);
  return verdict;
}

Result<LocalQuery::State::Sources> LocalQuery::State::Pin(const Context& context, const catalog::Sight& sight, const Verdict& verdict,
                                                          const QueryRequest& request) {
  catalog::ResolveRequest wanted;
  for (const TableReference& table : verdict.tables) {
    if (table.is_system) continue;
    // The same words whether the dataset is hidden or not there, and no name of another one.
    if (!sight.MaySee(table.dataset)) return NoSuchTable("there is no dataset \"" + table.dataset + "\" for this API key", table.position);
    catalog::SnapshotSelector at = table.at;
    if (!at.version && !at.time_micros) at.sequence = request.sequence;
    wanted.tables.push_back({table.dataset, at});
  }
  auto resolved = catalog.Resolve(context, wanted);
  if (!resolved) {
    Error error = PointAtTable(verdict, std::move(resolved).TakeError());
    if (!sight.restricted() || error.reason() != "dataset_not_found") return error;
    return Error(ErrorCode::kNotFound, "there is no such dataset for this API key")
        .Named("dataset_not_found")
        .WithDetails(std::string(error.details()));
  }
  auto pinned = std::move(resolved).Take();
  if (pinned.tables.size() != wanted.tables.size())
    return Error(ErrorCode::kInternal, "the catalog answered for another number of datasets than were asked");
  Sources sources;
  sources.sequence = request.sequence ? *request.sequence : pinned.sequence;
  sources.tables = std::move(pinned.tables);
  return sources;
}

Result<bool> LocalQuery::State::Mask(const Context& context, const catalog::Sight& sight, Sources& sources, bool may_make) {
  for (catalog::ResolvedTable& table : sources.tables) {
    const auto rule = sight.RuleOf(table.name);
    if (!rule || (!table.files.empty() && sources.masked.contains(table.files.front().key))) continue;
    std::optional<std::string> path = masks.Find(table, *rule);
    if (!path && !may_make) return false;
    if (!path) path = LH_TRY(masks.Make(context, table, *rule));
    catalog::DataFile file;
    file.key = "masked/" + path->substr(path->rfind('/') + 1);
    table.snapshot.schema = catalog::VisibleSchema(table.snapshot.schema, *rule);
    sources.masked[file.key] = *std::move(path);
    table.files.clear();
    table.files.push_back(std::move(file));
  }
  return true;
}

Status LocalQuery::State::MakeMasks(const Context& context, const catalog::Sight& sight, Sources& sources,
                                    std::optional<QueryAccount::Spending>& spending, QueryAccount& account, Context& bound) {
  if (!sight.restricted()) return Ok{};
  if (LH_TRY(Mask(context, sight, sources, false))) return Ok{};
  spending.reset();
  const auto made = Mask(context, sight, sources, true);
  bound = account.Bound(context);
  spending.emplace(account);
  if (!made) return made.error();
  return Ok{};
}

Result<std::string> LocalQuery::State::Prelude(const Context& context, const Plan& plan, sandbox::Worker& worker, SystemFiles& files,
                                               std::vector<std::string>* hot_files) {
  const catalog::Sight& sight = plan.sight;
  const Sources& sources = plan.sources;
  std::vector<storage::ExpectedObject> objects;
  std::set<std::string_view> keys;
  FileNames names;
  std::vector<std::string> native(sources.tables.size());  // the linked file of each table that has one
  for (std::size_t i = 0; i < sources.tables.size(); ++i) {
    const catalog::ResolvedTable& table = sources.tables[i];
    // The last look before files reach a worker: what is hidden from the caller must be masked by now.
    const bool must_be_masked = sight.RuleOf(table.name).has_value();
    if (const auto path = must_be_masked || hot_files == nullptr ? std::nullopt : hot.Find(table)) {
      if (auto linked = worker.Link(*path)) {  // else it went this moment
        hot_files->push_back(*path);
        native[i] = std::move(linked).Take();
        continue;
      }
    }
    for (const catalog::DataFile& file : table.files) {
      const auto masked = sources.masked.find(file.key);
      if (must_be_masked != (masked != sources.masked.end()))
        return Error(ErrorCode::kInternal, "a file that the profile hides was about to be handed out");
      if (!keys.insert(file.key).second) continue;
      if (must_be_masked)
        names[file.key] = LH_TRY(worker.Link(masked->second));
      else
        objects.push_back({file.key, file.size_bytes, file.sha256});
    }
  }
  auto cached = cache.FetchAll(context, objects);
  if (!cached) return NameDamaged(sources.tables, std::move(cached).TakeError());
  const auto fetched = std::move(cached).Take();
  for (const catalog::ResolvedTable& table : sources.tables)
    if (table.snapshot.schema.columns.empty())
      return Error(ErrorCode::kUnprocessable,
                   "dataset \"" + table.name + "\" was registered by its fingerprint alone: register its columns to ask it")
          .Named("no_columns");
  for (std::size_t i = 0; i < objects.size(); ++i) names[objects[i].key] = LH_TRY(worker.Link(fetched[i].path()));
  std::string prelude;
  std::size_t next = 0;
  for (const TableReference& table : plan.verdict->tables) {
    if (table.is_system) {
      prelude += LH_TRY(SystemView(context, sight, table, worker, files));
      continue;
    }
    const std::size_t i = next++;
    prelude += native.at(i).empty() ? CreateTableView(table.view, sources.tables[i], names)
                                    : HotFiles::CreateView(table.view, sources.tables[i], native[i]);
  }
  if (plan.verdict->lists_tables) prelude += LH_TRY(TableList(context, sight));
  return prelude;
}

Result<std::string> LocalQuery::State::SystemView(const Context& context, const catalog::Sight& sight, const TableReference& table,
                                                  sandbox::Worker& worker, SystemFiles& files) {
  const std::string name = table.dataset.substr(table.dataset.find('.') + 1);
  catalog::SystemTable* system_table = options.system_tables == nullptr ? nullptr : options.system_tables->Find(name);
  if (system_table == nullptr) return NoSuchTable("there is no table system." + name, table.position);
  const auto rows = LH_TRY_WHILE(system_table->Rows(context, sight, options.system_rows), "read system." + name);
  const std::string path = options.scratch + "/system-" + NewUuid(clock).ToString() + ".json";
  LH_TRY(ReplaceFile(path, SystemRowsAsJson(rows)));
  files.paths.push_back(path);
  return CreateSystemView(table.view, system_table->columns(), LH_TRY(worker.Link(path)));
}

/// SHOW TABLES: the names of the datasets as a view.
Result<std::string> LocalQuery::State::TableList(const Context& context, const catalog::Sight& sight) {
  std::string rows;
  catalog::ListDatasetsRequest page;
  for (bool more = true; more;) {
    const auto listed = LH_TRY(catalog.ListDatasets(context, page));
    for (const catalog::Dataset& dataset : listed.datasets)
      if (sight.MaySee(dataset.name)) rows += (rows.empty() ? "(" : ", (") + QuoteText(dataset.name) + ")";
    more = listed.more && !listed.datasets.empty();
    if (more) page.after = listed.datasets.back().name;
  }
  const std::string view = "CREATE TEMP VIEW " + QuoteName(kTableListView) + " AS ";
  if (rows.empty()) return view + "SELECT CAST(NULL AS VARCHAR) AS name WHERE false;\n";
  return view + "SELECT name FROM (VALUES " + rows + ") t(name) ORDER BY name;\n";
}

Result<RecentQueriesResponse> LocalQuery::Recent(const Context& context, const RecentQueriesRequest& request) {
  LH_TRY(context.Check());
  if (request.limit < 0) return Error(ErrorCode::kInvalidArgument, "limit is negative");
  const catalog::Sight sight = LH_TRY(state_->SightOf(context));
  if (sight.is_admin()) return RecentQueriesResponse{state_->history.Recent(static_cast<std::size_t>(request.limit))};
  RecentQueriesResponse own{state_->history.Recent(state_->options.history)};
  std::erase_if(own.queries, [&](const QueryRecord& record) { return record.principal != context.principal; });
  if (own.queries.size() > static_cast<std::size_t>(request.limit)) own.queries.resize(static_cast<std::size_t>(request.limit));
  return own;
}

Result<HotTable> LocalQuery::Pin(const Context& context, const PinRequest& request) { return state_->hot.Pin(context, request); }
Result<EvictResponse> LocalQuery::Evict(const Context& context, const EvictRequest& request) { return state_->hot.Evict(context, request); }
Result<HotStats> LocalQuery::LoadHotStats(const Context& context, const HotStatsRequest& request) {
  return state_->hot.LoadHotStats(context, request);
}

void LocalQuery::ForgetCollected() { return state_->masks.ForgetAll(), state_->workers.Renew(); }
bool LocalQuery::SweepCollected() { return state_->masks.SweepForgotten(); }
Result<std::int64_t> LocalQuery::CheckFiles(const Spend& spend) {
  return LH_TRY(state_->masks.Check(spend)) + LH_TRY(state_->hot.Check(spend));
}

Status LocalQuery::CheckRowFilter(const Context& context, std::string_view filter) {
  auto lease = LH_TRY(state_->workers.Acquire(context, context.principal));
  engine::Session session(lease.worker());
  return query::CheckRowFilter(context, session, filter);
}

}  // namespace lakehouse::query
