#pragma once
#include <cstdint>
#include <vector>

#include "kernels.h"

namespace lakehouse::vector {

/// A random rotation: four rounds of random sign flips and Hadamard transforms, in d log d steps. Afterwards the components of any
/// vector look drawn from one normal distribution, so that one bit or one octet each describes them well. The same dimension and seed
/// are the same rotation for ever: sidecars store the seed only.
class Rotation {
 public:
  Rotation(std::size_t dimension, std::uint64_t seed);
  /// In place; x has `dimension` components, 64-aligned.
  void Apply(const Kernels& kernels, float* x) const;

 private:
  static constexpr std::size_t kRounds = 4;
  std::size_t dimension_;
  std::size_t power_ = 1;  // the largest power of two within the dimension; rounds alternate between the first and the last `power_`
  float scale_ = 1;
  std::vector<float> signs_[kRounds];
};

}  // namespace lakehouse::vector
