#include "training.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "calibration.h"
#include "distance.h"
#include "k_means.h"
#include "lakehouse/vector/vector_check.h"
#include "parallel_for.h"
#include "random_sequence.h"

namespace lakehouse::vector {
namespace {

constexpr std::size_t kMeanRows = 8192;

/// What a build owns and its generation keeps.
struct BuiltMemory {
  AlignedBuffer octets;
  AlignedBuffer terms;
  AlignedBuffer blocks;
};

class Trainer {
 public:
  Trainer(const Context& context, const Kernels& kernels, const IndexSpec& spec, const IndexOptions& options, const RowSource& source,
          const LiveRows& live, std::uint32_t rows)
      : context_(context), kernels_(kernels), spec_(spec), options_(options), source_(source), live_(live), rows_(rows) {}

  Result<std::unique_ptr<Generation>> Run() {
    threads_ = std::clamp<std::uint32_t>(options_.threads, 1, 256);
    scratch_ = std::vector<SearchScratch>(threads_);
    for (RowId row = 0; row < rows_; ++row)
      if (!live_.IsDeleted(row)) members_.push_back(row);
    LH_TRY(ParallelFor(context_, threads_, members_.size(), 256,
                       [&](std::uint64_t i, std::uint32_t) { return CheckRow(kernels_, spec_, source_, members_[i]); }));
    ShuffleSome();
    Generation::Model model;
    model.space = std::make_unique<CodeSpace>(kernels_, spec_, options_.seed, MeanOfSome());
    model.trained_rows = rows_;
    model.trained_live = static_cast<std::uint32_t>(members_.size());
    LH_TRY(MakeOctets(model));
    const std::uint32_t lists = std::clamp<std::uint32_t>(options_.lists != 0 ? options_.lists : ListsFor(model.trained_live), 1,
                                                          std::max<std::uint32_t>(1, model.trained_live));
    model.centroids = std::make_unique<Centroids>(*model.space, lists);
    if (lists > 1) {
      const auto sample = std::span(shuffled_).first(std::min<std::size_t>(shuffled_.size(), std::size_t{lists} * kSamplesPerList));
      LH_TRY(RunKMeans(
          context_, threads_, *model.space, sample, [&](RowId row) { return CodeOf(*model.space, row); }, scratch_, *model.centroids));
    } else {
      model.centroids->Seal();
    }
    Generation::Base base = LH_TRY(FillLists(model));
    auto generation = std::make_unique<Generation>(std::move(model), std::move(base));
    if (members_.size() >= kCalibrateFrom) {
      const RowView view{.live = &live_, .rows = rows_};
      LH_TRY(Calibrate(context_, threads_, options_.target_recall, source_, view, HeldOut(lists), scratch_, *generation));
    }
    return generation;
  }

 private:
  /// The first of shuffled_ are a random sample of the members.
  void ShuffleSome() {
    shuffled_ = members_;
    RandomSequence random(options_.seed ^ 0x5851F42D4C957F2D);
    for (std::size_t i = 0; i + 1 < shuffled_.size(); ++i)
      std::swap(shuffled_[i], shuffled_[i + random.Below(static_cast<std::uint32_t>(shuffled_.size() - i))]);
  }

  /// Rows that k-means did not see, where there are some left.
  std::vector<RowId> HeldOut(std::uint32_t lists) const {
    const std::size_t wanted = std::min<std::size_t>(kCalibrationQueries, shuffled_.size());
    const std::size_t trained = lists > 1 ? std::min(shuffled_.size() - wanted, std::size_t{lists} * kSamplesPerList) : 0;
    const auto first = shuffled_.begin() + static_cast<std::ptrdiff_t>(trained);
    return {first, first + static_cast<std::ptrdiff_t>(wanted)};
  }

  std::vector<float> MeanOfSome() const {
    std::vector<double> sum(spec_.dimension);
    std::vector<float> row(spec_.dimension);
    const std::size_t count = std::min(kMeanRows, shuffled_.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::byte* values = source_.Row(shuffled_[i]);
      std::memcpy(row.data(), values, row.size() * sizeof(float));
      const float scale = spec_.metric == Metric::kCosine ? InverseNorm(kernels_, values, row.size()) : 1;
      for (std::size_t j = 0; j < row.size(); ++j) sum[j] += static_cast<double>(row[j] * scale);
    }
    std::vector<float> mean(spec_.dimension);
    for (std::size_t j = 0; j < mean.size() && count > 0; ++j) mean[j] = static_cast<float>(sum[j] / static_cast<double>(count));
    return mean;
  }

  Status MakeOctets(Generation::Model& model) {
    const CodeSpace& space = *model.space;
    memory_->octets = AlignedBuffer(std::size_t{rows_} * space.padded());
    memory_->terms = AlignedBuffer(std::size_t{rows_} * sizeof(RowTerms));
    std::vector<float> longest(threads_, 0);
    LH_TRY(ParallelFor(context_, threads_, members_.size(), 256, [&](std::uint64_t i, std::uint32_t worker) -> Status {
      const RowId row = members_[i];
      float* rotated = scratch_[worker].query.rotated;
      float length = 0;
      const float inverse_norm = space.Transform(source_.Row(row), rotated, &length);
      memory_->terms.As<RowTerms>()[row] =
          space.Encode(rotated, inverse_norm, length, memory_->octets.As<std::uint8_t>() + std::size_t{row} * space.padded());
      longest[worker] = std::max(longest[worker], length);
      return Ok{};
    }));
    model.largest_norm = *std::max_element(longest.begin(), longest.end());
    return Ok{};
  }

  std::pair<const std::uint8_t*, const RowTerms*> CodeOf(const CodeSpace& space, RowId row) const {
    return {memory_->octets.As<std::uint8_t>() + std::size_t{row} * space.padded(), memory_->terms.As<RowTerms>() + row};
  }

  /// Nearly all rows are nearer to their centre than this.
  float OutlierLimit(const Generation::Model& model, const std::vector<std::uint32_t>& list_of) {
    constexpr std::size_t kSome = 4096;
    std::vector<float> away;
    float* row = scratch_[0].query.rotated;
    for (std::size_t i = 0; i < members_.size(); i += members_.size() / kSome + 1) {
      const auto [octets, terms] = CodeOf(*model.space, members_[i]);
      model.space->Decode(octets, *terms, row);
      const auto* center = reinterpret_cast<const std::byte*>(model.centroids->Center(list_of[i]));
      away.push_back(kernels_.squared_distance(center, row, model.space->padded()));
    }
    const auto limit = away.begin() + static_cast<std::ptrdiff_t>(away.size() * 49 / 50);
    std::nth_element(away.begin(), limit, away.end());
    return *limit;
  }

  /// The list of every member; then each list's rows, ascending, into its blocks.
  Result<Generation::Base> FillLists(Generation::Model& model) {
    const CodeSpace& space = *model.space;
    const std::uint32_t lists = model.centroids->count();
    std::vector<std::uint32_t> list_of(members_.size(), 0);
    if (lists > 1) {
      LH_TRY(ParallelFor(context_, threads_, members_.size(), 64, [&](std::uint64_t i, std::uint32_t worker) -> Status {
        SearchScratch& mine = scratch_[worker];
        const auto [octets, terms] = CodeOf(space, members_[i]);
        space.Decode(octets, *terms, mine.query.rotated);
        space.PrepareRotated(mine.query, model.centroids->HasCodes());
        list_of[i] = model.centroids->NearestOf(mine.query, false, mine.centroids);
        return Ok{};
      }));
    }
    if (lists > 1) model.outlier_limit = OutlierLimit(model, list_of);
    std::vector<std::vector<RowId>> rows_of(lists);
    for (std::size_t i = 0; i < members_.size(); ++i) rows_of[list_of[i]].push_back(members_[i]);
    const BlockShape shape(space.padded());
    Generation::Base base;
    std::vector<std::size_t> first_block(lists);
    std::size_t blocks = 0;
    for (std::uint32_t list = 0; list < lists; ++list) {
      first_block[list] = blocks;
      base.list_rows.push_back(static_cast<std::uint32_t>(rows_of[list].size()));
      blocks += (rows_of[list].size() + kBlockRows - 1) / kBlockRows;
    }
    base.list_rows.push_back(0);  // nothing is late yet
    memory_->blocks = AlignedBuffer(blocks * shape.bytes);
    struct Piece {
      std::uint32_t list;
      std::size_t first;
    };
    std::vector<Piece> pieces;  // of whole blocks, so that one long list keeps all threads busy
    constexpr std::size_t kPiece = 8 * kBlockRows;
    for (std::uint32_t list = 0; list < lists; ++list)
      for (std::size_t first = 0; first < rows_of[list].size(); first += kPiece) pieces.push_back({list, first});
    LH_TRY(ParallelFor(context_, threads_, pieces.size(), 4, [&](std::uint64_t i, std::uint32_t worker) -> Status {
      const auto [list, first] = pieces[i];
      const std::vector<RowId>& rows = rows_of[list];
      float* rotated = scratch_[worker].query.rotated;
      for (std::size_t at = first; at < std::min(rows.size(), first + kPiece); ++at) {
        float length = 0;
        (void)space.Transform(source_.Row(rows[at]), rotated, &length);
        std::byte* block = memory_->blocks.data() + (first_block[list] + at / kBlockRows) * shape.bytes;
        PutRow(space, block, at % kBlockRows, rotated, model.centroids->Center(list), memory_->terms.As<RowTerms>()[rows[at]].bias,
               rows[at]);
      }
      return Ok{};
    }));
    base.octets = memory_->octets.As<std::uint8_t>();
    base.terms = memory_->terms.As<RowTerms>();
    base.blocks = memory_->blocks.data();
    base.rows = rows_;
    base.bytes = memory_->octets.size() + memory_->terms.size() + memory_->blocks.size();
    base.owner = memory_;
    return base;
  }

  const Context& context_;
  const Kernels& kernels_;
  const IndexSpec& spec_;
  const IndexOptions& options_;
  const RowSource& source_;
  const LiveRows& live_;
  std::uint32_t rows_;
  std::uint32_t threads_ = 1;
  std::vector<SearchScratch> scratch_;
  std::vector<RowId> members_;   // what lives, ascending
  std::vector<RowId> shuffled_;  // the same in random order
  std::shared_ptr<BuiltMemory> memory_ = std::make_shared<BuiltMemory>();
};

}  // namespace

Status CheckRow(const Kernels& kernels, const IndexSpec& spec, const RowSource& source, RowId row) {
  float values[kMaxDimension];
  std::memcpy(values, source.Row(row), spec.dimension * sizeof(float));
  const float squared = kernels.dot(source.Row(row), values, spec.dimension);
  // Not NaN, no component beyond the limits, and a direction.
  if (squared > 1e-28F && squared < 1e29F) return Ok{};
  return LH_TRY_WHILE(CheckVector(spec, std::span(values, spec.dimension)), "index row " + std::to_string(row));
}

Result<std::unique_ptr<Generation>> Train(const Context& context, const Kernels& kernels, const IndexSpec& spec,
                                          const IndexOptions& options, const RowSource& source, const LiveRows& live, std::uint32_t rows) {
  return Trainer(context, kernels, spec, options, source, live, rows).Run();
}

}  // namespace lakehouse::vector
