#pragma once

// Private to the node: the class is declared here because its two halves stand in two files.
// node.cc opens the services that run here or the ways to those that do not; node_edge.cc makes of them what callers meet: routes, pages,
// the listener.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/catalog/access_book.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/collection_follower.h"
#include "lakehouse/catalog/local_catalog.h"
#include "lakehouse/catalog/system_table.h"
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/chat/chat_provider.h"
#include "lakehouse/embed/embeddings.h"
#include "lakehouse/engine/parquet_table.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/journal/journal.h"
#include "lakehouse/matrix/answers.h"
#include "lakehouse/matrix/matrix.h"
#include "lakehouse/net/debug_routes.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/query/local_query.h"
#include "lakehouse/query/remote_query.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/bucket_store.h"
#include "lakehouse/storage/error_archive.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/quarantine.h"
#include "lakehouse/storage/storage_service.h"
#include "lakehouse/ui/ui.h"
#include "lakehouse/vector/vectors.h"
#include "machine_copies.h"
#include "node.h"
#include "process_directory.h"
#include "ways.h"
#include "worker_report.h"

namespace lakehouse::app {

/// Everything that runs in this process. Members stand in the order in which they are built; they go in reverse.
class RunningNode final : public Node {
 public:
  RunningNode(const Settings& settings, std::set<ServiceKind> services, Log& log, Metrics& metrics)
      : settings_(settings), services_(std::move(services)), log_(log), metrics_(metrics) {}
  ~RunningNode() override {
    Stop(0);
    if (local_upkeep_) local_upkeep_->ScrubAlso(nullptr);
  }

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
  /// Of the copies of objects, in the state directory: daemons that share it have each their own.
  std::string CacheName() const {
    return Here(ServiceKind::kQuery) ? "cache/queryd" : Here(ServiceKind::kIngest) ? "cache/ingestd" : "cache/vectord";
  }
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
  Status OpenEmbeddings();
  Status OpenSystemTables();
  Status OpenAnswers();  ///< after all that they show
  void FollowCollections();
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
  std::unique_ptr<ProcessDirectory> accepted_;  ///< of an ingest: outlives the process
  Secret internal_key_;
  Secret token_, token_secondary_;
  Ways ways_{internal_key_};
  std::unique_ptr<SecretsProvider> secrets_;
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
  catalog::Catalog* own_catalog_ = nullptr;  ///< forwards nothing: for what only the writer's process may change
  std::unique_ptr<catalog::Catalog> writers_catalog_, forwarding_catalog_;
  catalog::Catalog* catalog_ = nullptr;
  std::unique_ptr<catalog::LocalUpkeep> local_upkeep_;
  std::unique_ptr<catalog::Upkeep> remote_upkeep_;
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

  std::unique_ptr<vector::Vectors> local_vectors_, remote_vectors_, writers_vectors_, following_vectors_, profiled_vectors_;
  vector::Vectors* vectors_ = nullptr;

  std::unique_ptr<embed::VectorCache> vector_cache_;
  std::unique_ptr<embed::Embeddings> embeddings_;  ///< in the gateway's process
  std::unique_ptr<matrix::Matrix> matrix_;         ///< in the gateway's process, over services wherever they run
  std::unique_ptr<chat::ChatProvider> chat_;
  std::unique_ptr<matrix::Answers> answers_;

  std::unique_ptr<MachineCopies> machine_copies_;
  std::unique_ptr<catalog::CollectionFollower> collections_;

  std::unique_ptr<net::Dispatcher> dispatcher_;
  net::RequestLog requests_;
  std::unique_ptr<net::Sessions> sessions_;
  std::unique_ptr<ui::Ui> ui_;
  net::RouteTable routes_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace lakehouse::app
