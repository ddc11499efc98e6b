#pragma once
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace lakehouse::vector {

/// Seeded rows for tests, row major.
class RandomVectors {
 public:
  RandomVectors(std::uint32_t dimension, std::uint64_t seed) : dimension_(dimension), random_(seed) {}

  /// Independent normal components: the hardest there is, no structure at all.
  std::vector<float> Isotropic(std::size_t rows) {
    std::vector<float> out(rows * dimension_);
    for (float& value : out) value = normal_(random_);
    return out;
  }

  /// Rows around `clusters` centres that lie `shift` off the origin; what embeddings look like from afar.
  std::vector<float> Clustered(std::size_t rows, std::size_t clusters, float shift = 0) {
    if (centers_.size() != clusters * dimension_) centers_ = Isotropic(clusters);
    std::vector<float> out(rows * dimension_);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::size_t cluster = random_() % clusters;
      for (std::size_t i = 0; i < dimension_; ++i)
        out[row * dimension_ + i] = centers_[cluster * dimension_ + i] + .6F * normal_(random_) + (i % 3 == 0 ? shift : 0);
    }
    return out;
  }

  std::mt19937_64& random() { return random_; }

 private:
  std::uint32_t dimension_;
  std::mt19937_64 random_;
  std::normal_distribution<float> normal_{0, 1};
  std::vector<float> centers_;
};

}  // namespace lakehouse::vector
