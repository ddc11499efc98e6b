#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/raw_json.h"

/// The values of the service over the index. A field that may be missing is std::optional; all others are required on the wire.
namespace lakehouse::vector {

inline constexpr std::size_t kMaxItemsPerRequest = 10'000;
inline constexpr std::size_t kMaxIdBytes = 512;
inline constexpr std::size_t kMaxMetadataBytes = 64 << 10;  ///< of one item, as JSON text
inline constexpr std::size_t kMaxSearchesPerRequest = 1'000;
/// Of one request's items once encoded: what one object of the log may take.
inline constexpr std::size_t kMaxBatchBytes = 64 << 20;

struct CreateIndexRequest {
  std::string name;  ///< as of a dataset; the embeddings are the dataset "vectors_<name>"
  std::uint32_t dimension = 0;
  std::string metric = "cosine";  ///< "cosine", "dot", "euclidean"
  /// Where its embeddings are kept; absent: in primary. Its log and what is derived stay there.
  std::optional<std::string> bucket;
};

/// An index as one sees it in a list.
struct IndexInfo {
  std::string name;
  std::uint32_t dimension = 0;
  std::string metric;
  std::uint64_t length = 0;  ///< items
  std::string state;         ///< "ready", "opening", "failed"
  std::optional<std::string> problem;
  std::string dataset;             ///< where the embeddings are, for SQL
  std::string bucket;              ///< where their files are
  std::int64_t generation = 0;     ///< version of that dataset
  std::uint64_t log_sequence = 0;  ///< the last batch that is applied
  std::uint64_t log_batches = 0;   ///< not yet in a generation
  std::uint64_t log_bytes = 0;
  std::string mode;        ///< how it searches: "scan", "flat", "inverted"
  std::uint32_t rows = 0;  ///< with those that were replaced or removed
  std::uint32_t trained_rows = 0;
  std::uint32_t lists = 0, longest_list = 0, median_list = 0, outliers = 0;
  std::uint32_t probe = 0, rescore = 0;  ///< what a search without parameters uses
  double target_recall = 0;
  double recall = 0;               ///< recall@10 as measured when it was trained; 1 where searches are exact
  std::uint32_t trainings = 0;     ///< since it was opened
  std::uint64_t memory_bytes = 0;  ///< of codes, lists, names and metadata
  std::uint64_t row_bytes = 0;     ///< of float32 rows, mapped or not
  std::string kernels;
};
struct IndexRequest {
  std::string name;
};
struct DropIndexResponse {};
struct ListIndexesRequest {};
struct ListIndexesResponse {
  std::vector<IndexInfo> indexes;  ///< by name
};

struct Item {
  std::string id;
  std::vector<float> vector;
  std::optional<RawJson> metadata;  ///< an object; absent: what the item had stays
};
struct AddRequest {
  std::string name;
  std::vector<Item> items;
};
struct AddResponse {
  std::uint64_t added = 0;    ///< items that were not there
  std::uint64_t updated = 0;  ///< items that were
  std::uint64_t length = 0;   ///< of the index afterwards
};
struct RemoveRequest {
  std::string name;
  std::vector<std::string> ids;
};
struct RemoveResponse {
  std::uint64_t removed = 0;
  std::uint64_t length = 0;
};
struct GetItemRequest {
  std::string name;
  std::string id;
};
struct GetItemResponse {
  Item item;
};

/// What a search may answer with; all that is given must hold.
struct SearchFilter {
  std::optional<std::vector<std::string>> ids;
  /// {"state":"IL","role":["welder","fitter"]}: the item's value under each key is the given one, or one of the given ones; a list
  /// under a key of an item fits when one of its elements does.
  std::optional<RawJson> metadata;
};
struct SearchOptions {
  std::uint32_t k = 10;
  bool exact = false;
  std::optional<double> min_recall;
  std::optional<SearchFilter> filter;
};
struct SearchRequest {
  std::string name;
  std::vector<float> vector;
  SearchOptions options;
};
struct Hit {
  std::string id;
  float distance = 0;
  std::optional<RawJson> metadata;
};
struct SearchResponse {
  std::vector<Hit> results;  ///< nearest first; min(k, matching items) of them
  std::string path;          ///< how they were found: "lists", "candidates"…
};
struct SearchBatchRequest {
  std::string name;
  std::vector<std::vector<float>> vectors;
  SearchOptions options;
};
struct SearchBatchResponse {
  std::vector<SearchResponse> searches;  ///< in the order asked
};

struct MergeRequest {
  std::string source;
  std::string dest;
  bool clear_source = false;
};
struct MergeResponse {
  std::uint64_t merged = 0;
  std::uint64_t skipped = 0;  ///< the destination had them already
  std::uint64_t cleared = 0;
  std::uint64_t length = 0;  ///< of the destination
};

struct MaintainRequest {
  std::string name;
  bool retrain = false;  ///< also when nothing asks for it
  bool compact = false;  ///< rewrite the rows without the dead ones, also when nothing asks for it
};

/// What an index is built with, and searched with by default. Absent: calibration chooses.
struct IndexConfig {
  std::optional<double> target_recall;
  std::optional<std::uint32_t> lists;
  std::optional<std::uint64_t> seed;
  bool operator==(const IndexConfig&) const = default;
};
/// One configuration, built beside the index and measured. Kept for ever.
struct Trial {
  std::string id;
  std::string index;
  std::string origin;                ///< "manual", "autotune" (a grid), "agent"
  std::optional<std::string> run;    ///< of an autotune: which one; its trials in the order of their time are all that decided its course
  std::optional<double> min_recall;  ///< of an autotune: what was asked of it
  std::string principal;
  std::int64_t time_micros = 0;
  IndexConfig config;
  std::uint32_t items = 0;
  std::uint32_t queries = 0;
  std::uint32_t k = 10;
  double recall = 0;
  double p50_us = 0, p99_us = 0;
  double build_ms = 0;
  std::uint64_t memory_bytes = 0;
  std::string mode;
  std::uint32_t lists = 0, probe = 0, rescore = 0;
};
struct TrialRequest {
  std::string name;
  IndexConfig config;
  std::vector<std::vector<float>> queries;  ///< empty: some of the items
  std::uint32_t k = 10;
};
struct TrialsRequest {
  std::string name;  ///< empty: of all indexes
  std::int64_t limit = 100;
};
struct TrialsResponse {
  std::vector<Trial> trials;  ///< newest first
};
struct BestTrialRequest {
  std::string name;
  double min_recall = .9;
};
struct BestTrialResponse {
  std::optional<Trial> trial;  ///< fastest of those that reach the recall, else the one with the highest
};
struct AutotuneRequest {
  std::string name;
  double min_recall = .9;
  std::vector<IndexConfig> grid;  ///< empty: the default one
  std::vector<std::vector<float>> queries;
  std::optional<std::uint32_t>
      budget;  ///< trials that an agent may spend instead of a grid: it chooses each by what the ones before it showed
};
struct AutotuneResponse {
  std::string run;
  std::vector<Trial> trials;
  std::optional<Trial> winner;
};
struct Promotion {
  std::string trial_id;
  IndexConfig config;
  double recall = 0;  ///< measured when it was promoted
  std::string promoted_by;
  std::string note;
  std::int64_t time_micros = 0;
};
struct PromoteRequest {
  std::string name;
  std::string trial_id;
  std::string promoted_by;
  std::string note;
  double min_recall = .9;
};
/// What an index is built with now, and was before.
struct PromotionState {
  std::optional<Promotion> current;  ///< absent: the defaults
  std::vector<Promotion> history;    ///< newest first, at most 50
};

}  // namespace lakehouse::vector
