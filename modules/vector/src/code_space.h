#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "aligned_buffer.h"
#include "kernels.h"
#include "lakehouse/vector/vector_types.h"
#include "rotation.h"

namespace lakehouse::vector {

/// What is kept of a row beside its octets.
struct RowTerms {
  float scale = 0;         ///< the row is about scale * (octet - 128)
  float bias = 0;          ///< half its squared length, what Euclidean ranking subtracts; 0 under inner product
  float error = 0;         ///< bound on the distance between the row and what its octets say, rounding included
  float inverse_norm = 1;  ///< of the float32 row under cosine
};
static_assert(sizeof(RowTerms) == 16);

/// Room for a query in all its forms. One per thread, used again for every search.
struct QueryForms {
  QueryForms();
  float* rotated = nullptr;       ///< padded
  std::int8_t* octets = nullptr;  ///< about rotated / step
  float step = 0;
  std::int32_t octet_sum = 0;  ///< 128 times the sum of the octets: what the rows' offset of 128 adds to a product
  float length = 0;            ///< of `rotated`
  float error = 0;             ///< bound on the distance between `rotated` and what its octets say, rounding included
  BlockQuery block;

  float inverse_norm = 1;      ///< of the float32 query under cosine
  float mean_product = 0;      ///< <query, mean> under inner product
  const float* raw = nullptr;  ///< the caller's

 private:
  friend class CodeSpace;
  AlignedBuffer memory_;
  std::uint8_t* table_ = nullptr;
};

/// The space that codes live in: rows (scaled to length 1 under cosine) minus their mean, rotated. All three metrics become one: the
/// score <query, row> - bias, larger is nearer. Cosine and Euclidean ranking do not change when the mean is taken from both sides, and
/// inner product gains the same constant for every row. Immutable; any thread.
class CodeSpace {
 public:
  /// `mean` in the rows' own coordinates, `dimension` values.
  CodeSpace(const Kernels& kernels, const IndexSpec& spec, std::uint64_t seed, std::vector<float> mean);

  std::size_t padded() const { return padded_; }
  std::size_t dimension() const { return spec_.dimension; }
  Metric metric() const { return spec_.metric; }
  const Kernels& kernels() const { return *kernels_; }
  const std::vector<float>& mean() const { return mean_; }
  std::uint64_t seed() const { return seed_; }
  /// Whether the score is that of Euclidean ranking (cosine too: between vectors of length 1 both rank the same).
  bool is_euclidean() const { return spec_.metric != Metric::kInnerProduct; }

  /// `out` has padded() values, 64-aligned. The inverse norm it was scaled with; the length before the mean was taken in *length.
  float Transform(const std::byte* row, float* out, float* length) const;
  /// The row as octets; `rotated` from Transform.
  RowTerms Encode(const float* rotated, float inverse_norm, float length, std::uint8_t* octets) const;
  void Decode(const std::uint8_t* octets, const RowTerms& terms, float* rotated) const;

  /// All forms of a query that passed CheckVector.
  void PrepareQuery(const float* query, QueryForms& forms) const;
  /// The forms that comparing with centroids needs, of a rotated row in forms.rotated.
  void PrepareRotated(QueryForms& forms, bool with_table) const;

  /// <query, row> from the product of octets.
  static float Product(const QueryForms& query, std::int32_t octet_product, float row_scale) {
    return static_cast<float>(octet_product - query.octet_sum) * (query.step * row_scale);
  }
  /// How far Product - bias may be from the score that float32 would give.
  float ScoreError(const QueryForms& query, const RowTerms& terms, float largest_norm) const;
  /// The lowest score that a row at this distance, as RowDistance computes it, may have.
  float ScoreOfDistance(const QueryForms& query, float distance, float largest_norm) const;

 private:
  const Kernels* kernels_;
  IndexSpec spec_;
  std::size_t padded_;
  std::uint64_t seed_;
  float spread_;  // a component of a vector of length 1 is within this, nearly always
  std::vector<float> mean_;
  Rotation rotation_;
};

}  // namespace lakehouse::vector
