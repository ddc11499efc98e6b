#include "lakehouse/catalog/dataset_name.h"

#include <algorithm>
#include <vector>

#include "lakehouse/base/uuid.h"

namespace lakehouse::catalog {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::string_view kReservedNames[] = {"system", "information_schema"};

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

Error BadName(std::string_view name, std::string_view why) {
  return Error(ErrorCode::kInvalidArgument,
               "\"" + std::string(name.substr(0, kMaxNameBytes)) + "\" is no name for a dataset: " + std::string(why))
      .Named("invalid_name");
}

/// Levenshtein distance, given up at `limit`.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() >= limit) return limit;
  std::vector<std::size_t> row(a.size() + 1);
  for (std::size_t i = 0; i <= a.size(); ++i) row[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::size_t diagonal = row[0];
    row[0] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[i];
      row[i] = std::min({row[i] + 1, row[i - 1] + 1, replaced});
    }
  }
  return std::min(row[a.size()], limit);
}

}  // namespace

Status CheckDatasetName(std::string_view name) {
  if (name.empty()) return BadName(name, "it is empty");
  if (name.size() > kMaxNameBytes) return BadName(name, "it has more than 128 characters");
  if (!IsLetterOrDigit(name.front())) return BadName(name, "it must begin with a letter or digit");
  if (!std::all_of(name.begin(), name.end(), [](char c) { return IsLetterOrDigit(c) || c == '_' || c == '-'; }))
    return BadName(name, "only letters, digits, '_' and '-' may stand in it");
  const std::string folded = FoldName(name);
  for (const std::string_view reserved : kReservedNames) {
    const bool taken = folded.starts_with(reserved) &&
                       (folded.size() == reserved.size() || folded[reserved.size()] == '_' || folded[reserved.size()] == '-');
    if (taken) return BadName(name, "names that begin with " + std::string(reserved) + " belong to the system");
  }
  return Ok{};
}

std::string FoldName(std::string_view name) {
  std::string folded(name);
  for (char& c : folded)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return folded;
}

std::string DatasetIdOf(std::string_view name) {
  static const Uuid kNamespace = *Uuid::Parse("a8f3c1d2-4e5b-5a6c-9d8e-7f0a1b2c3d4e");
  return Uuid::FromName(kNamespace, name).ToString();
}

NearestName::NearestName(std::string_view wanted) : wanted_(FoldName(wanted.substr(0, kMaxNameBytes))), distance_(wanted_.size() / 3 + 2) {}

void NearestName::Consider(std::string_view name) {
  const std::size_t distance = EditDistance(wanted_, FoldName(name), distance_);
  if (distance >= distance_) return;
  distance_ = distance;
  best_ = std::string(name);
}

}  // namespace lakehouse::catalog
