#include "centroids.h"

#include <algorithm>

namespace lakehouse::vector {

Centroids::Centroids(const CodeSpace& space, std::uint32_t count)
    : space_(&space),
      count_(count),
      shape_(space.padded()),
      values_(std::size_t{count} * space.padded() * sizeof(float)),
      octets_(std::size_t{count} * space.padded()),
      terms_(count) {}

void Centroids::Seal() {
  const std::size_t padded = space_->padded();
  for (std::uint32_t list = 0; list < count_; ++list) {
    terms_[list] = space_->Encode(Center(list), 1, 0, octets_.As<std::uint8_t>() + list * padded);
    const float* center = Center(list);
    terms_[list].bias = space_->kernels().dot(reinterpret_cast<const std::byte*>(center), center, padded) / 2;
  }
  if (!HasCodes()) return;
  if (mean_.size() == 0) mean_ = AlignedBuffer(padded * sizeof(float));
  float* mean = mean_.As<float>();
  std::fill(mean, mean + padded, 0.F);
  for (std::uint32_t list = 0; list < count_; ++list)
    for (std::size_t i = 0; i < padded; ++i) mean[i] += Center(list)[i];
  for (std::size_t i = 0; i < padded; ++i) mean[i] /= static_cast<float>(count_);
  blocks_ = AlignedBuffer((count_ + kBlockRows - 1) / kBlockRows * shape_.bytes);
  for (std::uint32_t list = 0; list < count_; ++list)
    PutRow(*space_, blocks_.data() + list / kBlockRows * shape_.bytes, list % kBlockRows, Center(list), mean, terms_[list].bias, list);
  codes_.Reset(blocks_.data(), count_, shape_);
}

float Centroids::MeanProduct(const QueryForms& query) const { return space_->kernels().dot(mean_.data(), query.rotated, space_->padded()); }

void Centroids::ScoreSome(const QueryForms& query, bool euclidean, std::vector<Scored>& some) const {
  const auto* octets = octets_.As<std::uint8_t>();
  for (std::size_t i = 0; i < some.size(); i += 4) {
    const std::uint8_t* rows[4];
    for (std::size_t j = 0; j < 4; ++j) rows[j] = octets + std::size_t{some[std::min(i + j, some.size() - 1)].id} * space_->padded();
    std::int32_t products[4];
    space_->kernels().dot_codes(rows, query.octets, space_->padded(), products);
    for (std::size_t j = 0; j < 4 && i + j < some.size(); ++j) {
      const RowTerms& terms = terms_[some[i + j].id];
      some[i + j].score = CodeSpace::Product(query, products[j], terms.scale) - (euclidean ? terms.bias : 0);
    }
  }
}

void Centroids::ScoreAll(const QueryForms& query, bool euclidean, std::vector<Scored>& out) const {
  out.resize(count_);
  for (std::uint32_t list = 0; list < count_; ++list) out[list].id = list;
  ScoreSome(query, euclidean, out);
}

void Centroids::Nearest(const QueryForms& query, std::uint32_t wanted, bool all_octets, TopCollector& collector,
                        std::vector<Scored>& out) const {
  const bool euclidean = space_->is_euclidean();
  wanted = std::min(wanted, count_);
  // The codes' constants hold the Euclidean bias, so that inner product goes through all octets.
  if (all_octets || !HasCodes() || !euclidean || wanted * 2 > count_) {
    ScoreAll(query, euclidean, out);
  } else {
    collector.Reset(std::size_t{wanted} * 2 + 24);
    codes_.Scan(space_->kernels(), shape_, query.block, MeanProduct(query), collector.threshold(),
                [&](float score, std::uint32_t list) { collector.Push(score, list); });
    out = collector.Finish();
    ScoreSome(query, euclidean, out);
  }
  if (out.size() > wanted) {
    std::nth_element(out.begin(), out.begin() + wanted, out.end(), IsBetter);
    out.resize(wanted);
  }
  std::sort(out.begin(), out.end(), IsBetter);
  if (!euclidean) return;
  for (Scored& list : out) list.score += terms_[list.id].bias;
}

std::uint32_t Centroids::NearestOf(const QueryForms& row, bool all_octets, TopCollector& collector) const {
  if (count_ == 1) return 0;
  std::vector<Scored>* some = nullptr;
  std::vector<Scored> all;
  if (all_octets || !HasCodes()) {
    ScoreAll(row, true, all);
    some = &all;
  } else {
    collector.Reset(26);
    codes_.Scan(space_->kernels(), shape_, row.block, MeanProduct(row), collector.threshold(),
                [&](float score, std::uint32_t list) { collector.Push(score, list); });
    some = &collector.Finish();
    ScoreSome(row, true, *some);
  }
  return std::min_element(some->begin(), some->end(), IsBetter)->id;
}

}  // namespace lakehouse::vector
