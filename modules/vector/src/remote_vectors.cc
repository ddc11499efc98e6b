#include "lakehouse/vector/remote_vectors.h"

#include "vectors_wire.h"

namespace lakehouse::vector {
namespace {

class RemoteVectors final : public Vectors, net::Remote<VectorMethods> {
 public:
  explicit RemoteVectors(net::Transport& transport) : Remote(transport) {}

  Result<IndexInfo> CreateIndex(const Context& c, const CreateIndexRequest& r) override { return Call<&Vectors::CreateIndex>(c, r); }
  Result<DropIndexResponse> DropIndex(const Context& c, const IndexRequest& r) override { return Call<&Vectors::DropIndex>(c, r); }
  Result<ListIndexesResponse> ListIndexes(const Context& c, const ListIndexesRequest& r) override {
    return Call<&Vectors::ListIndexes>(c, r);
  }
  Result<IndexInfo> DescribeIndex(const Context& c, const IndexRequest& r) override { return Call<&Vectors::DescribeIndex>(c, r); }
  Result<AddResponse> Add(const Context& c, const AddRequest& r) override { return Call<&Vectors::Add>(c, r); }
  Result<RemoveResponse> Remove(const Context& c, const RemoveRequest& r) override { return Call<&Vectors::Remove>(c, r); }
  Result<GetItemResponse> GetItem(const Context& c, const GetItemRequest& r) override { return Call<&Vectors::GetItem>(c, r); }
  Result<SearchResponse> Search(const Context& c, const SearchRequest& r) override { return Call<&Vectors::Search>(c, r); }
  std::optional<Result<SearchResponse>> SearchAtOnce(const Context&, const SearchRequest&) override { return std::nullopt; }
  Result<SearchBatchResponse> SearchBatch(const Context& c, const SearchBatchRequest& r) override {
    return Call<&Vectors::SearchBatch>(c, r);
  }
  Result<MergeResponse> Merge(const Context& c, const MergeRequest& r) override { return Call<&Vectors::Merge>(c, r); }
  Result<IndexInfo> Maintain(const Context& c, const MaintainRequest& r) override { return Call<&Vectors::Maintain>(c, r); }
  Result<Trial> RunTrial(const Context& c, const TrialRequest& r) override { return Call<&Vectors::RunTrial>(c, r); }
  Result<TrialsResponse> ListTrials(const Context& c, const TrialsRequest& r) override { return Call<&Vectors::ListTrials>(c, r); }
  Result<BestTrialResponse> BestTrial(const Context& c, const BestTrialRequest& r) override { return Call<&Vectors::BestTrial>(c, r); }
  Result<AutotuneResponse> Autotune(const Context& c, const AutotuneRequest& r) override { return Call<&Vectors::Autotune>(c, r); }
  Result<PromotionState> Promote(const Context& c, const PromoteRequest& r) override { return Call<&Vectors::Promote>(c, r); }
  Result<PromotionState> Rollback(const Context& c, const IndexRequest& r) override { return Call<&Vectors::Rollback>(c, r); }
  Result<PromotionState> LoadPromotions(const Context& c, const IndexRequest& r) override { return Call<&Vectors::LoadPromotions>(c, r); }
};

}  // namespace

std::unique_ptr<Vectors> ConnectVectors(net::Transport& transport) { return std::make_unique<RemoteVectors>(transport); }
net::Service ServeVectors(Vectors& vectors) { return net::Serve<VectorMethods>(vectors); }

}  // namespace lakehouse::vector
