#include "node.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "lake_checks.h"
#include "lake_store.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/access_book.h"
#include "lakehouse/catalog/access_routes.h"
#include "lakehouse/catalog/catalog_routes.h"
#include "lakehouse/catalog/catalog_tables.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/catalog/profiled_catalog.h"
#include "lakehouse/catalog/remote_catalog.h"
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/embed/embed_routes.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/gateway/gateway_routes.h"
#include "lakehouse/ingest/ingest_routes.h"
#include "lakehouse/ingest/jobs_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/ingest/tombstone_routes.h"
#include "lakehouse/journal/events_table.h"
#include "lakehouse/journal/journal_routes.h"
#include "lakehouse/journal/local_journal.h"
#include "lakehouse/journal/remote_journal.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/matrix/matrix_routes.h"
#include "lakehouse/net/debug_routes.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/query/hot_routes.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/query/paged_routes.h"
#include "lakehouse/query/query_routes.h"
#include "lakehouse/query/remote_query.h"
#include "lakehouse/query/system_tables.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/error_archive.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/remote_object_store.h"
#include "lakehouse/storage/s3_object_store.h"
#include "lakehouse/storage/storage_routes.h"
#include "lakehouse/storage/storage_service.h"
#include "lakehouse/ui/ui.h"
#include "lakehouse/vector/local_vectors.h"
#include "lakehouse/vector/remote_vectors.h"
#include "lakehouse/vector/vector_routes.h"
#include "listen_address.h"
#include "local_commands.h"
#include "process_directory.h"
#include "recorded_routes.h"
#include "service_options.h"
#include "version.h"
#include "ways.h"
#include "worker_report.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kStartTimeoutMs = 120'000;
constexpr std::int64_t kQuarantineIntervalMs = 5'000;  // until what another process found damaged is refused here, too
constexpr std::int64_t kS3BatchWindowMs = 50;          // a record costs a round trip there, so more commits may share one

/// Everything that runs in this process. Members stand in the order in which they are built; they go in reverse.
class RunningNode final : public Node {
 public:
  RunningNode(const Settings& settings, std::set<ServiceKind> services, Log& log, Metrics& metrics)
      : settings_(settings), services_(std::move(services)), log_(log), metrics_(metrics) {}
  ~RunningNode() override { Stop(0); }

  Status Open();
  void Stop(std::int64_t grace_ms) override {
    if (ui_) ui_->EndStreams();
    if (server_) server_->Stop(grace_ms);
  }
  std::string url() const override { return server_->url(); }
  Secret token() const override { return token_; }

 private:
  bool Here(ServiceKind service) const { return services_.contains(service); }
  /// The service is needed by one that runs here.
  bool Needed(ServiceKind service) const;
  std::string StatePath(std::string_view name) const { return settings_.Text("state") + "/" + std::string(name); }
  /// Below it is what goes with this process.
  std::string OwnPath(std::string_view name) const { return own_->path() + "/" + std::string(name); }

  /// How to reach a service: null when it runs here and is called directly. `service` is its serving end when it runs here.
  Result<net::Transport*> WayTo(ServiceKind kind, std::optional<net::Service> service);

  Status PrepareState();
  Status OpenStorage(const Context& context);
  Status OpenTables();  ///< of the catalog's own files, once
  Status OpenCatalog(const Context& context);
  Status OpenUpkeep();
  Result<std::unique_ptr<sandbox::WorkerPool>> StartWorkers(const std::string& name, unsigned count, unsigned queue);
  Status OpenQuery();
  Status OpenIngest();
  Status OpenJournal();
  Status OpenVectors();
  Status OpenSystemTables();  ///< after all that they show
  std::optional<net::Caller> CallerOf(std::string_view token) const;
  std::vector<net::Route> ServiceRoutes();
  std::vector<net::Route> Pages(const std::string& openapi);
  Status Listen();
  net::DebugSources DebugPages();
  Status SetLogLevel(const std::string& name);
  Result<std::string> LabelOfSight(const Context& context) { return LH_TRY(access_->SightOf(context)).label(); }
  WorkerPools Workers() const;

  const Settings& settings_;
  const std::set<ServiceKind> services_;
  Log& log_;
  Metrics& metrics_;

  std::unique_ptr<ProcessDirectory> own_;
  Secret internal_key_;
  Secret token_, token_secondary_;
  Ways ways_{internal_key_};
  storage::ErrorJournal errors_;

  std::unique_ptr<storage::BucketStore> local_store_;
  std::unique_ptr<storage::ObjectStore> remote_store_;
  std::unique_ptr<storage::Buckets> remote_buckets_;
  storage::Buckets* buckets_ = nullptr;
  std::unique_ptr<storage::StorageService> storage_service_;
  storage::ObjectStore* store_ = nullptr;
  std::unique_ptr<storage::ErrorArchive> archive_;
  std::unique_ptr<storage::Quarantine> quarantine_;
  std::unique_ptr<storage::ObjectCache> cache_;

  std::unique_ptr<engine::ParquetTables> tables_;
  std::unique_ptr<catalog::TableCodec> table_codec_;
  std::unique_ptr<catalog::LocalCatalog> local_catalog_;
  std::unique_ptr<catalog::Catalog> remote_catalog_;
  catalog::Catalog* catalog_ = nullptr;
  std::unique_ptr<catalog::Upkeep> local_upkeep_, remote_upkeep_;
  catalog::Upkeep* upkeep_ = nullptr;
  std::unique_ptr<catalog::AccessBook> access_;
  std::unique_ptr<catalog::Catalog> profiled_catalog_;  ///< for whatever faces callers; catalog_ hides nothing

  catalog::SystemTables system_tables_;
  std::vector<std::unique_ptr<catalog::SystemTable>> own_system_tables_;
  std::unique_ptr<sandbox::WorkerPool> query_workers_;
  std::unique_ptr<query::LocalQuery> local_query_;
  std::unique_ptr<query::QueryService> query_service_;
  std::unique_ptr<query::RemoteQuery> remote_query_;
  query::Query* query_ = nullptr;
  query::QueryLog* query_log_ = nullptr;
  query::HotCache* hot_cache_ = nullptr;

  std::unique_ptr<sandbox::WorkerPool> ingest_workers_;
  std::unique_ptr<ingest::Ingest> local_ingest_, remote_ingest_;
  ingest::Ingest* ingest_ = nullptr;

  std::unique_ptr<journal::Journal> local_journal_, remote_journal_;
  journal::Journal* journal_ = nullptr;

  std::unique_ptr<vector::Vectors> local_vectors_, remote_vectors_;
  vector::Vectors* vectors_ = nullptr;

  embed::Embeddings embeddings_{{embed::MakeChargram()}};
  std::unique_ptr<matrix::Matrix> matrix_;  ///< in the gateway's process, over services wherever they run

  std::unique_ptr<net::Dispatcher> dispatcher_;
  net::RequestLog requests_;
  std::unique_ptr<net::Sessions> sessions_;
  std::unique_ptr<ui::Ui> ui_;
  net::RouteTable routes_;
  std::unique_ptr<net::HttpServer> server_;
};

bool RunningNode::Needed(ServiceKind service) const {
  if (Here(service)) return true;
  switch (service) {
    case ServiceKind::kStorage:
      return Here(ServiceKind::kCatalog) || Here(ServiceKind::kQuery) || Here(ServiceKind::kIngest) || Here(ServiceKind::kJournal) ||
             Here(ServiceKind::kVector) || Here(ServiceKind::kGateway);
    case ServiceKind::kCatalog:
      return Here(ServiceKind::kQuery) || Here(ServiceKind::kIngest) || Here(ServiceKind::kJournal) || Here(ServiceKind::kVector) ||
             Here(ServiceKind::kGateway);
    case ServiceKind::kQuery: return Here(ServiceKind::kIngest) || Here(ServiceKind::kGateway);
    case ServiceKind::kIngest:
    case ServiceKind::kJournal:
    case ServiceKind::kVector: return Here(ServiceKind::kGateway);
    case ServiceKind::kGateway: return false;
  }
  return false;
}

Result<net::Transport*> RunningNode::WayTo(ServiceKind kind, std::optional<net::Service> service) {
  if (service) return settings_.Bool("services.encode_calls") ? &ways_.Through(*service) : nullptr;
  const std::string name(WireName(kind));
  const std::string url = settings_.Text("services." + name);
  if (url == "local")
    return Error(ErrorCode::kInvalidArgument,
                 name + " does not run in this process and services." + name + " names no URL: set it, or serve it here too");
  return &ways_.To(url);
}

Status RunningNode::PrepareState() {
  for (const std::string_view part : {"", "cache", "workers"}) LH_TRY(CreateDirectories(StatePath(part)));
  own_ = LH_TRY(ProcessDirectory::Create(StatePath("processes")));
  for (const std::string_view part : {"spool", "scratch"}) LH_TRY(CreateDirectories(OwnPath(part)));
  internal_key_ = LH_TRY(LoadOrCreateKey(StatePath("internal.key")));
  const auto secrets = OpenEnvironmentSecrets();
  if (auto token = LH_TRY(secrets->Find("auth.token"))) token_ = *token;
  if (auto token = LH_TRY(secrets->Find("auth.token_secondary"))) token_secondary_ = *token;
  if (!token_.empty() && Here(ServiceKind::kGateway))
    sessions_ = std::make_unique<net::Sessions>(net::Sessions::Options{
        .token = token_, .token_secondary = token_secondary_, .key = LH_TRY(LoadOrCreateKey(StatePath("sessions.key")))});
  return Ok{};
}

Status RunningNode::OpenStorage(const Context& context) {
  if (!Needed(ServiceKind::kStorage)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kStorage)) {
    local_store_ = LH_TRY(OpenLakeStore(context, settings_, metrics_, log_));
    store_ = local_store_.get();
    buckets_ = local_store_.get();
    storage_service_ = std::make_unique<storage::StorageService>(
        *local_store_, storage::StorageService::Options{.spool_directory = OwnPath("spool"), .buckets = buckets_});
    service = storage_service_->service();
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kStorage, service))) {
    remote_store_ = storage::ConnectObjectStore(*way);
    store_ = remote_store_.get();
    remote_buckets_ = storage::ConnectBuckets(*way);
    buckets_ = remote_buckets_.get();
  }
  archive_ = std::make_unique<storage::ErrorArchive>(errors_, *store_, log_, storage::ErrorArchive::Options{});
  quarantine_ = std::make_unique<storage::Quarantine>(*store_, errors_, log_);
  quarantine_->Follow(kQuarantineIntervalMs);
  if (!Here(ServiceKind::kQuery) && !Here(ServiceKind::kIngest) && !Here(ServiceKind::kVector)) return Ok{};
  storage::ObjectCache::Options options;
  options.directory = StatePath(Here(ServiceKind::kQuery)    ? "cache/queryd"
                                : Here(ServiceKind::kIngest) ? "cache/ingestd"
                                                             : "cache/vectord");
  options.quarantine = quarantine_.get();
  LH_TRY_WHILE(quarantine_->Load(context), "read the quarantine");
  cache_ = LH_TRY(storage::ObjectCache::Open(*store_, options, metrics_, log_));
  return Ok{};
}

Status RunningNode::OpenTables() {
  if (tables_) return Ok{};
  tables_ = LH_TRY(engine::ParquetTables::Open({.scratch = OwnPath("scratch")}));
  table_codec_ = catalog::MakeParquetTableCodec(*tables_);
  return Ok{};
}

Status RunningNode::OpenCatalog(const Context& context) {
  if (!Needed(ServiceKind::kCatalog)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kCatalog)) {
    LH_TRY(OpenTables());
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    catalog::LocalCatalog::Options options;
    options.writer = std::string(host) + ":" + std::to_string(getpid());
    if (storage::IsS3Url(settings_.Text("data"))) options.batch_window_ms = kS3BatchWindowMs;
    options.checkpoint_records = settings_.Integer("catalog.checkpoint_records");
    options.reader_grace_ms = settings_.Integer("gc.grace");
    local_catalog_ =
        LH_TRY(catalog::LocalCatalog::Open(context, {.store = *store_, .codec = *table_codec_, .log = log_, .metrics = metrics_}, options));
    catalog_ = local_catalog_.get();
    service = catalog::ServeCatalog(*local_catalog_);
    // Reading the log and its checkpoint took memory that is not needed again: on a large lake most of what a start takes.
    tables_->Rest();
    malloc_trim(0);
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kCatalog, service))) {
    remote_catalog_ = catalog::ConnectCatalog(*way);
    catalog_ = remote_catalog_.get();
  }
  access_ = std::make_unique<catalog::AccessBook>(*catalog_, log_, catalog::AccessBook::Options{.poll_ms = local_catalog_ ? 500 : 2'000});
  profiled_catalog_ = catalog::MakeProfiledCatalog(*catalog_, *access_);
  if (local_catalog_) LH_TRY_WHILE(access_->Load(context), "load profiles and API keys");
  return Ok{};
}

Status RunningNode::OpenUpkeep() {
  if (!Needed(ServiceKind::kCatalog)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kCatalog)) {
    local_upkeep_ = catalog::LocalUpkeep::Start({.store = *store_,
                                                 .catalog = *catalog_,
                                                 .codec = *table_codec_,
                                                 .quarantine = *quarantine_,
                                                 .log = log_,
                                                 .metrics = metrics_,
                                                 .self_checks = LakeChecks()},
                                                UpkeepOptions(settings_));
    upkeep_ = local_upkeep_.get();
    service = catalog::ServeUpkeep(*local_upkeep_);
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kCatalog, service))) {
    remote_upkeep_ = catalog::ConnectUpkeep(*way);
    upkeep_ = remote_upkeep_.get();
  }
  return Ok{};
}

Result<std::unique_ptr<sandbox::WorkerPool>> RunningNode::StartWorkers(const std::string& name, unsigned count, unsigned queue) {
  sandbox::WorkerPool::Options options;
  options.max_workers = count;
  options.queue_capacity = queue;
  options.worker.root = LH_TRY(AbsolutePath(StatePath("workers/" + name)));
  options.worker.jail.address_space_bytes = static_cast<std::uint64_t>(settings_.Integer("query.address_space"));
  engine::EngineOptions engine;
  engine.memory_bytes = static_cast<std::uint64_t>(settings_.Integer("query.memory"));
  engine.spill_bytes = static_cast<std::uint64_t>(settings_.Integer("query.spill"));
  options.worker = engine::EngineWorkers(options.worker, engine);
  return sandbox::WorkerPool::Start(options, metrics_, log_);
}

Status RunningNode::OpenQuery() {
  if (!Needed(ServiceKind::kQuery)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kQuery)) {
    query_workers_ = LH_TRY(StartWorkers("query", static_cast<unsigned>(settings_.Integer("query.workers")),
                                         static_cast<unsigned>(settings_.Integer("query.queue"))));
    query::LocalQuery::Options options = QueryOptions(settings_);
    options.scratch = OwnPath("scratch");
    options.system_tables = &system_tables_;
    options.access = access_.get();
    options.masked_directory = StatePath("cache/masked");
    options.mask_key = LH_TRY(LoadOrCreateKey(StatePath("mask.key")));
    options.hot_directory = LH_TRY(AbsolutePath(StatePath("cache/hot")));
    local_query_ = std::make_unique<query::LocalQuery>(*catalog_, *cache_, *query_workers_, metrics_, log_, options);
    query_ = local_query_.get();
    query_log_ = local_query_.get();
    hot_cache_ = local_query_.get();
    query_service_ = std::make_unique<query::QueryService>(*local_query_, *local_query_, *local_query_);
    service = query_service_->service();
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kQuery, service))) {
    remote_query_ = std::make_unique<query::RemoteQuery>(*way);
    query_ = remote_query_.get();
    query_log_ = remote_query_.get();
    hot_cache_ = remote_query_.get();
  }
  return Ok{};
}

Status RunningNode::OpenIngest() {
  if (!Needed(ServiceKind::kIngest)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kIngest)) {
    ingest_workers_ = LH_TRY(StartWorkers("ingest", static_cast<unsigned>(settings_.Integer("ingest.runners")),
                                          static_cast<unsigned>(settings_.Integer("ingest.queue"))));
    ingest::IngestOptions options = IngestServiceOptions(settings_);
    options.spool = OwnPath("spool");
    local_ingest_ = LH_TRY(ingest::OpenLocalIngest({.catalog = *catalog_,
                                                    .store = *store_,
                                                    .cache = *cache_,
                                                    .workers = *ingest_workers_,
                                                    .query = *query_,
                                                    .metrics = metrics_,
                                                    .log = log_,
                                                    .errors = &errors_},
                                                   options));
    ingest_ = local_ingest_.get();
    service = ingest::ServeIngest(*local_ingest_);
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kIngest, service))) {
    remote_ingest_ = ingest::ConnectIngest(*way);
    ingest_ = remote_ingest_.get();
  }
  return Ok{};
}

Status RunningNode::OpenJournal() {
  if (!Needed(ServiceKind::kJournal)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kJournal)) {
    LH_TRY(OpenTables());
    local_journal_ = journal::MakeLocalJournal(*catalog_, *store_, *table_codec_);
    journal_ = local_journal_.get();
    service = journal::ServeJournal(*local_journal_);
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kJournal, service))) {
    remote_journal_ = journal::ConnectJournal(*way);
    journal_ = remote_journal_.get();
  }
  return Ok{};
}

Status RunningNode::OpenVectors() {
  if (!Needed(ServiceKind::kVector)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kVector)) {
    vector::LocalVectorsOptions options = VectorOptions(settings_);
    options.scratch = OwnPath("scratch");
    local_vectors_ = vector::MakeLocalVectors({.store = *store_, .cache = *cache_, .catalog = *catalog_, .metrics = metrics_, .log = log_},
                                              std::move(options));
    vectors_ = local_vectors_.get();
    service = vector::ServeVectors(*local_vectors_);
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kVector, service))) {
    remote_vectors_ = vector::ConnectVectors(*way);
    vectors_ = remote_vectors_.get();
  }
  return Ok{};
}

Status RunningNode::OpenSystemTables() {
  if (!local_query_) return Ok{};
  own_system_tables_ = catalog::MakeCatalogTables(*catalog_);
  own_system_tables_.push_back(query::MakeQueriesTable(*local_query_));
  own_system_tables_.push_back(query::MakeErrorsTable(*archive_));
  own_system_tables_.push_back(catalog::MakeUpkeepTable(*upkeep_));
  // Where they run in other processes, they are shown if this one knows the way.
  if (journal_ == nullptr && settings_.Text("services.journald") != "local") {
    remote_journal_ = journal::ConnectJournal(ways_.To(settings_.Text("services.journald")));
    journal_ = remote_journal_.get();
  }
  if (ingest_ == nullptr && settings_.Text("services.ingestd") != "local") {
    remote_ingest_ = ingest::ConnectIngest(ways_.To(settings_.Text("services.ingestd")));
    ingest_ = remote_ingest_.get();
  }
  if (journal_ != nullptr) own_system_tables_.push_back(journal::MakeEventsTable(*journal_));
  if (ingest_ != nullptr) own_system_tables_.push_back(ingest::MakeJobsTable(*ingest_));
  for (const auto& table : own_system_tables_) system_tables_.Add(*table);
  return Ok{};
}

/// On the network's threads: what is known here and now, no question to anybody.
std::optional<net::Caller> RunningNode::CallerOf(std::string_view token) const {
  const auto access = access_->Known();
  const catalog::ApiKey* key = access->FindToken(token, SystemClock().WallMicros());
  if (key == nullptr) return std::nullopt;
  net::Caller caller;
  caller.principal = std::string(catalog::kKeyPrincipal) + key->id;
  const auto sight = access->SightOf(caller.principal);
  if (!sight) return std::nullopt;
  for (const catalog::Scope scope : key->scopes) {
    caller.may_read |= scope == catalog::Scope::kRead;
    caller.may_write |= scope == catalog::Scope::kWrite;
    caller.may_admin |= scope == catalog::Scope::kAdmin;
  }
  caller.restricted = sight->restricted();
  return caller;
}

std::vector<net::Route> RunningNode::ServiceRoutes() {
  std::vector<net::Route> all;
  const auto add = [&](ServiceKind service, std::vector<net::Route> routes) {
    for (net::Route& route : routes) {
      route.service = WireName(service);
      all.push_back(std::move(route));
    }
  };
  const bool gateway = Here(ServiceKind::kGateway);
  if (gateway || Here(ServiceKind::kStorage))
    add(ServiceKind::kStorage, storage::StorageRoutes(*store_, errors_, {.archive = archive_.get(), .buckets = buckets_}));
  if (gateway || Here(ServiceKind::kCatalog)) {
    add(ServiceKind::kCatalog, catalog::CatalogRoutes(*profiled_catalog_, true));
    catalog::CheckFilter check;
    if (local_query_) check = [this](const Context& c, std::string_view filter) { return local_query_->CheckRowFilter(c, filter); };
    add(ServiceKind::kCatalog, catalog::AccessRoutes(*catalog_, *access_, std::move(check)));
    add(ServiceKind::kCatalog, catalog::UpkeepRoutes(*upkeep_));
  }
  if (gateway || Here(ServiceKind::kQuery)) {
    add(ServiceKind::kQuery, query::QueryRoutes(*query_, *query_log_));
    add(ServiceKind::kQuery, query::HotRoutes(*hot_cache_));
    query::PagedOptions paged;
    paged.directory = OwnPath("scratch");
    paged.sight_of = [this](const Context& context) { return LabelOfSight(context); };
    add(ServiceKind::kQuery, query::PagedRoutes(*query_, std::move(paged)));
  }
  if (gateway || Here(ServiceKind::kIngest)) {
    add(ServiceKind::kIngest, ingest::IngestRoutes(*ingest_, [this](const Context& context) -> Result<std::string> {
          return LH_TRY(access_->SightOf(context)).bucket();
        }));
    add(ServiceKind::kIngest, ingest::TombstoneRoutes(*ingest_, *profiled_catalog_));
  }
  if (gateway || Here(ServiceKind::kJournal)) add(ServiceKind::kJournal, journal::JournalRoutes(*journal_));
  if (gateway || Here(ServiceKind::kVector)) add(ServiceKind::kVector, vector::VectorRoutes(*vectors_));
  if (gateway) add(ServiceKind::kGateway, embed::EmbedRoutes(embeddings_));
  if (gateway) add(ServiceKind::kGateway, matrix::MatrixRoutes(*matrix_));
  return RecordFailures(std::move(all), errors_);
}

std::vector<net::Route> RunningNode::Pages(const std::string& openapi) {
  ui_ = std::make_unique<ui::Ui>(ui::UiParts{.catalog = *profiled_catalog_,
                                             .query = *query_,
                                             .queries = *query_log_,
                                             .ingest = *ingest_,
                                             .journal = *journal_,
                                             .vectors = vectors_,
                                             .errors = errors_,
                                             .metrics = metrics_,
                                             .requests = requests_,
                                             .config_json = [this] { return ConfigJson(settings_); },
                                             .tasks_json = [this] { return WorkersJson(Workers()); },
                                             .doctor_json = [this] { return DoctorJson(settings_); },
                                             .log_level = [this] { return std::string(WireName(log_.level())); },
                                             .set_log_level = [this](const std::string& name) { return SetLogLevel(name); },
                                             .sessions = sessions_.get(),
                                             .version = std::string(kVersion),
                                             .data_path = Here(ServiceKind::kStorage) ? settings_.Text("data") : "",
                                             .buckets = buckets_,
                                             .sight_of = [this](const Context& context) { return LabelOfSight(context); }});
  return ui_->Routes(openapi);
}

Status RunningNode::SetLogLevel(const std::string& name) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError})
    if (WireName(level) == name) {
      log_.set_level(level);
      log_.Warning("the log level was set", {{"to", std::string_view(name)}});
      return Ok{};
    }
  return Error(ErrorCode::kInvalidArgument, "there is no log level \"" + name + "\"; there are debug, info, warning and error")
      .Named("unknown_level");
}

WorkerPools RunningNode::Workers() const { return {{"query_workers", query_workers_.get()}, {"ingest_workers", ingest_workers_.get()}}; }

net::DebugSources RunningNode::DebugPages() {
  const std::string name = services_.size() == 1         ? std::string(WireName(*services_.begin()))
                           : Here(ServiceKind::kGateway) ? "gateway"
                                                         : "lakehouse";
  return {.service = name,
          .log = log_,
          .metrics = metrics_,
          .requests = requests_,
          .ready = {},
          .config_json = [this] { return ConfigJson(settings_); },
          .tasks_json = [this] { return WorkersJson(Workers()); },
          .routes_json = [this] { return routes_.ToJson(); },
          .version_json = [] { return "{\"version\":\"" + std::string(kVersion) + "\"}"; },
          .jail_lacks =
              query_workers_ || ingest_workers_ ? [this] { return JailLacksOf(Workers()); } : decltype(net::DebugSources::jail_lacks)()};
}

Status RunningNode::Listen() {
  std::vector<net::Service> served;
  if (local_store_) served.push_back(storage_service_->service());
  if (local_catalog_) served.push_back(catalog::ServeCatalog(*local_catalog_));
  if (local_upkeep_) served.push_back(catalog::ServeUpkeep(*local_upkeep_));
  if (local_query_) served.push_back(query_service_->service());
  if (local_ingest_) served.push_back(ingest::ServeIngest(*local_ingest_));
  if (local_journal_) served.push_back(journal::ServeJournal(*local_journal_));
  if (local_vectors_) served.push_back(vector::ServeVectors(*local_vectors_));
  dispatcher_ = std::make_unique<net::Dispatcher>(std::move(served), internal_key_);

  if (Here(ServiceKind::kGateway)) {
    routes_.Mount("", gateway::GatewayRoutes({.services = ServiceRoutes(),
                                              .operation = net::DebugRoutes(DebugPages()),
                                              .internal = net::RpcRoutes(*dispatcher_),
                                              .version = std::string(kVersion),
                                              .pages = [this](const std::string& openapi) { return Pages(openapi); }}));
  } else {
    for (std::vector<net::Route> routes : {net::DebugRoutes(DebugPages()), net::RpcRoutes(*dispatcher_), ServiceRoutes()})
      routes_.Mount("", std::move(routes));
  }

  const auto address = LH_TRY(ParseListenAddress(settings_.Text("listen")));
  net::HttpServer::Options options = HttpOptions(settings_);
  options.spool_directory = OwnPath("spool");
  options.service_name = DebugPages().service;
  options.listen_address = address.host;
  options.port = address.port;
  options.token = token_;
  options.token_secondary = token_secondary_;
  options.sessions = sessions_.get();
  if (sessions_) options.login_path = "/login";
  options.on_refusal = RefusalRecorder(errors_);
  if (access_) options.find_caller = [this](std::string_view token) { return CallerOf(token); };
  server_ = LH_TRY(net::HttpServer::Start(std::move(options), routes_, log_, metrics_, requests_));
  return Ok{};
}

Status RunningNode::Open() {
  const Context context{.principal = "system", .trace = "start", .deadline = Deadline::After(kStartTimeoutMs), .cancel = {}};
  LH_TRY_WHILE(PrepareState(), "prepare the state directory " + settings_.Text("state"));
  LH_TRY_WHILE(OpenStorage(context), "open the store " + settings_.Text("data"));
  LH_TRY_WHILE(OpenCatalog(context), "open the catalog");
  LH_TRY_WHILE(OpenUpkeep(), "start the upkeep");
  LH_TRY_WHILE(OpenQuery(), "start queries");
  LH_TRY_WHILE(OpenIngest(), "start ingest");
  LH_TRY_WHILE(OpenJournal(), "open the journal");
  LH_TRY_WHILE(OpenVectors(), "open the vector indexes");
  LH_TRY_WHILE(OpenSystemTables(), "open the tables of the system");
  if (Here(ServiceKind::kGateway))
    matrix_ = matrix::MakeLocalMatrix({.store = *store_, .catalog = *catalog_, .query = *query_, .vectors = *vectors_, .log = log_},
                                      MatrixOptions(settings_));
  auto listening = Listen();
  if (listening) return listening;
  return std::move(listening).TakeError().While("listen on " + settings_.Text("listen") +
                                                "; if something else does already: --listen HOST:PORT chooses another, port 0 a free one");
}

}  // namespace

Result<std::unique_ptr<Node>> Node::Start(const Settings& settings, const std::set<ServiceKind>& services, Log& log, Metrics& metrics) {
  auto node = std::make_unique<RunningNode>(settings, services, log, metrics);
  LH_TRY(node->Open());
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace lakehouse::app
