#include "generation.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "distance.h"

namespace lakehouse::vector {
namespace {

/// Rows whose octets are asked for before they are needed.
constexpr std::size_t kAhead = 8;

void PrefetchOctets(const std::uint8_t* octets, std::size_t padded) {
  for (std::size_t i = 0; i < padded; i += 64) __builtin_prefetch(octets + i);
}

/// Replaces the scores of `found` by those of the octets.
void RescoreByOctets(const Generation& generation, const QueryForms& query, std::vector<Scored>& found) {
  const std::size_t padded = generation.space().padded(), count = found.size();
  const auto prefetch = [&](std::size_t i) {
    PrefetchOctets(generation.Octets(found[i].id), padded);
    __builtin_prefetch(&generation.Terms(found[i].id));
  };
  for (std::size_t i = 0; i < std::min(kAhead, count); ++i) prefetch(i);
  for (std::size_t i = 0; i < count; i += 4) {
    for (std::size_t j = i + kAhead; j < std::min(i + kAhead + 4, count); ++j) prefetch(j);
    const std::uint8_t* rows[4];
    for (std::size_t j = 0; j < 4; ++j) rows[j] = generation.Octets(found[std::min(i + j, count - 1)].id);
    std::int32_t products[4];
    generation.space().kernels().dot_codes(rows, query.octets, padded, products);
    for (std::size_t j = 0; j < 4 && i + j < count; ++j) {
      const RowTerms& terms = generation.Terms(found[i + j].id);
      found[i + j].score = CodeSpace::Product(query, products[j], terms.scale) - terms.bias;
    }
  }
}

}  // namespace

Generation::Generation(Model model, Base base)
    : model_(std::move(model)),
      base_(std::move(base)),
      shape_(model_.space->padded()),
      lists_(std::make_unique<CodeList[]>(std::size_t{model_.centroids->count()} + 1)),
      origin_(model_.space->padded() * sizeof(float)),
      late_octets_(model_.space->padded()),
      late_terms_(sizeof(RowTerms)),
      rows_(base_.rows),
      largest_norm_(model_.largest_norm) {
  const std::byte* blocks = base_.blocks;
  for (std::uint32_t list = 0; list <= list_count(); ++list) {
    const std::uint32_t rows = base_.list_rows[list];
    lists_[list].Reset(blocks, rows, shape_);
    blocks += std::size_t{(rows + static_cast<std::uint32_t>(kBlockRows) - 1) / kBlockRows} * shape_.bytes;
  }
}

std::uint64_t Generation::memory_bytes() const {
  std::uint64_t bytes = base_.bytes + centroids().memory_bytes();
  for (std::uint32_t list = 0; list <= list_count(); ++list) bytes += lists_[list].memory_bytes();
  return bytes + std::uint64_t{rows() - base_.rows} * (space().padded() + sizeof(RowTerms));
}

void Generation::Insert(const std::byte* row, SearchScratch& scratch, Epochs& epochs) {
  const std::uint32_t id = rows_.load(), late = id - base_.rows;
  late_octets_.Reserve(std::uint64_t{late} + 1);
  late_terms_.Reserve(std::uint64_t{late} + 1);
  QueryForms& forms = scratch.query;
  float length = 0;
  const float inverse_norm = space().Transform(row, forms.rotated, &length);
  const RowTerms terms = space().Encode(forms.rotated, inverse_norm, length, reinterpret_cast<std::uint8_t*>(late_octets_.At(late)));
  *reinterpret_cast<RowTerms*>(late_terms_.At(late)) = terms;
  if (length > largest_norm_.load()) largest_norm_.store(length, std::memory_order_release);
  space().PrepareRotated(forms, centroids().HasCodes());
  std::uint32_t list = centroids().NearestOf(forms, false, scratch.centroids);
  const float* center = centroids().Center(list);
  const float away = space().kernels().squared_distance(reinterpret_cast<const std::byte*>(center), forms.rotated, space().padded());
  if (list_count() > 1 && away > model_.outlier_limit) list = list_count(), center = origin_.As<float>();
  rows_.store(id + 1);
  lists_[list].Append(space(), shape_, forms.rotated, center, terms.bias, id, epochs);
}

void Generation::Skip() {
  const std::uint32_t id = rows_.load(), late = id - base_.rows;
  late_octets_.Reserve(std::uint64_t{late} + 1);
  late_terms_.Reserve(std::uint64_t{late} + 1);
  rows_.store(id + 1);
}

void Generation::ScanFiltered(const CodeList& list, const RowView& view, const QueryForms& query, float base, TopCollector& rows,
                              std::uint64_t* matching) const {
  const std::uint32_t count = list.rows();
  for (std::uint32_t first = 0; first < count; first += kBlockRows) {
    const std::byte* block = list.Block(first / kBlockRows);
    const std::uint32_t* ids = IdsOf(shape_, block);
    const std::uint32_t here = std::min<std::uint32_t>(kBlockRows, count - first);
    std::uint32_t allowed = 0;
    for (std::uint32_t j = 0; j < here; ++j) allowed |= static_cast<std::uint32_t>(view.Allows(ids[j])) << j;
    if (allowed == 0) continue;
    *matching += static_cast<std::uint64_t>(std::popcount(allowed));
    alignas(64) float estimates[kBlockRows];
    allowed &= space().kernels().scan_block(block, query.block, rows.threshold() - base, estimates);
    for (; allowed != 0; allowed &= allowed - 1) {
      const auto j = static_cast<std::size_t>(std::countr_zero(allowed));
      rows.Push(estimates[j] + base, ids[j]);
    }
  }
}

void Generation::ScanList(const CodeList& list, const RowView& view, const QueryForms& query, float base, TopCollector& rows,
                          std::uint64_t* matching) const {
  if (view.has_bitmap) return ScanFiltered(list, view, query, base, rows, matching);
  list.Scan(space().kernels(), shape_, query.block, base, rows.threshold(), [&](float score, RowId row) {
    if (view.Allows(row)) rows.Push(score, row);
  });
}

void Generation::SearchLists(const RowSource& source, const RowView& view, std::uint32_t k, const ProbePlan& plan, SearchScratch& scratch,
                             SearchResult& result) const {
  const QueryForms& query = scratch.query;
  const std::uint32_t wanted = plan.matching > 0 ? list_count() : plan.probe;
  if (list_count() == 1)
    scratch.lists.assign(1, Scored{});  // the one centre is the origin
  else
    centroids().Nearest(query, wanted, false, scratch.centroids, scratch.lists);
  TopCollector& rows = scratch.rows;
  rows.Reset(plan.rescore);
  std::uint64_t matching = 0;
  if (outliers().rows() > 0) {
    result.rows_scanned += outliers().rows();
    std::uint64_t beside = 0;  // what lies elsewhere does not say that the lists were searched far enough
    ScanList(outliers(), view, query, 0, rows, &beside);
  }
  std::size_t at = 0;
  for (; at < scratch.lists.size() && (at < plan.probe || matching < plan.matching); ++at) {
    const CodeList& list = lists_[scratch.lists[at].id];
    if (at + 1 < scratch.lists.size()) lists_[scratch.lists[at + 1].id].Prefetch();
    result.rows_scanned += list.rows();
    ScanList(list, view, query, scratch.lists[at].score, rows, &matching);
  }
  result.lists_probed = static_cast<std::uint32_t>(at);
  result.path = at == list_count() ? SearchPath::kAllLists : SearchPath::kLists;
  LastPasses(source, k, rows.Finish(), query, result);
}

void Generation::LastPasses(const RowSource& source, std::uint32_t k, std::vector<Scored>& found, const QueryForms& query,
                            SearchResult& result) const {
  RescoreByOctets(*this, query, found);
  const std::size_t keep = std::min<std::size_t>(found.size(), 2 * std::size_t{k} + 4);
  if (found.size() > keep) {
    std::nth_element(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(keep), found.end(), IsBetter);
    found.resize(keep);
  }
  const std::size_t d = space().dimension();
  for (const Scored& row : found) {
    const std::byte* values = source.Row(row.id);
    for (std::size_t i = 0; i < std::min<std::size_t>(8, (d + 15) / 16); ++i) __builtin_prefetch(values + 64 * i);
  }
  result.neighbors.clear();
  result.neighbors.reserve(found.size());
  for (const Scored& row : found) {
    const float distance =
        RowDistance(space().kernels(), space().metric(), source.Row(row.id), Terms(row.id).inverse_norm, query.raw, query.inverse_norm, d);
    result.neighbors.push_back({row.id, distance});
  }
  const auto nearer = [](const Neighbor& a, const Neighbor& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.row < b.row;
  };
  const auto answers = static_cast<std::ptrdiff_t>(std::min<std::size_t>(k, found.size()));
  std::partial_sort(result.neighbors.begin(), result.neighbors.begin() + answers, result.neighbors.end(), nearer);
  result.neighbors.resize(static_cast<std::size_t>(answers));
}

}  // namespace lakehouse::vector
