#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/vector/row_filter.h"
#include "lakehouse/vector/row_source.h"
#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// Which arithmetic to use. All give the same bits; the choice is for tests and measurements.
enum class KernelChoice : std::uint8_t { kBest, kPortable, kAvx2, kAvx512 };

/// How an index is built. The defaults are what ships: calibration, not a person, chooses what depends on the data.
struct IndexOptions {
  double target_recall = .99;                  ///< recall@10 that a search without parameters is calibrated for; 0 < it <= 1
  std::uint32_t lists = 0;                     ///< 0: by the number of rows (one list below some 20,000). For trials.
  std::uint32_t threads = 2;                   ///< of a build, with the caller's own. The result is the same to the bit for any number.
  std::uint64_t seed = 1;                      ///< of the rotation, the sample and the first centroids
  KernelChoice kernels = KernelChoice::kBest;  ///< kPortable where the processor lacks the chosen ones
};

struct SearchParameters {
  std::uint32_t k = 10;  ///< 1 to kMaxNeighbors
  /// The k nearest by Distance() and no others, ties by row number. Costs a scan of one octet per component.
  bool exact = false;
  /// Instead of the calibrated default: the cheapest calibrated setting that reached this recall; exact where none did,
  /// and for 1. 0 to 1.
  std::optional<double> min_recall;
  RowFilter filter;
  /// For trials: this many lists, this many rows to the second pass, instead of what calibration chose; 0 = calibrated.
  std::uint32_t probe = 0;
  std::uint32_t rescore = 0;
};

/// One point of the curve that a build measures on rows it held out of training.
struct CalibrationPoint {
  std::uint32_t probe = 0;    ///< lists; equal to the number of lists: all; 0: exact over all codes
  std::uint32_t rescore = 0;  ///< rows that go to the second pass
  double recall_at_10 = 0;
  double recall_at_100 = 0;  ///< with ten times `rescore`
};

enum class IndexMode : std::uint8_t {
  kScan,      ///< no codes (yet): every search reads the float32 of all rows. Exact. Retrain() ends it.
  kFlat,      ///< one list
  kInverted,  ///< lists around centroids
};
std::string_view WireName(IndexMode mode);

struct IndexStats {
  IndexSpec spec;
  IndexMode mode = IndexMode::kScan;
  std::uint32_t rows = 0;          ///< inserted, with the deleted ones
  std::uint32_t live_rows = 0;     ///< what a search can find
  std::uint32_t trained_rows = 0;  ///< rows when the lists were made; the later ones were inserted
  std::uint32_t lists = 0;
  std::uint32_t longest_list = 0;  ///< rows
  std::uint32_t median_list = 0;   ///< rows
  std::uint32_t outliers = 0;      ///< late rows that fit no list; every search scans them
  std::uint64_t memory_bytes = 0;  ///< beside the rows themselves; mapped pages of a sidecar count
  std::uint32_t trainings = 0;     ///< completed by Build or Retrain since this object exists
  double target_recall = 0;
  std::uint32_t default_probe = 0;  ///< what a search without parameters uses
  std::uint32_t default_rescore = 0;
  double default_recall = 0;  ///< as calibrated
  std::vector<CalibrationPoint> calibration;
  std::string kernels;  ///< "portable", "avx2", "avx512"
};

enum class RetrainReason : std::uint8_t {
  kNone,
  kScanMode,   ///< there are no codes
  kGrown,      ///< the live rows doubled since the lists were made
  kDeletions,  ///< more than a quarter of the rows is deleted
  kShifted,    ///< an eighth of the rows came late from where there were none before
  kLowRecall,  ///< CheckRecall found less than the target
};
std::string_view WireName(RetrainReason reason);

/// What Evaluate measured.
struct Evaluation {
  double recall = 0;  ///< mean share of the true min(k, matching) nearest that were found
  double p50_us = 0;
  double p99_us = 0;
  std::uint32_t queries = 0;
};

/// SHA-256 of what the rows were read from (the Parquet objects): says which rows a sidecar belongs to.
using SourceDigest = std::array<unsigned char, 32>;

/// A search index over the rows of one RowSource: inverted lists of 1-bit codes, int8 codes, and float32 from the source in the last
/// pass.
///
/// Threads: everything may be called from any thread at any time. Search takes no lock and never waits for a writer. Insert, Delete and
/// the last moments of Retrain exclude each other. Two Retrains do not overlap: the second fails with kConflict.
/// Lifetime: the RowSource and a Context outlive the call or the index that was given them. Stop all calls before the destructor.
/// Memory: some .3 of the rows' float32 values at 768 dimensions; twice that while Retrain runs.
class VectorIndex {
 public:
  /// An index over the rows that `rows` has now, without training: at once, searches are exact scans of the float32 values until
  /// Retrain. Without rows it is an empty flat index. For a new index, and where a sidecar is lost.
  /// kInvalidArgument: spec or options (see CheckSpec); the values of the rows are not looked at.
  static Result<std::unique_ptr<VectorIndex>> Create(const IndexSpec& spec, const RowSource& rows, const IndexOptions& options = {});

  /// Trains over all rows that `rows` has now. Some 2 to 4 CPU seconds for 100,000 x 768. The same rows, spec, seed and lists give the
  /// same index to the bit. kInvalidArgument as CheckVector, naming the row; kCancelled, kDeadlineExceeded.
  static Result<std::unique_ptr<VectorIndex>> Build(const Context& context, const IndexSpec& spec, const RowSource& rows,
                                                    const IndexOptions& options = {});

  /// The index that Save wrote, mapped: costs reading it once to check every octet. `rows` must have at least the rows it was saved
  /// with; further ones are not in it (Insert them). kNotFound; kCorruption "sidecar_damaged"; kUnprocessable "sidecar_version" (of
  /// another version), "sidecar_mismatch" (another spec, digest or number of rows). After any of them: Create and Retrain.
  static Result<std::unique_ptr<VectorIndex>> Open(const std::string& path, const SourceDigest& digest, const IndexSpec& spec,
                                                   const RowSource& rows, const IndexOptions& options = {});
  ~VectorIndex();
  VectorIndex(const VectorIndex&) = delete;
  VectorIndex& operator=(const VectorIndex&) = delete;

  /// The k nearest of the rows that live and pass the filter. Without `exact` about IndexOptions::target_recall of them are right; the
  /// number of rows is always min(k, matching rows). kInvalidArgument: k, min_recall, or the query as CheckVector says.
  Result<SearchResult> Search(const Context& context, std::span<const float> query, const SearchParameters& parameters = {}) const;

  /// What a search with these parameters and no filter may take now, within a factor of two.
  double EstimateNanos(const SearchParameters& parameters) const;

  /// Takes the next `count` rows of the source, from rows() on, into the index: all of them or none. When it returns every search
  /// finds them; a search sees either none or all of one call. kInvalidArgument: a row as CheckVector says, or the source has
  /// fewer. 5 to 12 us per row.
  Status Insert(const Context& context, std::uint32_t count);
  /// Deleted rows are never found again. One that is deleted already counts 0. kInvalidArgument: beyond rows(); then none is deleted.
  /// The answer is how many went. For an upsert Insert first: for a moment both are found, never neither.
  Result<std::uint32_t> Delete(std::span<const RowId> rows);
  bool IsLive(RowId row) const;
  /// Rows inserted so far, deleted ones included.
  std::uint32_t rows() const;

  /// Whether and why Retrain would pay now. Cheap.
  RetrainReason NeedsRetrain() const;
  /// Trains anew over the live rows beside all other calls and swaps the result in atomically. Rows keep their numbers. On failure
  /// (kCancelled, kDeadlineExceeded, kConflict) nothing has changed.
  Status Retrain(const Context& context);
  /// Searches for `samples` of the live rows as if they were queries and compares with the exact answer; newer rows are preferred. What
  /// it finds is what NeedsRetrain knows. 1 for an empty index.
  Result<double> CheckRecall(const Context& context, std::uint32_t samples = 64);
  /// Runs the queries (row major) with these parameters on this thread, times each, and compares with exact answers.
  Result<Evaluation> Evaluate(const Context& context, std::span<const float> queries, const SearchParameters& parameters,
                              const Clock& clock) const;

  IndexStats Stats() const;

  /// Writes the index as it is now, deletions included, to `path`: a new file, synced; the caller syncs the directory and publishes the
  /// name. Excludes writers meanwhile. kUnprocessable "nothing_to_save" in scan mode; the file's errors, see base/file.h.
  Status Save(const std::string& path, const SourceDigest& digest) const;

 private:
  struct State;
  explicit VectorIndex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// A sidecar in words, for people: header, parameters, calibration, sections with their checks. kCorruption as Open.
Result<std::string> InspectSidecar(std::string_view octets);

}  // namespace lakehouse::vector
