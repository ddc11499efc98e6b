#include "node.h"

#include <malloc.h>
#include <unistd.h>

#include "lake_checks.h"
#include "lake_store.h"
#include "lakehouse/catalog/catalog_tables.h"
#include "lakehouse/catalog/forwarding_catalog.h"
#include "lakehouse/catalog/profiled_catalog.h"
#include "lakehouse/catalog/remote_catalog.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/ingest/ingest_tables.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/journal/events_table.h"
#include "lakehouse/journal/local_journal.h"
#include "lakehouse/journal/remote_journal.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/query/system_tables.h"
#include "lakehouse/storage/remote_object_store.h"
#include "lakehouse/storage/s3_object_store.h"
#include "lakehouse/vector/following_vectors.h"
#include "lakehouse/vector/local_vectors.h"
#include "lakehouse/vector/profiled_vectors.h"
#include "lakehouse/vector/remote_vectors.h"
#include "lakehouse/vector/trials_table.h"
#include "listen_address.h"
#include "local_commands.h"
#include "running_node.h"
#include "service_options.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kStartTimeoutMs = 120'000;
constexpr std::int64_t kQuarantineIntervalMs = 5'000;  // until what another process found damaged is refused here, too
constexpr std::size_t kS3ReadAhead = 64;
constexpr std::int64_t kS3BatchWindowMs = 50;  // a record costs a round trip there, so more commits may share one

std::vector<matrix::DatasetLoad> LoadsUnderWay(const Context& context, ingest::Ingest& ingest) {
  ingest::ListJobsRequest request;
  request.under_way = true;
  const auto listed = ingest.ListJobs(context, request);
  std::vector<matrix::DatasetLoad> loads;
  if (!listed) return loads;
  for (const ingest::Job& job : listed->jobs) {
    if (job.kind != ingest::JobKind::kIngest) continue;
    matrix::DatasetLoad& load = loads.emplace_back();
    load.dataset = job.name;
    load.job = job.id;
    if (job.bytes_total > 0) load.progress = static_cast<double>(job.bytes_done) / static_cast<double>(job.bytes_total);
  }
  return loads;
}

}  // namespace

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
  options.directory = StatePath(CacheName());
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
    if (storage::IsS3Url(settings_.Text("data"))) {
      options.batch_window_ms = kS3BatchWindowMs;
      options.read_ahead = kS3ReadAhead;
    }
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
  own_catalog_ = catalog_;
  if (const std::string writer = settings_.Text("services.writer"); local_catalog_ && !writer.empty()) {
    writers_catalog_ = catalog::ConnectCatalog(ways_.To(writer));
    forwarding_catalog_ = catalog::ForwardToWriter(*own_catalog_, *writers_catalog_);
    catalog_ = forwarding_catalog_.get();
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
    accepted_ = LH_TRY_WHILE(ProcessDirectory::Create(StatePath("accepted"), "uploads"), "take over uploads that were accepted");
    options.accepted = accepted_->path();
    secrets_ = OpenSecrets(settings_);
    local_ingest_ = LH_TRY(ingest::OpenLocalIngest({.catalog = *catalog_,
                                                    .store = *store_,
                                                    .cache = *cache_,
                                                    .workers = *ingest_workers_,
                                                    .query = *query_,
                                                    .metrics = metrics_,
                                                    .log = log_,
                                                    .secrets = secrets_.get(),
                                                    .errors = &errors_,
                                                    .error_archive = archive_.get()},
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
    local_vectors_ = vector::MakeLocalVectors(
        {.store = *store_, .cache = *cache_, .catalog = *own_catalog_, .metrics = metrics_, .log = log_}, std::move(options));
    vectors_ = local_vectors_.get();
    service = vector::ServeVectors(*local_vectors_);
  }
  if (auto* way = LH_TRY(WayTo(ServiceKind::kVector, service))) {
    remote_vectors_ = vector::ConnectVectors(*way);
    vectors_ = remote_vectors_.get();
  }
  if (local_vectors_ && local_catalog_) {  // what another process serves is that one's to settle
    if (const std::string writer = settings_.Text("services.writer"); !writer.empty())
      writers_vectors_ = vector::ConnectVectors(ways_.To(writer));
    following_vectors_ = vector::FollowWriter(*own_catalog_, *vectors_, writers_vectors_.get());
    vectors_ = following_vectors_.get();
  }
  profiled_vectors_ = vector::MakeProfiledVectors(*vectors_, *access_);
  return Ok{};
}

Status RunningNode::OpenEmbeddings() {
  if (!Here(ServiceKind::kGateway)) return Ok{};
  vector_cache_ = std::make_unique<embed::VectorCache>(
      embed::VectorCache::Options{.directory = StatePath("cache/embeddings"),
                                  .max_bytes = static_cast<std::uint64_t>(settings_.Integer("embed.cache"))},
      log_);
  std::vector<std::shared_ptr<embed::Embedder>> embedders;
  for (embed::ProviderOptions& options : ProvidersOptions(settings_)) {
    const std::string name(embed::WireName(options.kind));
    const std::uint32_t batch = options.batch;
    options.key = LH_TRY(FindSecret(settings_, "embed." + name + ".key"));
    auto provider = LH_TRY_WHILE(embed::MakeProvider(std::move(options)), "read the settings embed." + name + "_…");
    embedders.push_back(embed::MakeCached(std::move(provider), *vector_cache_, batch));
  }
  embedders.push_back(embed::MakeChargram());
  embeddings_ = std::make_unique<embed::Embeddings>(std::move(embedders), vector_cache_.get());
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
  if (ingest_ != nullptr)
    for (auto& table : ingest::MakeIngestTables(*ingest_, *catalog_, archive_.get())) own_system_tables_.push_back(std::move(table));
  if (vectors_ != nullptr) own_system_tables_.push_back(vector::MakeTrialsTable(*vectors_));
  for (const auto& table : own_system_tables_) system_tables_.Add(*table);
  return Ok{};
}

Status RunningNode::OpenAnswers() {
  if (!Here(ServiceKind::kGateway)) return Ok{};
  const auto loads = [this](const Context& context) { return LoadsUnderWay(context, *ingest_); };
  matrix_ = matrix::MakeLocalMatrix({.store = *store_,
                                     .catalog = *catalog_,
                                     .query = *query_,
                                     .vectors = *vectors_,
                                     .log = log_,
                                     .embeddings = embeddings_.get(),
                                     .errors = &errors_,
                                     .loads = loads},
                                    MatrixOptions(settings_));
  if (!settings_.Text("chat.provider").empty()) {
    chat::HttpChatOptions options = LH_TRY(ChatOptions(settings_));
    options.key = LH_TRY(FindSecret(settings_, "chat.key"));
    chat_ = LH_TRY(chat::MakeHttpChat(std::move(options)));
  }
  answers_ = std::make_unique<matrix::Answers>(
      matrix::AnswerParts{.matrix = *matrix_, .catalog = profiled_catalog_.get(), .query = query_, .chat = chat_.get(), .loads = loads});
  return Ok{};
}

void RunningNode::FollowCollections() {
  if (!cache_ || own_catalog_ == nullptr) return;
  catalog::CollectionFollower::Options options;
  options.mark_path = StatePath(CacheName()) + ".collected";
  if (local_catalog_) options.last_collection = [this] { return local_catalog_->LastCollection(); };
  machine_copies_ = std::make_unique<MachineCopies>(*cache_, local_query_.get(), ingest_workers_.get(), vector_cache_.get());
  if (local_upkeep_) local_upkeep_->ScrubAlso(machine_copies_.get());
  collections_ = std::make_unique<catalog::CollectionFollower>(*own_catalog_, *machine_copies_, log_, std::move(options));
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
  LH_TRY_WHILE(OpenEmbeddings(), "open the embedders");
  LH_TRY_WHILE(OpenSystemTables(), "open the tables of the system");
  LH_TRY_WHILE(OpenAnswers(), "prepare to answer questions");
  FollowCollections();
  auto listening = Listen();
  if (listening) return listening;
  return std::move(listening).TakeError().While("listen on " + settings_.Text("listen") +
                                                "; if something else does already: --listen HOST:PORT chooses another, port 0 a free one");
}

Result<std::unique_ptr<Node>> Node::Start(const Settings& settings, const std::set<ServiceKind>& services, Log& log, Metrics& metrics) {
  auto node = std::make_unique<RunningNode>(settings, services, log, metrics);
  LH_TRY(node->Open());
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace lakehouse::app
