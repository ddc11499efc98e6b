#pragma once
#include <cstdint>
#include <vector>

#include "aligned_buffer.h"
#include "code_list.h"
#include "code_space.h"
#include "top_collector.h"

namespace lakehouse::vector {

/// The centres of the lists, in code space. Many of them are searched as rows are: 1-bit codes around their mean, then octets.
/// Immutable once Seal has run; any thread.
class Centroids {
 public:
  Centroids(const CodeSpace& space, std::uint32_t count);

  std::uint32_t count() const { return count_; }
  float* Center(std::uint32_t list) { return values_.As<float>() + std::size_t{list} * space_->padded(); }
  const float* Center(std::uint32_t list) const { return values_.As<float>() + std::size_t{list} * space_->padded(); }
  /// After the centres are set, and again after every change.
  void Seal();

  /// The `wanted` lists where the nearest rows of a query likely are, best first, all when there are fewer: by Euclidean distance, or by
  /// inner product. The score is <query, center>. `all_octets`: without the 1-bit pass.
  void Nearest(const QueryForms& query, std::uint32_t wanted, bool all_octets, TopCollector& collector, std::vector<Scored>& out) const;
  /// The Euclidean nearest of a rotated row.
  std::uint32_t NearestOf(const QueryForms& row, bool all_octets, TopCollector& collector) const;
  /// Whether queries need their table here.
  bool HasCodes() const { return count_ >= kCodesFrom; }
  std::uint64_t memory_bytes() const { return values_.size() + octets_.size() + blocks_.size() + terms_.size() * sizeof(RowTerms); }

 private:
  static constexpr std::uint32_t kCodesFrom = 192;
  void ScoreAll(const QueryForms& query, bool euclidean, std::vector<Scored>& out) const;
  void ScoreSome(const QueryForms& query, bool euclidean, std::vector<Scored>& some) const;
  float MeanProduct(const QueryForms& query) const;

  const CodeSpace* space_;
  std::uint32_t count_;
  BlockShape shape_;
  AlignedBuffer values_;  // count x padded floats
  AlignedBuffer octets_;  // count x padded
  std::vector<RowTerms> terms_;
  AlignedBuffer mean_;
  AlignedBuffer blocks_;
  CodeList codes_;
};

}  // namespace lakehouse::vector
