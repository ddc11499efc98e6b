#include "lakehouse/catalog/dataset_name.h"

#include <algorithm>

#include "lakehouse/base/edit_distance.h"
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
