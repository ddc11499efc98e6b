#include "lakehouse/vector/following_vectors.h"

namespace lakehouse::vector {
namespace {

class FollowingVectors final : public Vectors {
 public:
  FollowingVectors(catalog::Catalog& catalog, Vectors& own, Vectors* writer) : catalog_(catalog), own_(own), writer_(writer) {}

  Result<IndexInfo> CreateIndex(const Context& c, const CreateIndexRequest& r) override { return Change(&Vectors::CreateIndex, c, r); }
  Result<DropIndexResponse> DropIndex(const Context& c, const IndexRequest& r) override { return Change(&Vectors::DropIndex, c, r); }
  Result<AddResponse> Add(const Context& c, const AddRequest& r) override { return Change(&Vectors::Add, c, r); }
  Result<RemoveResponse> Remove(const Context& c, const RemoveRequest& r) override { return Change(&Vectors::Remove, c, r); }
  Result<MergeResponse> Merge(const Context& c, const MergeRequest& r) override { return Change(&Vectors::Merge, c, r); }
  Result<IndexInfo> Maintain(const Context& c, const MaintainRequest& r) override { return Change(&Vectors::Maintain, c, r); }
  Result<Trial> RunTrial(const Context& c, const TrialRequest& r) override { return Change(&Vectors::RunTrial, c, r); }
  Result<AutotuneResponse> Autotune(const Context& c, const AutotuneRequest& r) override { return Change(&Vectors::Autotune, c, r); }
  Result<PromotionState> Promote(const Context& c, const PromoteRequest& r) override { return Change(&Vectors::Promote, c, r); }
  Result<PromotionState> Rollback(const Context& c, const IndexRequest& r) override { return Change(&Vectors::Rollback, c, r); }

  Result<ListIndexesResponse> ListIndexes(const Context& c, const ListIndexesRequest& r) override {
    return Read(&Vectors::ListIndexes, c, r);
  }
  Result<IndexInfo> DescribeIndex(const Context& c, const IndexRequest& r) override { return Read(&Vectors::DescribeIndex, c, r); }
  Result<GetItemResponse> GetItem(const Context& c, const GetItemRequest& r) override { return Read(&Vectors::GetItem, c, r); }
  Result<SearchResponse> Search(const Context& c, const SearchRequest& r) override { return Read(&Vectors::Search, c, r); }
  std::optional<Result<SearchResponse>> SearchAtOnce(const Context& c, const SearchRequest& r) override {
    if (writer_ != nullptr) return std::nullopt;  // whose vectors are read is a question to the catalog
    return own_.SearchAtOnce(c, r);
  }
  Result<SearchBatchResponse> SearchBatch(const Context& c, const SearchBatchRequest& r) override {
    return Read(&Vectors::SearchBatch, c, r);
  }
  Result<TrialsResponse> ListTrials(const Context& c, const TrialsRequest& r) override { return Read(&Vectors::ListTrials, c, r); }
  Result<BestTrialResponse> BestTrial(const Context& c, const BestTrialRequest& r) override { return Read(&Vectors::BestTrial, c, r); }
  Result<PromotionState> LoadPromotions(const Context& c, const IndexRequest& r) override { return Read(&Vectors::LoadPromotions, c, r); }

 private:
  Result<bool> IsWriter(const Context& context) { return LH_TRY(catalog_.LoadStatus(context, {})).role == catalog::Role::kWriter; }

  template <typename Request, typename Response>
  Result<Response> Forward(Result<Response> (Vectors::*method)(const Context&, const Request&), const Context& context,
                           const Request& request) {
    auto done = (writer_->*method)(context, request);
    if (done) return done;
    return std::move(done).TakeError().While("ask the writer of the lake, which has the vectors");
  }

  template <typename Request, typename Response>
  Result<Response> Change(Result<Response> (Vectors::*method)(const Context&, const Request&), const Context& context,
                          const Request& request) {
    if (LH_TRY(IsWriter(context))) return (own_.*method)(context, request);
    if (writer_ != nullptr) return Forward(method, context, request);
    return Error(ErrorCode::kUnavailable,
                 "another process writes to this lake; send changes of vectors there, or name it here with the setting services.writer")
        .Named("not_writer");
  }

  template <typename Request, typename Response>
  Result<Response> Read(Result<Response> (Vectors::*method)(const Context&, const Request&), const Context& context,
                        const Request& request) {
    if (writer_ == nullptr || LH_TRY(IsWriter(context))) return (own_.*method)(context, request);
    return Forward(method, context, request);
  }

  catalog::Catalog& catalog_;
  Vectors& own_;
  Vectors* const writer_;
};

}  // namespace

std::unique_ptr<Vectors> FollowWriter(catalog::Catalog& catalog, Vectors& own, Vectors* writer) {
  return std::make_unique<FollowingVectors>(catalog, own, writer);
}

}  // namespace lakehouse::vector
