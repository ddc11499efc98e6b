#include "truncated_svd.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "parallel_blocks.h"

namespace lakehouse::embed {
namespace {

constexpr std::uint32_t kOversampling = 20;
constexpr int kPowerIterations = 5;
constexpr int kMostSweeps = 30;
constexpr std::size_t kRowsPerBlock = 64;

/// Row after row.
struct Dense {
  std::size_t rows = 0, width = 0;
  std::vector<double> values;
  Dense(std::size_t r, std::size_t w) : rows(r), width(w), values(r * w) {}
  double* Row(std::size_t i) { return values.data() + i * width; }
  const double* Row(std::size_t i) const { return values.data() + i * width; }
};

void AddScaled(double* to, double factor, const double* from, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to[i] += factor * from[i];
}

SparseRows Transposed(const SparseRows& matrix) {
  SparseRows result;
  result.width = static_cast<std::uint32_t>(matrix.rows());
  result.starts.assign(matrix.width + 1, 0);
  for (const std::uint32_t column : matrix.columns) ++result.starts[column + 1];
  std::partial_sum(result.starts.begin(), result.starts.end(), result.starts.begin());
  result.columns.resize(matrix.columns.size());
  result.values.resize(matrix.values.size());
  std::vector<std::size_t> next(result.starts.begin(), result.starts.end() - 1);
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    for (std::size_t i = matrix.starts[row]; i < matrix.starts[row + 1]; ++i) {
      const std::size_t at = next[matrix.columns[i]]++;
      result.columns[at] = static_cast<std::uint32_t>(row);
      result.values[at] = matrix.values[i];
    }
  }
  return result;
}

Dense Multiply(const SparseRows& left, const Dense& right, unsigned threads) {
  Dense product(left.rows(), right.width);
  ParallelBlocks(left.rows(), kRowsPerBlock, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row)
      for (std::size_t i = left.starts[row]; i < left.starts[row + 1]; ++i)
        AddScaled(product.Row(row), static_cast<double>(left.values[i]), right.Row(left.columns[i]), right.width);
  });
  return product;
}

/// Transposed(m) * m. Each block of its rows is summed by one thread, over m's rows in their order.
Dense Gram(const Dense& m, unsigned threads) {
  Dense gram(m.width, m.width);
  ParallelBlocks(m.width, 24, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = 0; row < m.rows; ++row) {
      const double* values = m.Row(row);
      for (std::size_t a = begin; a < end; ++a)
        if (values[a] != 0) AddScaled(gram.Row(a) + a, values[a], values + a, m.width - a);
    }
  });
  for (std::size_t a = 0; a < m.width; ++a)
    for (std::size_t b = 0; b < a; ++b) gram.Row(a)[b] = gram.Row(b)[a];
  return gram;
}

/// The upper triangle U with transposed(U) * U = gram; what depends on columns before has a zero on the diagonal.
Dense Cholesky(Dense gram) {
  const std::size_t n = gram.rows;
  std::vector<double> first(n);
  for (std::size_t i = 0; i < n; ++i) first[i] = gram.Row(i)[i];
  for (std::size_t i = 0; i < n; ++i) {
    double* row = gram.Row(i);
    const bool depends = !(row[i] > 1e-11 * first[i]) || !(first[i] > 0);
    const double diagonal = depends ? 0 : std::sqrt(row[i]);
    for (std::size_t j = i + 1; j < n; ++j) row[j] = depends ? 0 : row[j] / diagonal;
    row[i] = diagonal;
    for (std::size_t k = i + 1; k < n; ++k)
      if (row[k] != 0) AddScaled(gram.Row(k) + k, -row[k], row + k, n - k);
  }
  return gram;
}

/// Makes the columns orthonormal; dependent ones become zero.
void Orthonormalize(Dense& m, unsigned threads) {
  const Dense upper = Cholesky(Gram(m, threads));
  ParallelBlocks(m.rows, kRowsPerBlock, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      double* values = m.Row(row);
      for (std::size_t a = 0; a < m.width; ++a) {
        const double diagonal = upper.Row(a)[a];
        values[a] = diagonal > 0 ? values[a] / diagonal : 0;
        if (values[a] != 0) AddScaled(values + a + 1, -values[a], upper.Row(a) + a + 1, m.width - a - 1);
      }
    }
  });
}

void RotateRows(double* p, double* q, double c, double s, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const double x = p[i], y = q[i];
    p[i] = c * x - s * y;
    q[i] = s * x + c * y;
  }
}

/// Jacobi's method: afterwards the diagonal of `m` has the eigenvalues, and the rows of the result the eigenvectors.
Dense Eigenvectors(Dense& m) {
  const std::size_t n = m.rows;
  Dense vectors(n, n);
  for (std::size_t i = 0; i < n; ++i) vectors.Row(i)[i] = 1;
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    bool rotated = false;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double off = m.Row(p)[q], a = m.Row(p)[p], b = m.Row(q)[q];
        if (std::abs(off) <= 1e-11 * std::sqrt(std::abs(a * b)) || std::abs(off) < 1e-290) continue;
        rotated = true;
        const double theta = (b - a) / (2 * off);
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        RotateRows(m.Row(p), m.Row(q), c, s, n);
        for (std::size_t i = 0; i < n; ++i) {
          double* row = m.Row(i);
          const double x = row[p], y = row[q];
          row[p] = c * x - s * y;
          row[q] = s * x + c * y;
        }
        RotateRows(vectors.Row(p), vectors.Row(q), c, s, n);
      }
    }
    if (!rotated) break;
  }
  return vectors;
}

/// Signs instead of Gaussians: as good for projections, and the same bits everywhere.
Dense RandomSigns(std::size_t rows, std::size_t width) {
  Dense signs(rows, width);
  std::uint64_t state = 42;
  for (double& value : signs.values) {
    state += 0x9e3779b97f4a7c15;  // SplitMix64
    std::uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    value = (z ^ z >> 31) >> 63 ? 1 : -1;
  }
  return signs;
}

void FixSigns(std::vector<float>& vectors, std::size_t width) {
  for (std::size_t c = 0; c < width; ++c) {
    float greatest = 0;
    for (std::size_t at = c; at < vectors.size(); at += width)
      if (std::abs(vectors[at]) > std::abs(greatest)) greatest = vectors[at];
    if (greatest < 0)
      for (std::size_t at = c; at < vectors.size(); at += width) vectors[at] = -vectors[at];
  }
}

/// right * eigenvectors / singular values, of the greatest ones.
std::vector<float> Project(const Dense& right, std::uint32_t dimensions, unsigned threads) {
  Dense gram = Gram(right, threads);
  const Dense eigenvectors = Eigenvectors(gram);
  std::vector<std::size_t> order(right.width);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return gram.Row(a)[a] > gram.Row(b)[b]; });
  const double least = 1e-10 * std::max(gram.Row(order[0])[order[0]], 0.0);
  Dense turn(right.width, dimensions);
  for (std::size_t c = 0; c < dimensions; ++c) {
    const double eigenvalue = gram.Row(order[c])[order[c]];
    if (!(eigenvalue > least)) continue;
    for (std::size_t a = 0; a < right.width; ++a) turn.Row(a)[c] = eigenvectors.Row(order[c])[a] / std::sqrt(eigenvalue);
  }
  std::vector<float> result(right.rows * dimensions);
  ParallelBlocks(right.rows, kRowsPerBlock, threads, [&](std::size_t begin, std::size_t end) {
    std::vector<double> row(dimensions);
    for (std::size_t i = begin; i < end; ++i) {
      std::fill(row.begin(), row.end(), 0);
      for (std::size_t a = 0; a < right.width; ++a) AddScaled(row.data(), right.Row(i)[a], turn.Row(a), dimensions);
      std::transform(row.begin(), row.end(), result.begin() + static_cast<std::ptrdiff_t>(i * dimensions),
                     [](double value) { return static_cast<float>(value); });
    }
  });
  FixSigns(result, dimensions);
  return result;
}

}  // namespace

Result<std::vector<float>> RightSingularVectors(const Context& context, const SparseRows& matrix, std::uint32_t dimensions,
                                                unsigned threads) {
  const SparseRows transposed = Transposed(matrix);
  Dense left = Multiply(matrix, RandomSigns(matrix.width, dimensions + kOversampling), threads);
  for (int i = 0; i < kPowerIterations; ++i) {
    LH_TRY(context.Check());
    Orthonormalize(left, threads);
    left = Multiply(matrix, Multiply(transposed, left, threads), threads);
  }
  Orthonormalize(left, threads);
  Orthonormalize(left, threads);  // what once is not enough for: nearly dependent columns
  LH_TRY(context.Check());
  return Project(Multiply(transposed, left, threads), dimensions, threads);
}

}  // namespace lakehouse::embed
