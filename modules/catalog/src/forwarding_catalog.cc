#include "lakehouse/catalog/forwarding_catalog.h"

namespace lakehouse::catalog {
namespace {

bool IsTheWritersTask(const Error& error) { return error.reason() == "not_writer" || error.reason() == "fenced"; }

class ForwardingCatalog final : public Catalog {
 public:
  ForwardingCatalog(Catalog& own, Catalog& writer) : own_(own), writer_(writer) {}

  Result<CommitResponse> Commit(const Context& c, const CommitRequest& r) override { return Change(&Catalog::Commit, c, r); }
  Result<RegisterResponse> Register(const Context& c, const RegisterRequest& r) override { return Change(&Catalog::Register, c, r); }
  Result<ChangeAccessResponse> ChangeAccess(const Context& c, const ChangeAccessRequest& r) override {
    return Change(&Catalog::ChangeAccess, c, r);
  }
  Result<CollectGarbageResponse> CollectGarbage(const Context& c, const CollectGarbageRequest& r) override {
    return Change(&Catalog::CollectGarbage, c, r);
  }

  Result<ResolveResponse> Resolve(const Context& c, const ResolveRequest& r) override { return own_.Resolve(c, r); }
  Result<ListDatasetsResponse> ListDatasets(const Context& c, const ListDatasetsRequest& r) override { return own_.ListDatasets(c, r); }
  Result<DescribeResponse> Describe(const Context& c, const DescribeRequest& r) override { return own_.Describe(c, r); }
  Result<HistoryResponse> History(const Context& c, const HistoryRequest& r) override { return own_.History(c, r); }
  Result<DiffResponse> Diff(const Context& c, const DiffRequest& r) override { return own_.Diff(c, r); }
  Result<ReadRecordsResponse> ReadRecords(const Context& c, const ReadRecordsRequest& r) override { return own_.ReadRecords(c, r); }
  Result<StatusResponse> LoadStatus(const Context& c, const StatusRequest& r) override { return own_.LoadStatus(c, r); }
  Result<LoadProfileResponse> LoadProfile(const Context& c, const LoadProfileRequest& r) override { return own_.LoadProfile(c, r); }
  Result<LoadAccessResponse> LoadAccess(const Context& c, const LoadAccessRequest& r) override { return own_.LoadAccess(c, r); }

 private:
  template <typename Request, typename Response>
  Result<Response> Change(Result<Response> (Catalog::*method)(const Context&, const Request&), const Context& context,
                          const Request& request) {
    auto done = (own_.*method)(context, request);
    if (done || !IsTheWritersTask(done.error())) return done;
    auto forwarded = (writer_.*method)(context, request);
    if (forwarded) return forwarded;
    return std::move(forwarded).TakeError().While("send the change to the writer of the lake");
  }

  Catalog& own_;
  Catalog& writer_;
};

}  // namespace

std::unique_ptr<Catalog> ForwardToWriter(Catalog& own, Catalog& writer) { return std::make_unique<ForwardingCatalog>(own, writer); }

}  // namespace lakehouse::catalog
