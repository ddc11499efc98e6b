#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "centroids.h"
#include "code_list.h"
#include "code_space.h"
#include "epochs.h"
#include "growing_array.h"
#include "lakehouse/vector/row_source.h"
#include "lakehouse/vector/vector_index.h"
#include "live_rows.h"
#include "top_collector.h"

namespace lakehouse::vector {

/// Room that a search needs; one per thread, used again.
struct SearchScratch {
  QueryForms query;
  TopCollector rows;
  TopCollector centroids;
  std::vector<Scored> lists;
  std::vector<RowId> chunk;
  std::vector<float> scores;
  std::vector<std::uint64_t> bitmap;
  std::vector<RowId> candidates;
};

/// How to go through the lists.
struct ProbePlan {
  std::uint32_t probe = 1;
  std::uint32_t rescore = 100;
  std::uint64_t matching = 0;  ///< go on beyond `probe` until this many rows that the view allows were seen
};

/// One training's result: a code space, lists around centroids, the octets of all rows, and what calibration measured. Training never
/// changes it afterwards; late rows are appended. Any number of readers and one writer, who keeps to what is said at the methods.
class Generation {
 public:
  /// Octets and terms of the first `base_rows` rows and the blocks of all lists are the memory of a build or a mapped sidecar, which
  /// `base_owner` keeps. List i has base_list_rows[i] rows; the lists' blocks follow one another.
  struct Base {
    std::shared_ptr<void> owner;
    const std::uint8_t* octets = nullptr;
    const RowTerms* terms = nullptr;
    const std::byte* blocks = nullptr;
    std::uint32_t rows = 0;
    std::vector<std::uint32_t> list_rows;  ///< and last the outliers
    std::uint64_t bytes = 0;
  };
  struct Model {
    std::unique_ptr<CodeSpace> space;
    std::unique_ptr<Centroids> centroids;
    std::uint32_t trained_rows = 0;
    std::uint32_t trained_live = 0;
    float largest_norm = 0;
    float outlier_limit = 0;  ///< squared distance from its centre beyond which a late row fits no list
  };
  Generation(Model model, Base base);

  const CodeSpace& space() const { return *model_.space; }
  const Centroids& centroids() const { return *model_.centroids; }
  const Model& model() const { return model_; }
  const BlockShape& shape() const { return shape_; }
  std::uint32_t list_count() const { return model_.centroids->count(); }
  /// The last one, list(list_count()), is that of the outliers.
  const CodeList& list(std::uint32_t index) const { return lists_[index]; }
  /// Late rows from where there were none when the lists were made. Their nearest list says little about them, so every search looks
  /// at them; many of them are a reason to train anew.
  const CodeList& outliers() const { return lists_[list_count()]; }
  std::uint32_t rows() const { return rows_.load(); }
  float largest_norm() const { return largest_norm_.load(std::memory_order_acquire); }
  const std::uint8_t* Octets(RowId row) const {
    return row < base_.rows ? base_.octets + std::size_t{row} * space().padded()
                            : reinterpret_cast<const std::uint8_t*>(late_octets_.At(row - base_.rows));
  }
  const RowTerms& Terms(RowId row) const {
    return row < base_.rows ? base_.terms[row] : *reinterpret_cast<const RowTerms*>(late_terms_.At(row - base_.rows));
  }
  std::uint64_t memory_bytes() const;

  /// What calibration measured, ascending in cost, and which of them is the default (one past the end: exact). Before any reader.
  void SetCalibration(std::vector<CalibrationPoint> points, std::size_t chosen) { calibration_ = std::move(points), chosen_ = chosen; }
  const std::vector<CalibrationPoint>& calibration() const { return calibration_; }
  std::size_t chosen_point() const { return chosen_; }

  /// The writer: row rows() joins its list. `row` was checked.
  void Insert(const std::byte* row, SearchScratch& scratch, Epochs& epochs);
  /// The writer: row rows() is there but in no list (it is deleted).
  void Skip();

  /// Nearest by the lists; forms.query is prepared. Fewer than k when the lists that were probed hold fewer.
  void SearchLists(const RowSource& source, const RowView& view, std::uint32_t k, const ProbePlan& plan, SearchScratch& scratch,
                   SearchResult& result) const;
  /// Float32 distances of the `keep` best of what is in `found` by its octets; the k nearest go into the result.
  void LastPasses(const RowSource& source, std::uint32_t k, std::vector<Scored>& found, const QueryForms& query,
                  SearchResult& result) const;

 private:
  void ScanList(const CodeList& list, const RowView& view, const QueryForms& query, float base, TopCollector& rows,
                std::uint64_t* matching) const;
  void ScanFiltered(const CodeList& list, const RowView& view, const QueryForms& query, float base, TopCollector& rows,
                    std::uint64_t* matching) const;

  Model model_;
  Base base_;
  BlockShape shape_;
  std::unique_ptr<CodeList[]> lists_;
  AlignedBuffer origin_;
  std::vector<CalibrationPoint> calibration_;
  std::size_t chosen_ = 0;
  GrowingArray late_octets_;
  GrowingArray late_terms_;
  std::atomic<std::uint32_t> rows_;
  std::atomic<float> largest_norm_;
};

}  // namespace lakehouse::vector
