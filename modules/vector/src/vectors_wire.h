#pragma once
#include <bit>
#include <cstring>

#include "lakehouse/net/methods.h"
#include "lakehouse/vector/vectors.h"

/// The JSON form of the service's values and the table of its methods.
namespace lakehouse {

static_assert(std::endian::native == std::endian::little);

/// A vector between processes: base64 of its little-endian float32 values, a tenth of the work of digits. Public routes take digits.
template <>
struct JsonCodec<std::vector<float>> {
  static Status Read(const JsonValue& value, const JsonPath& path, std::vector<float>& out) {
    Bytes octets;
    LH_TRY(ReadBytes(value, path, octets));
    if (octets.size() % sizeof(float) != 0)
      return Error(ErrorCode::kInvalidArgument, path.ToString() + ": " + std::to_string(octets.size()) + " octets are no float32 values");
    out.resize(octets.size() / sizeof(float));
    if (!octets.empty()) std::memcpy(out.data(), octets.data(), octets.size());
    return Ok{};
  }
  static void Write(JsonWriter& writer, const std::vector<float>& in) {
    Bytes octets(in.size() * sizeof(float));
    if (!in.empty()) std::memcpy(octets.data(), in.data(), octets.size());
    writer.String(ToBase64(octets));
  }
};

}  // namespace lakehouse

namespace lakehouse::vector {

BOOST_DESCRIBE_STRUCT(CreateIndexRequest, (), (name, dimension, metric, bucket))
BOOST_DESCRIBE_STRUCT(IndexInfo, (),
                      (name, dimension, metric, length, state, problem, dataset, bucket, generation, log_sequence, log_batches, log_bytes,
                       mode, rows, trained_rows, lists, longest_list, median_list, outliers, probe, rescore, target_recall, recall,
                       trainings, memory_bytes, row_bytes, kernels))
BOOST_DESCRIBE_STRUCT(IndexRequest, (), (name))
BOOST_DESCRIBE_STRUCT(DropIndexResponse, (), ())
BOOST_DESCRIBE_STRUCT(ListIndexesRequest, (), ())
BOOST_DESCRIBE_STRUCT(ListIndexesResponse, (), (indexes))
BOOST_DESCRIBE_STRUCT(Item, (), (id, vector, metadata))
BOOST_DESCRIBE_STRUCT(AddRequest, (), (name, items))
BOOST_DESCRIBE_STRUCT(AddResponse, (), (added, updated, length))
BOOST_DESCRIBE_STRUCT(RemoveRequest, (), (name, ids))
BOOST_DESCRIBE_STRUCT(RemoveResponse, (), (removed, length))
BOOST_DESCRIBE_STRUCT(GetItemRequest, (), (name, id))
BOOST_DESCRIBE_STRUCT(GetItemResponse, (), (item))
BOOST_DESCRIBE_STRUCT(SearchFilter, (), (ids, metadata))
BOOST_DESCRIBE_STRUCT(SearchOptions, (), (k, exact, min_recall, filter))
BOOST_DESCRIBE_STRUCT(SearchRequest, (), (name, vector, options))
BOOST_DESCRIBE_STRUCT(Hit, (), (id, distance, metadata))
BOOST_DESCRIBE_STRUCT(SearchResponse, (), (results, path))
BOOST_DESCRIBE_STRUCT(SearchBatchRequest, (), (name, vectors, options))
BOOST_DESCRIBE_STRUCT(SearchBatchResponse, (), (searches))
BOOST_DESCRIBE_STRUCT(MergeRequest, (), (source, dest, clear_source))
BOOST_DESCRIBE_STRUCT(MergeResponse, (), (merged, skipped, cleared, length))
BOOST_DESCRIBE_STRUCT(MaintainRequest, (), (name, retrain, compact))
BOOST_DESCRIBE_STRUCT(IndexConfig, (), (target_recall, lists, seed))
BOOST_DESCRIBE_STRUCT(Trial, (),
                      (id, index, origin, run, min_recall, principal, time_micros, config, items, queries, k, recall, p50_us, p99_us,
                       build_ms, memory_bytes, mode, lists, probe, rescore))
BOOST_DESCRIBE_STRUCT(TrialRequest, (), (name, config, queries, k))
BOOST_DESCRIBE_STRUCT(TrialsRequest, (), (name, limit))
BOOST_DESCRIBE_STRUCT(TrialsResponse, (), (trials))
BOOST_DESCRIBE_STRUCT(BestTrialRequest, (), (name, min_recall))
BOOST_DESCRIBE_STRUCT(BestTrialResponse, (), (trial))
BOOST_DESCRIBE_STRUCT(AutotuneRequest, (), (name, min_recall, grid, queries, budget))
BOOST_DESCRIBE_STRUCT(AutotuneResponse, (), (run, trials, winner))
BOOST_DESCRIBE_STRUCT(Promotion, (), (trial_id, config, recall, promoted_by, note, time_micros))
BOOST_DESCRIBE_STRUCT(PromoteRequest, (), (name, trial_id, promoted_by, note, min_recall))
BOOST_DESCRIBE_STRUCT(PromotionState, (), (current, history))

using VectorMethods =
    net::Methods<"vector", net::Method<"CreateIndex", &Vectors::CreateIndex>, net::Method<"DropIndex", &Vectors::DropIndex>,
                 net::Method<"ListIndexes", &Vectors::ListIndexes>, net::Method<"DescribeIndex", &Vectors::DescribeIndex>,
                 net::Method<"Add", &Vectors::Add>, net::Method<"Remove", &Vectors::Remove>, net::Method<"GetItem", &Vectors::GetItem>,
                 net::Method<"Search", &Vectors::Search>, net::Method<"SearchBatch", &Vectors::SearchBatch>,
                 net::Method<"Merge", &Vectors::Merge>, net::Method<"Maintain", &Vectors::Maintain>,
                 net::Method<"RunTrial", &Vectors::RunTrial>, net::Method<"ListTrials", &Vectors::ListTrials>,
                 net::Method<"BestTrial", &Vectors::BestTrial>, net::Method<"Autotune", &Vectors::Autotune>,
                 net::Method<"Promote", &Vectors::Promote>, net::Method<"Rollback", &Vectors::Rollback>,
                 net::Method<"LoadPromotions", &Vectors::LoadPromotions>>;

}  // namespace lakehouse::vector
