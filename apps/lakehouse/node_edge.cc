#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/access_routes.h"
#include "lakehouse/catalog/catalog_routes.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/catalog/remote_catalog.h"
#include "lakehouse/embed/embed_routes.h"
#include "lakehouse/gateway/gateway_routes.h"
#include "lakehouse/ingest/ingest_routes.h"
#include "lakehouse/ingest/remote_ingest.h"
#include "lakehouse/ingest/tombstone_routes.h"
#include "lakehouse/journal/journal_routes.h"
#include "lakehouse/journal/remote_journal.h"
#include "lakehouse/matrix/ask_routes.h"
#include "lakehouse/matrix/hybrid.h"
#include "lakehouse/matrix/matrix_routes.h"
#include "lakehouse/query/hot_routes.h"
#include "lakehouse/query/paged_routes.h"
#include "lakehouse/query/query_routes.h"
#include "lakehouse/storage/storage_routes.h"
#include "lakehouse/vector/remote_vectors.h"
#include "lakehouse/vector/vector_routes.h"
#include "listen_address.h"
#include "local_commands.h"
#include "recorded_routes.h"
#include "running_node.h"
#include "service_options.h"
#include "version.h"

namespace lakehouse::app {

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
  if (gateway || Here(ServiceKind::kVector)) add(ServiceKind::kVector, vector::VectorRoutes(*profiled_vectors_, true));
  if (gateway) add(ServiceKind::kGateway, embed::EmbedRoutes(*embeddings_));
  if (gateway) add(ServiceKind::kGateway, matrix::MatrixRoutes(*matrix_));
  if (gateway) add(ServiceKind::kGateway, matrix::AskRoutes(*answers_));
  if (gateway) add(ServiceKind::kGateway, matrix::HybridRoutes({.matrix = *matrix_, .query = *query_, .answers = *answers_}));
  return RecordFailures(std::move(all), errors_);
}

std::vector<net::Route> RunningNode::Pages(const std::string& openapi) {
  std::function<Result<catalog::FsckReport>(const Context&)> check_lake;
  if (table_codec_)
    check_lake = [this](const Context& context) {
      return catalog::RunFsck(context, *store_, *table_codec_, {.level = catalog::FsckLevel::kReachable});
    };
  ui_ = std::make_unique<ui::Ui>(ui::UiParts{.catalog = *profiled_catalog_,
                                             .query = *query_,
                                             .queries = *query_log_,
                                             .ingest = *ingest_,
                                             .journal = *journal_,
                                             .vectors = vectors_,
                                             .matrix = matrix_.get(),
                                             .answers = answers_.get(),
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
                                             .upkeep = upkeep_,
                                             .check_lake = std::move(check_lake),
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

}  // namespace lakehouse::app
