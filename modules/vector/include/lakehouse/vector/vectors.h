#pragma once
#include <optional>

#include "lakehouse/base/context.h"
#include "lakehouse/vector/vectors_types.h"

namespace lakehouse::vector {

/// Named collections of vectors with an id and metadata each, and the search for the nearest of them. Thread-safe. Callers cannot tell
/// where it runs: every method may fail with kDeadlineExceeded or kCancelled, with kUnavailable (retry) or kOutcomeUnknown (look before
/// you retry). Changes of items that are unknown may come, whole and before any later ones; what is refused as "not_stored" never does.
///
/// A success of Create, Drop, Add, Remove, Merge, Promote or Rollback is durable, and the next search sees it.
/// kNotFound, reason "index_not_found", with the nearest name: of every method that names an index. kCorruption: what is stored of the
/// index is damaged; its other methods fail alike until a human has looked. Every implementation passes vector_testing/vectors_contract.h.
class Vectors {
 public:
  virtual ~Vectors() = default;

  /// kAlreadyExists, reason "index_exists", or "dataset_exists" where a table has the name that the embeddings would get.
  /// kInvalidArgument: the name, dimension or metric. kNotFound, reason "unknown_bucket".
  virtual Result<IndexInfo> CreateIndex(const Context& context, const CreateIndexRequest& request) = 0;
  virtual Result<DropIndexResponse> DropIndex(const Context& context, const IndexRequest& request) = 0;
  virtual Result<ListIndexesResponse> ListIndexes(const Context& context, const ListIndexesRequest& request) = 0;
  virtual Result<IndexInfo> DescribeIndex(const Context& context, const IndexRequest& request) = 0;

  /// Adds or replaces items, all or none; of several with one id the last counts. kInvalidArgument names the position of the item:
  /// its id, metadata, or vector ("wrong_dimension", "not_finite", "zero_norm"). kTooLarge: more than one request may bring.
  virtual Result<AddResponse> Add(const Context& context, const AddRequest& request) = 0;
  /// Ids that are not there count nothing.
  virtual Result<RemoveResponse> Remove(const Context& context, const RemoveRequest& request) = 0;
  /// kNotFound, reason "item_not_found".
  virtual Result<GetItemResponse> GetItem(const Context& context, const GetItemRequest& request) = 0;

  /// Always min(k, matching items) results. kInvalidArgument: k, the vector, the filter.
  virtual Result<SearchResponse> Search(const Context& context, const SearchRequest& request) = 0;
  /// As Search, when that takes no waiting and less than a millisecond; else nothing, and Search is to be called on a thread that may wait.
  virtual std::optional<Result<SearchResponse>> SearchAtOnce(const Context& context, const SearchRequest& request) = 0;
  virtual Result<SearchBatchResponse> SearchBatch(const Context& context, const SearchBatchRequest& request) = 0;

  /// Brings what the destination lacks from the source; the source is cleared of what the destination then has. Repeating it after a
  /// failure is safe. kInvalidArgument: both are one; their dimensions or metrics differ.
  virtual Result<MergeResponse> Merge(const Context& context, const MergeRequest& request) = 0;
  /// Writes what is in the log only as a generation, now. Happens by itself in time.
  virtual Result<IndexInfo> Maintain(const Context& context, const MaintainRequest& request) = 0;

  /// Builds the configuration beside the index, measures it against exact answers, and keeps what was found.
  virtual Result<Trial> RunTrial(const Context& context, const TrialRequest& request) = 0;
  virtual Result<TrialsResponse> ListTrials(const Context& context, const TrialsRequest& request) = 0;
  virtual Result<BestTrialResponse> BestTrial(const Context& context, const BestTrialRequest& request) = 0;
  virtual Result<AutotuneResponse> Autotune(const Context& context, const AutotuneRequest& request) = 0;
  /// Builds the trial's configuration over what there is now, measures it, and swaps it in while searches go on.
  /// kUnprocessable, reason "recall_too_low": measured below min_recall, nothing has changed. kNotFound "trial_not_found".
  virtual Result<PromotionState> Promote(const Context& context, const PromoteRequest& request) = 0;
  /// To what was promoted before, or the defaults; without a rebuild as long as the former index is still there. kConflict, reason
  /// "nothing_promoted".
  virtual Result<PromotionState> Rollback(const Context& context, const IndexRequest& request) = 0;
  virtual Result<PromotionState> LoadPromotions(const Context& context, const IndexRequest& request) = 0;
};

}  // namespace lakehouse::vector
