#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "epochs.h"
#include "generation.h"
#include "kernels.h"
#include "lakehouse/vector/vector_index.h"
#include "live_rows.h"

namespace lakehouse::vector {

/// What stands behind a VectorIndex.
///
/// Readers announce themselves to `epochs`, then load `rows`, then `generation`: the generation has at least these rows, since a writer
/// appends to it before it raises `rows`, and a new one catches up before it is swapped in.
struct VectorIndex::State {
  State(const IndexSpec& index_spec, const RowSource& row_source, const IndexOptions& index_options);
  ~State() { delete generation.load(); }

  const IndexSpec spec;
  const RowSource& source;
  const IndexOptions options;
  const Kernels& kernels;

  mutable Epochs epochs;
  std::atomic<std::uint32_t> rows{0};
  std::atomic<Generation*> generation{nullptr};  // none: scan mode
  LiveRows live;                                 // writes under `writing`

  mutable std::mutex writing;  // one writer: inserts, deletes, the swap
  SearchScratch scratch;       // the writer's
  std::atomic<bool> training{false};
  std::atomic<std::uint32_t> trainings{0};
  std::atomic<double> checked_recall{1};  // by CheckRecall, of this generation

  /// Under `writing`: rows() to rows() + count - 1 into `to`, those that live.
  void AppendTo(Generation& to, std::uint32_t count, SearchScratch& room);
  /// Under `writing`.
  void Publish(std::unique_ptr<Generation> next);
};

}  // namespace lakehouse::vector
