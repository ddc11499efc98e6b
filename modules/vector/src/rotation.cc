#include "rotation.h"

#include <cmath>

#include "random_sequence.h"

namespace lakehouse::vector {

Rotation::Rotation(std::size_t dimension, std::uint64_t seed) : dimension_(dimension) {
  while (power_ * 2 <= dimension) power_ *= 2;
  scale_ = 1 / std::sqrt(static_cast<float>(power_));
  RandomSequence random(seed);
  for (std::vector<float>& signs : signs_) {
    signs.resize(dimension);
    for (float& sign : signs) sign = (random.Next() >> 63) != 0 ? 1.F : -1.F;
  }
}

void Rotation::Apply(const Kernels& kernels, float* x) const {
  for (std::size_t round = 0; round < kRounds; ++round) {
    const float* signs = signs_[round].data();
    for (std::size_t i = 0; i < dimension_; ++i) x[i] *= signs[i];
    kernels.hadamard(round % 2 == 0 ? x : x + (dimension_ - power_), power_, scale_);
  }
}

}  // namespace lakehouse::vector
