#include "diversity.h"

#include <algorithm>
#include <cmath>

namespace lakehouse::matrix {
namespace {

double Cosine(const embed::Embedding& a, const embed::Embedding& b) {
  double product = 0, of_a = 0, of_b = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    product += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    of_a += static_cast<double>(a[i]) * static_cast<double>(a[i]);
    of_b += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return of_a > 0 && of_b > 0 ? product / std::sqrt(of_a * of_b) : 0;
}

}  // namespace

std::vector<Placed> Diversify(const std::vector<Contender>& contenders, double diversity, std::size_t count) {
  std::vector<Placed> waiting(contenders.size()), placed;
  for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i] = {.contender = i, .score = 0, .likeness = 0, .like = {}};
  for (Placed& one : waiting) one.score = (1 - diversity) * contenders[one.contender].score;
  while (!waiting.empty() && placed.size() < count) {
    const auto best = std::max_element(waiting.begin(), waiting.end(), [](const Placed& a, const Placed& b) { return a.score < b.score; });
    const Placed next = *best;
    placed.push_back(next);
    waiting.erase(best);
    const auto& vector = contenders[next.contender].vector;
    for (Placed& one : waiting) {
      const Contender& contender = contenders[one.contender];
      if (!vector || !contender.vector) continue;
      const double likeness = Cosine(*vector, *contender.vector);
      if (likeness <= one.likeness) continue;
      one.likeness = likeness;
      one.like = next.contender;
      one.score = (1 - diversity) * contender.score - diversity * likeness;
    }
  }
  return placed;
}

}  // namespace lakehouse::matrix
