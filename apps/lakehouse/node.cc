#include "node.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "lake_store.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/catalog_routes.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/catalog/remote_catalog.h"
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/gateway/gateway_routes.h"
#include "lakehouse/ingest/ingest_routes.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/journal/journal_routes.h"
#include "lakehouse/journal/local_journal.h"
#include "lakehouse/journal/remote_journal.h"
#include "lakehouse/net/debug_routes.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/query/query_routes.h"
#include "lakehouse/query/remote_query.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/error_archive.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/remote_object_store.h"
#include "lakehouse/storage/s3_object_store.h"
#include "lakehouse/storage/storage_routes.h"
#include "lakehouse/storage/storage_service.h"
#include "lakehouse/ui/ui.h"
#include "listen_address.h"
#include "local_commands.h"
#include "process_directory.h"
#include "recorded_routes.h"
#include "version.h"
#include "ways.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kStartTimeoutMs = 120'000;
constexpr std::int64_t kS3BatchWindowMs = 50;  // a record costs a round trip there, so more commits may share one

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
  std::vector<net::Route> ServiceRoutes();
  std::vector<net::Route> Pages(const std::string& openapi);
  Status Listen();
  net::DebugSources DebugPages();
  std::string ConfigJson() const;
  Status SetLogLevel(const std::string& name);
  std::string TasksJson();
  std::optional<std::vector<std::string>> JailLacks();

  const Settings& settings_;
  const std::set<ServiceKind> services_;
  Log& log_;
  Metrics& metrics_;

  std::unique_ptr<ProcessDirectory> own_;
  Secret internal_key_;
  Secret token_, token_secondary_;
  Ways ways_{internal_key_};
  storage::ErrorJournal errors_;

  std::unique_ptr<storage::ObjectStore> local_store_, remote_store_;
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

  std::unique_ptr<sandbox::WorkerPool> query_workers_;
  std::unique_ptr<query::LocalQuery> local_query_;
  std::unique_ptr<query::QueryService> query_service_;
  std::unique_ptr<query::RemoteQuery> remote_query_;
  query::Query* query_ = nullptr;
  query::QueryLog* query_log_ = nullptr;

  std::unique_ptr<sandbox::WorkerPool> ingest_workers_;
  std::unique_ptr<ingest::Ingest> local_ingest_, remote_ingest_;
  ingest::Ingest* ingest_ = nullptr;

  std::unique_ptr<journal::Journal> local_journal_, remote_journal_;
  journal::Journal* journal_ = nullptr;

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
             Here(ServiceKind::kGateway);
    case ServiceKind::kCatalog:
      return Here(ServiceKind::kQuery) || Here(ServiceKind::kIngest) || Here(ServiceKind::kJournal) || Here(ServiceKind::kGateway);
    case ServiceKind::kQuery: return Here(ServiceKind::kIngest) || Here(ServiceKind::kGateway);
    case ServiceKind::kIngest:
    case ServiceKind::kJournal: return Here(ServiceKind::kGateway);
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
    storage_service_ =
        std::make_unique<storage::StorageService>(*local_store_, storage::StorageService::Options{.spool_directory = OwnPath("spool")});
    service = storage_service_->service();
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kStorage, service))) {
    remote_store_ = storage::ConnectObjectStore(*way);
    store_ = remote_store_.get();
  }
  archive_ = std::make_unique<storage::ErrorArchive>(errors_, *store_, log_, storage::ErrorArchive::Options{});
  quarantine_ = std::make_unique<storage::Quarantine>(*store_, errors_, log_);
  if (!Here(ServiceKind::kQuery) && !Here(ServiceKind::kIngest)) return Ok{};
  storage::ObjectCache::Options options;
  options.directory = StatePath(Here(ServiceKind::kQuery) ? "cache/queryd" : "cache/ingestd");
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
  return Ok{};
}

Status RunningNode::OpenUpkeep() {
  if (!Needed(ServiceKind::kCatalog)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kCatalog)) {
    catalog::LocalUpkeep::Options options;
    options.scrub_bytes_per_second = settings_.Integer("scrub.rate");
    options.scrub_interval_ms = settings_.Integer("scrub.interval");
    local_upkeep_ = catalog::LocalUpkeep::Start({.store = *store_,
                                                 .catalog = *catalog_,
                                                 .codec = *table_codec_,
                                                 .quarantine = *quarantine_,
                                                 .log = log_,
                                                 .metrics = metrics_},
                                                options);
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
    query::LocalQuery::Options options;
    options.timeout_ms = settings_.Integer("query.timeout");
    options.max_rows = settings_.Integer("query.max_rows");
    options.max_bytes = static_cast<std::uint64_t>(settings_.Integer("query.max_bytes"));
    local_query_ = std::make_unique<query::LocalQuery>(*catalog_, *cache_, *query_workers_, metrics_, log_, options);
    query_ = local_query_.get();
    query_log_ = local_query_.get();
    query_service_ = std::make_unique<query::QueryService>(*local_query_, *local_query_);
    service = query_service_->service();
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kQuery, service))) {
    remote_query_ = std::make_unique<query::RemoteQuery>(*way);
    query_ = remote_query_.get();
    query_log_ = remote_query_.get();
  }
  return Ok{};
}

Status RunningNode::OpenIngest() {
  if (!Needed(ServiceKind::kIngest)) return Ok{};
  std::optional<net::Service> service;
  if (Here(ServiceKind::kIngest)) {
    ingest_workers_ = LH_TRY(StartWorkers("ingest", static_cast<unsigned>(settings_.Integer("ingest.runners")),
                                          static_cast<unsigned>(settings_.Integer("ingest.queue"))));
    ingest::IngestOptions options;
    options.spool = OwnPath("spool");
    options.runners = static_cast<unsigned>(settings_.Integer("ingest.runners"));
    options.queue_capacity = static_cast<unsigned>(settings_.Integer("ingest.queue"));
    options.job_timeout_ms = settings_.Integer("ingest.timeout");
    options.compaction_interval_ms = settings_.Integer("compact.interval");
    options.compaction = {.small_file_bytes = settings_.Integer("compact.small_file"),
                          .small_files = settings_.Integer("compact.small_files"),
                          .deleted_percent = settings_.Integer("compact.deleted_percent")};
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

std::vector<net::Route> RunningNode::ServiceRoutes() {
  std::vector<net::Route> all;
  const auto add = [&](std::vector<net::Route> routes) {
    for (net::Route& route : routes) all.push_back(std::move(route));
  };
  const bool gateway = Here(ServiceKind::kGateway);
  if (gateway || Here(ServiceKind::kStorage)) add(storage::StorageRoutes(*store_, errors_, {.archive = archive_.get()}));
  if (gateway || Here(ServiceKind::kCatalog)) add(catalog::CatalogRoutes(*catalog_));
  if (gateway || Here(ServiceKind::kCatalog)) add(catalog::UpkeepRoutes(*upkeep_));
  if (gateway || Here(ServiceKind::kQuery)) add(query::QueryRoutes(*query_, *query_log_));
  if (gateway || Here(ServiceKind::kIngest)) add(ingest::IngestRoutes(*ingest_));
  if (gateway || Here(ServiceKind::kJournal)) add(journal::JournalRoutes(*journal_));
  return RecordFailures(std::move(all), errors_);
}

std::vector<net::Route> RunningNode::Pages(const std::string& openapi) {
  ui_ = std::make_unique<ui::Ui>(ui::UiParts{.catalog = *catalog_,
                                             .query = *query_,
                                             .queries = *query_log_,
                                             .ingest = *ingest_,
                                             .journal = *journal_,
                                             .errors = errors_,
                                             .metrics = metrics_,
                                             .requests = requests_,
                                             .config_json = [this] { return ConfigJson(); },
                                             .tasks_json = [this] { return TasksJson(); },
                                             .doctor_json = [this] { return DoctorJson(settings_); },
                                             .log_level = [this] { return std::string(WireName(log_.level())); },
                                             .set_log_level = [this](const std::string& name) { return SetLogLevel(name); },
                                             .sessions = sessions_.get(),
                                             .version = std::string(kVersion),
                                             .data_path = Here(ServiceKind::kStorage) ? settings_.Text("data") : ""});
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

std::string RunningNode::ConfigJson() const {
  JsonWriter writer;
  writer.Open('[');
  for (const Settings::Shown& shown : settings_.Show()) {
    writer.Open('{');
    for (const auto& [key, text] :
         {std::pair("key", shown.key), std::pair("value", shown.value), std::pair("source", shown.source), std::pair("help", shown.help),
          std::pair("default_value", shown.default_value), std::pair("kind", shown.kind)}) {
      writer.Key(key);
      writer.String(text);
    }
    writer.Close('}');
  }
  writer.Close(']');
  return std::move(writer).Take();
}

std::string RunningNode::TasksJson() {
  JsonWriter writer;
  writer.Open('{');
  for (const auto& [name, pool] : {std::pair("query_workers", query_workers_.get()), std::pair("ingest_workers", ingest_workers_.get())}) {
    if (pool == nullptr) continue;
    const auto report = pool->Inspect();
    writer.Key(name);
    writer.Open('{');
    for (const auto& [key, number] : {std::pair("fresh", report.fresh), std::pair("idle", report.idle), std::pair("busy", report.busy),
                                      std::pair("waiting", report.waiting)}) {
      writer.Key(key);
      writer.Integer(number);
    }
    writer.Key("memory_bytes");
    writer.Unsigned(report.memory_bytes);
    writer.Key("jail_lacks");
    writer.Open('[');
    for (const std::string& missing : report.jail.missing) writer.String(missing);
    writer.Close(']');
    writer.Close('}');
  }
  writer.Close('}');
  return std::move(writer).Take();
}

std::optional<std::vector<std::string>> RunningNode::JailLacks() {
  bool known = false;
  std::vector<std::string> lacks;
  for (sandbox::WorkerPool* pool : {query_workers_.get(), ingest_workers_.get()}) {
    if (pool == nullptr) continue;
    const auto report = pool->Inspect();
    known = known || report.started > 0;
    for (const std::string& wall : report.jail.missing)
      if (std::find(lacks.begin(), lacks.end(), wall) == lacks.end()) lacks.push_back(wall);
  }
  if (!known) return std::nullopt;
  return lacks;
}

net::DebugSources RunningNode::DebugPages() {
  const std::string name = services_.size() == 1         ? std::string(WireName(*services_.begin()))
                           : Here(ServiceKind::kGateway) ? "gateway"
                                                         : "lakehouse";
  return {.service = name,
          .log = log_,
          .metrics = metrics_,
          .requests = requests_,
          .ready = {},
          .config_json = [this] { return ConfigJson(); },
          .tasks_json = [this] { return TasksJson(); },
          .routes_json = [this] { return routes_.ToJson(); },
          .version_json = [] { return "{\"version\":\"" + std::string(kVersion) + "\"}"; },
          .jail_lacks = query_workers_ || ingest_workers_ ? [this] { return JailLacks(); } : decltype(net::DebugSources::jail_lacks)()};
}

Status RunningNode::Listen() {
  std::vector<net::Service> served;
  if (local_store_) served.push_back(storage_service_->service());
  if (local_catalog_) served.push_back(catalog::ServeCatalog(*local_catalog_));
  if (local_upkeep_) served.push_back(catalog::ServeUpkeep(*local_upkeep_));
  if (local_query_) served.push_back(query_service_->service());
  if (local_ingest_) served.push_back(ingest::ServeIngest(*local_ingest_));
  if (local_journal_) served.push_back(journal::ServeJournal(*local_journal_));
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
  net::HttpServer::Options options;
  options.service_name = DebugPages().service;
  options.listen_address = address.host;
  options.port = address.port;
  options.loop_threads = static_cast<std::size_t>(settings_.Integer("http.threads"));
  options.worker_threads = static_cast<std::size_t>(settings_.Integer("http.workers"));
  options.queue_capacity = static_cast<std::size_t>(settings_.Integer("http.queue"));
  options.max_connections = static_cast<std::size_t>(settings_.Integer("http.max_connections"));
  options.head_timeout_ms = settings_.Integer("http.header_timeout");
  options.io_timeout_ms = settings_.Integer("http.io_timeout");
  options.idle_timeout_ms = settings_.Integer("http.idle_timeout");
  options.upload_limit = static_cast<std::uint64_t>(settings_.Integer("ingest.max_upload"));
  options.spool_directory = OwnPath("spool");
  options.allowed_hosts = settings_.List("auth.allowed_hosts");
  if (!options.allowed_hosts.empty())  // names besides loopback, which the server would serve by itself without a list
    for (const char* loopback : {"localhost", "127.0.0.1", "[::1]"}) options.allowed_hosts.emplace_back(loopback);
  options.allowed_cidrs = settings_.List("auth.allowed_networks");
  options.auth_required = settings_.Bool("auth.required");
  options.token = token_;
  options.token_secondary = token_secondary_;
  options.sessions = sessions_.get();
  if (sessions_) options.login_path = "/login";
  options.on_refusal = RefusalRecorder(errors_);
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
  return LH_TRY_WHILE(Listen(), "listen on " + settings_.Text("listen"));
}

}  // namespace

Result<std::unique_ptr<Node>> Node::Start(const Settings& settings, const std::set<ServiceKind>& services, Log& log, Metrics& metrics) {
  auto node = std::make_unique<RunningNode>(settings, services, log, metrics);
  LH_TRY(node->Open());
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace lakehouse::app
