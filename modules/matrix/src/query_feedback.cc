#include "query_feedback.h"

#include <cmath>

namespace lakehouse::matrix {
namespace {

/// False: it is no direction.
bool Normalise(std::vector<double>& vector) {
  double squares = 0;
  for (const double one : vector) squares += one * one;
  if (!(squares > 0)) return false;
  for (double& one : vector) one /= std::sqrt(squares);
  return true;
}

}  // namespace

embed::Embedding MoveToward(const embed::Embedding& query, std::span<const Lead> leads, double share) {
  std::vector<double> mean(query.size(), 0);
  for (const Lead& lead : leads)
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += lead.weight * static_cast<double>(lead.vector[i]);
  if (!Normalise(mean)) return query;
  std::vector<double> moved(query.begin(), query.end());
  if (!Normalise(moved)) return query;
  for (std::size_t i = 0; i < moved.size(); ++i) moved[i] = (1 - share) * moved[i] + share * mean[i];
  if (!Normalise(moved)) return query;
  embed::Embedding result;
  for (const double one : moved) result.push_back(static_cast<float>(one));
  return result;
}

}  // namespace lakehouse::matrix
