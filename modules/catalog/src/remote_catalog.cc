#include "lakehouse/catalog/remote_catalog.h"

#include "catalog_wire.h"

namespace lakehouse::catalog {
namespace {

class RemoteCatalog final : public Catalog, net::Remote<CatalogMethods> {
 public:
  explicit RemoteCatalog(net::Transport& transport) : Remote(transport) {}

  Result<CommitResponse> Commit(const Context& c, const CommitRequest& r) override { return Call<&Catalog::Commit>(c, r); }
  Result<RegisterResponse> Register(const Context& c, const RegisterRequest& r) override { return Call<&Catalog::Register>(c, r); }
  Result<ResolveResponse> Resolve(const Context& c, const ResolveRequest& r) override { return Call<&Catalog::Resolve>(c, r); }
  Result<ListDatasetsResponse> ListDatasets(const Context& c, const ListDatasetsRequest& r) override {
    return Call<&Catalog::ListDatasets>(c, r);
  }
  Result<DescribeResponse> Describe(const Context& c, const DescribeRequest& r) override { return Call<&Catalog::Describe>(c, r); }
  Result<HistoryResponse> History(const Context& c, const HistoryRequest& r) override { return Call<&Catalog::History>(c, r); }
  Result<DiffResponse> Diff(const Context& c, const DiffRequest& r) override { return Call<&Catalog::Diff>(c, r); }
  Result<ReadRecordsResponse> ReadRecords(const Context& c, const ReadRecordsRequest& r) override {
    return Call<&Catalog::ReadRecords>(c, r);
  }
  Result<StatusResponse> LoadStatus(const Context& c, const StatusRequest& r) override { return Call<&Catalog::LoadStatus>(c, r); }
  Result<LoadProfileResponse> LoadProfile(const Context& c, const LoadProfileRequest& r) override {
    return Call<&Catalog::LoadProfile>(c, r);
  }
  Result<CollectGarbageResponse> CollectGarbage(const Context& c, const CollectGarbageRequest& r) override {
    return Call<&Catalog::CollectGarbage>(c, r);
  }
  Result<LoadAccessResponse> LoadAccess(const Context& c, const LoadAccessRequest& r) override { return Call<&Catalog::LoadAccess>(c, r); }
  Result<ChangeAccessResponse> ChangeAccess(const Context& c, const ChangeAccessRequest& r) override {
    return Call<&Catalog::ChangeAccess>(c, r);
  }
};

}  // namespace

std::unique_ptr<Catalog> ConnectCatalog(net::Transport& transport) { return std::make_unique<RemoteCatalog>(transport); }
net::Service ServeCatalog(Catalog& catalog) { return net::Serve<CatalogMethods>(catalog); }

}  // namespace lakehouse::catalog
