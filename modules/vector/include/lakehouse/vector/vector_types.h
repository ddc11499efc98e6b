#pragma once
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

/// The words of the vector index. A vector is `dimension` float32 values, little-endian, row major where there are many.
/// The index knows rows by number only: what a row is called, and its metadata, is the caller's.
namespace lakehouse::vector {

inline constexpr std::uint32_t kMaxDimension = 4096;
/// Larger components would overflow float32 in the sums of 4,096 squares.
inline constexpr float kMaxComponent = 1e15F;
/// Below this a vector has no direction that float32 could compute with.
inline constexpr double kMinCosineNorm = 1e-15;
inline constexpr std::uint32_t kMaxNeighbors = 16'384;

/// The number of a row in its RowSource, from 0, dense, never used twice: an upsert is a new row and the deletion of the old.
using RowId = std::uint32_t;
inline constexpr RowId kMaxRows = std::numeric_limits<std::uint32_t>::max() - 1;

/// What "near" means. A distance is a float32, smaller is nearer.
enum class Metric : std::uint8_t {
  kCosine = 0,        ///< 1 - cos(a, b): 0 to 2. Vectors of norm 0 are refused.
  kInnerProduct = 1,  ///< -<a, b>
  kEuclidean = 2,     ///< the square root of the sum of squared differences
};
/// "cosine", "dot", "euclidean": the spelling on the wire.
std::string_view WireName(Metric metric);
/// Also takes "ip", "inner_product", "l2". Nothing for any other word.
std::optional<Metric> ParseMetric(std::string_view name);

/// What an index is over; fixed for its life.
struct IndexSpec {
  std::uint32_t dimension = 0;  ///< 1 to kMaxDimension
  Metric metric = Metric::kCosine;
  bool operator==(const IndexSpec&) const = default;
};

struct Neighbor {
  RowId row = 0;
  float distance = 0;
  bool operator==(const Neighbor&) const = default;
};

/// How a search found its rows.
enum class SearchPath : std::uint8_t {
  kEmpty,       ///< nothing matches
  kRows,        ///< float32 of every matching row; exact
  kCodes,       ///< int8 code of every matching row with an error bound, then float32; exact
  kCandidates,  ///< the same over the few rows that a filter leaves; exact
  kLists,       ///< 1-bit codes of the nearest lists
  kAllLists,    ///< 1-bit codes of all lists
};
std::string_view WireName(SearchPath path);

struct SearchResult {
  /// Ascending by distance, rows that are equally far by row number; min(k, matching rows) of them.
  std::vector<Neighbor> neighbors;
  SearchPath path = SearchPath::kEmpty;
  std::uint32_t lists_probed = 0;
  std::uint64_t rows_scanned = 0;
};

}  // namespace lakehouse::vector
