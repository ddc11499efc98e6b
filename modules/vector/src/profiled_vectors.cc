#include "lakehouse/vector/profiled_vectors.h"

#include <algorithm>

#include "generation_store.h"

namespace lakehouse::vector {
namespace {

using catalog::Sight;

Error ClosedToProfile() {
  return Error(ErrorCode::kPermissionDenied,
               "the profile of this API key hides data: a key like that searches the indexes it sees whole, and changes none")
      .Named("profile_restricted");
}

/// The same words whether the index is hidden or not there, and no name of another one.
Error NotForThisKey(const std::string& name) {
  return Error(ErrorCode::kNotFound, "there is no index \"" + name + "\" for this API key").Named("index_not_found");
}

class ProfiledVectors final : public Vectors {
 public:
  ProfiledVectors(Vectors& vectors, catalog::AccessBook& book) : vectors_(vectors), book_(book) {}

  Result<IndexInfo> CreateIndex(const Context& context, const CreateIndexRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (sight.restricted()) return ClosedToProfile();
    if (sight.bucket().empty()) return vectors_.CreateIndex(context, request);
    if (request.bucket && *request.bucket != sight.bucket())
      return Error(ErrorCode::kPermissionDenied, "the profile of this API key binds it to bucket \"" + sight.bucket() + "\"")
          .Named("bucket_not_allowed");
    CreateIndexRequest bound = request;
    bound.bucket = sight.bucket();
    return vectors_.CreateIndex(context, bound);
  }
  Result<DropIndexResponse> DropIndex(const Context& c, const IndexRequest& r) override { return Unhidden(&Vectors::DropIndex, c, r); }
  Result<AddResponse> Add(const Context& c, const AddRequest& r) override { return Unhidden(&Vectors::Add, c, r); }
  Result<RemoveResponse> Remove(const Context& c, const RemoveRequest& r) override { return Unhidden(&Vectors::Remove, c, r); }
  Result<MergeResponse> Merge(const Context& c, const MergeRequest& r) override { return Unhidden(&Vectors::Merge, c, r); }
  Result<IndexInfo> Maintain(const Context& c, const MaintainRequest& r) override { return Unhidden(&Vectors::Maintain, c, r); }
  Result<Trial> RunTrial(const Context& c, const TrialRequest& r) override { return Unhidden(&Vectors::RunTrial, c, r); }
  Result<TrialsResponse> ListTrials(const Context& c, const TrialsRequest& r) override { return Unhidden(&Vectors::ListTrials, c, r); }
  Result<BestTrialResponse> BestTrial(const Context& c, const BestTrialRequest& r) override { return Unhidden(&Vectors::BestTrial, c, r); }
  Result<AutotuneResponse> Autotune(const Context& c, const AutotuneRequest& r) override { return Unhidden(&Vectors::Autotune, c, r); }
  Result<PromotionState> Promote(const Context& c, const PromoteRequest& r) override { return Unhidden(&Vectors::Promote, c, r); }
  Result<PromotionState> Rollback(const Context& c, const IndexRequest& r) override { return Unhidden(&Vectors::Rollback, c, r); }
  Result<PromotionState> LoadPromotions(const Context& c, const IndexRequest& r) override {
    return Unhidden(&Vectors::LoadPromotions, c, r);
  }

  Result<ListIndexesResponse> ListIndexes(const Context& context, const ListIndexesRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    ListIndexesResponse listed = LH_TRY(vectors_.ListIndexes(context, request));
    std::erase_if(listed.indexes, [&](const IndexInfo& info) { return !sight.SeesWhole(DatasetOf(info.name)); });
    return listed;
  }
  Result<IndexInfo> DescribeIndex(const Context& c, const IndexRequest& r) override { return Seen(&Vectors::DescribeIndex, c, r); }
  Result<GetItemResponse> GetItem(const Context& c, const GetItemRequest& r) override { return Seen(&Vectors::GetItem, c, r); }
  Result<SearchResponse> Search(const Context& c, const SearchRequest& r) override { return Seen(&Vectors::Search, c, r); }
  Result<SearchBatchResponse> SearchBatch(const Context& c, const SearchBatchRequest& r) override {
    return Seen(&Vectors::SearchBatch, c, r);
  }
  std::optional<Result<SearchResponse>> SearchAtOnce(const Context& context, const SearchRequest& request) override {
    // What is known, as the edge itself does; to ask the catalog may take waiting.
    if (context.principal.starts_with(catalog::kKeyPrincipal)) {
      const auto sight = book_.Known()->SightOf(context.principal);
      if (!sight || sight->restricted()) return std::nullopt;
    }
    return vectors_.SearchAtOnce(context, request);
  }

 private:
  template <typename Request, typename Response>
  Result<Response> Unhidden(Result<Response> (Vectors::*method)(const Context&, const Request&), const Context& context,
                            const Request& request) {
    if (LH_TRY(book_.SightOf(context)).restricted()) return ClosedToProfile();
    return (vectors_.*method)(context, request);
  }

  template <typename Request, typename Response>
  Result<Response> Seen(Result<Response> (Vectors::*method)(const Context&, const Request&), const Context& context,
                        const Request& request) {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (!sight.restricted()) return (vectors_.*method)(context, request);
    const std::string dataset = DatasetOf(request.name);
    if (!sight.MaySee(dataset)) return NotForThisKey(request.name);
    if (!sight.SeesWhole(dataset)) return ClosedToProfile();
    auto answer = (vectors_.*method)(context, request);
    if (!answer && answer.error().reason() == "index_not_found") return NotForThisKey(request.name);
    return answer;
  }

  Vectors& vectors_;
  catalog::AccessBook& book_;
};

}  // namespace

std::unique_ptr<Vectors> MakeProfiledVectors(Vectors& vectors, catalog::AccessBook& book) {
  return std::make_unique<ProfiledVectors>(vectors, book);
}

}  // namespace lakehouse::vector
