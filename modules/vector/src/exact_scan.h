#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "generation.h"

namespace lakehouse::vector {

/// The k nearest of the rows it is fed, exactly: a row's octets give its score and a bound on the error of that score, so that only rows
/// that could still be among the k are read as float32. One query.
class ExactScan {
 public:
  /// Without a generation (scan mode) every row is read as float32; query.raw and query.inverse_norm are then all it needs.
  ExactScan(const Generation* generation, const Kernels& kernels, const IndexSpec& spec, const RowSource& source, const QueryForms& query,
            std::uint32_t k);
  /// Rows at most once each, in any order.
  void Feed(std::span<const RowId> rows);
  /// Ascending.
  std::vector<Neighbor> Finish();

 private:
  void Consider(RowId row, float inverse_norm);
  void FeedFloats(std::span<const RowId> rows);

  const Generation* generation_;
  const Kernels* kernels_;
  IndexSpec spec_;
  const RowSource* source_;
  const QueryForms* query_;
  std::size_t k_;
  float largest_norm_ = 0;
  float threshold_;             // scores below it cannot be among the k
  std::vector<Neighbor> heap_;  // of at most k, the farthest on top
  std::vector<float> upper_;
  std::vector<std::uint32_t> order_;
};

/// Calls feed(rows) with the rows that the view allows, some thousands at a time.
template <typename Function>
void ForEachChunk(const RowView& view, std::vector<RowId>& chunk, std::size_t chunk_rows, Function feed) {
  chunk.clear();
  for (std::size_t word = 0; word < view.words(); ++word) {
    for (std::uint64_t bits = view.Word(word); bits != 0; bits &= bits - 1)
      chunk.push_back(static_cast<RowId>(word * 64 + static_cast<std::size_t>(std::countr_zero(bits))));
    if (chunk.size() < chunk_rows) continue;
    feed(std::span<const RowId>(chunk));
    chunk.clear();
  }
  if (!chunk.empty()) feed(std::span<const RowId>(chunk));
}

}  // namespace lakehouse::vector
