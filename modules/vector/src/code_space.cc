#include "code_space.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "distance.h"

namespace lakehouse::vector {
namespace {

constexpr int kRowLimit = 127;
/// Components of a rotated vector of length 1 spread like a normal distribution of deviation 1 / sqrt(d); beyond 4.6 deviations is cut.
constexpr float kDeviations = 4.6F;
/// Rounding of a rotation and of the sums over 4,096 components, relative to the lengths; measured below a tenth of it.
constexpr float kRounding = 1e-5F;
constexpr std::size_t kMaxPadded = (kMaxDimension + kPadding - 1) / kPadding * kPadding;

float LengthOf(const Kernels& kernels, const float* x, std::size_t count) {
  return std::sqrt(kernels.dot(reinterpret_cast<const std::byte*>(x), x, count));
}

}  // namespace

QueryForms::QueryForms() : memory_(kMaxPadded * (sizeof(float) + 1 + 4)) {
  rotated = memory_.As<float>();
  octets = reinterpret_cast<std::int8_t*>(memory_.data() + kMaxPadded * sizeof(float));
  table_ = reinterpret_cast<std::uint8_t*>(memory_.data() + kMaxPadded * (sizeof(float) + 1));
}

CodeSpace::CodeSpace(const Kernels& kernels, const IndexSpec& spec, std::uint64_t seed, std::vector<float> mean)
    : kernels_(&kernels),
      spec_(spec),
      padded_((spec.dimension + kPadding - 1) / kPadding * kPadding),
      seed_(seed),
      spread_(std::min(1.F, kDeviations / std::sqrt(static_cast<float>(spec.dimension)))),
      mean_(std::move(mean)),
      rotation_(spec.dimension, seed) {}

float CodeSpace::Transform(const std::byte* row, float* out, float* length) const {
  const std::size_t d = spec_.dimension;
  std::memcpy(out, row, d * sizeof(float));
  std::fill(out + d, out + padded_, 0.F);
  *length = LengthOf(*kernels_, out, d);
  float inverse_norm = 1;
  if (spec_.metric == Metric::kCosine) {
    inverse_norm = 1 / *length;
    *length = 1;
    for (std::size_t i = 0; i < d; ++i) out[i] *= inverse_norm;
  }
  for (std::size_t i = 0; i < d; ++i) out[i] -= mean_[i];
  rotation_.Apply(*kernels_, out);
  return inverse_norm;
}

RowTerms CodeSpace::Encode(const float* rotated, float inverse_norm, float length, std::uint8_t* octets) const {
  const float own = LengthOf(*kernels_, rotated, padded_);
  RowTerms terms;
  terms.inverse_norm = inverse_norm;
  terms.scale = own * spread_ / kRowLimit;
  alignas(64) std::int8_t signed_octets[kMaxPadded];
  kernels_->quantize(rotated, padded_, terms.scale > 0 ? 1 / terms.scale : 0, kRowLimit, signed_octets);
  for (std::size_t i = 0; i < padded_; ++i) octets[i] = static_cast<std::uint8_t>(signed_octets[i] + 128);
  alignas(64) float decoded[kMaxPadded];
  Decode(octets, terms, decoded);
  const float apart = std::sqrt(kernels_->squared_distance(reinterpret_cast<const std::byte*>(decoded), rotated, padded_));
  terms.error = apart + kRounding * (own + .1F * length);
  terms.bias = is_euclidean() ? own * own / 2 : 0;
  return terms;
}

void CodeSpace::Decode(const std::uint8_t* octets, const RowTerms& terms, float* rotated) const {
  for (std::size_t i = 0; i < padded_; ++i) rotated[i] = static_cast<float>(int{octets[i]} - 128) * terms.scale;
}

void CodeSpace::PrepareQuery(const float* query, QueryForms& forms) const {
  const std::size_t d = spec_.dimension;
  forms.raw = query;
  float length = 0;
  if (is_euclidean()) {
    forms.inverse_norm = Transform(reinterpret_cast<const std::byte*>(query), forms.rotated, &length);
  } else {
    std::memcpy(forms.rotated, query, d * sizeof(float));
    std::fill(forms.rotated + d, forms.rotated + padded_, 0.F);
    length = LengthOf(*kernels_, forms.rotated, d);
    forms.mean_product = kernels_->dot(reinterpret_cast<const std::byte*>(query), mean_.data(), d);
    rotation_.Apply(*kernels_, forms.rotated);
  }
  PrepareRotated(forms, true);
  float squared = 0;
  for (std::size_t i = 0; i < padded_; ++i) {
    const float apart = forms.rotated[i] - static_cast<float>(forms.octets[i]) * forms.step;
    squared += apart * apart;
  }
  forms.error = std::sqrt(squared) + kRounding * (forms.length + .1F * length);
}

void CodeSpace::PrepareRotated(QueryForms& forms, bool with_table) const {
  forms.length = LengthOf(*kernels_, forms.rotated, padded_);
  forms.step = forms.length * spread_ / kQueryLimit;
  kernels_->quantize(forms.rotated, padded_, forms.step > 0 ? 1 / forms.step : 0, kQueryLimit, forms.octets);
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < padded_; ++i) sum += forms.octets[i];
  forms.octet_sum = sum * 128;
  if (with_table) forms.block = kernels_->make_table(forms.rotated, padded_, forms.table_);
}

float CodeSpace::ScoreError(const QueryForms& query, const RowTerms& terms, float largest_norm) const {
  const float length = terms.scale * kRowLimit / spread_;
  const float bias_rounding = is_euclidean() ? (2 * kRounding * length + .2F * kRounding * largest_norm) * length : 0;
  return query.length * terms.error + (length + terms.error) * query.error + bias_rounding;
}

float CodeSpace::ScoreOfDistance(const QueryForms& query, float distance, float largest_norm) const {
  const float half = query.length * query.length / 2;
  switch (spec_.metric) {
    case Metric::kCosine: return half - distance - kRounding;
    case Metric::kEuclidean:
      return half - distance * distance / 2 - kRounding * (half + distance * distance) - kRounding * query.length * largest_norm;
    case Metric::kInnerProduct: return -distance - query.mean_product - 2 * kRounding * query.length * largest_norm;
  }
  return 0;
}

}  // namespace lakehouse::vector
