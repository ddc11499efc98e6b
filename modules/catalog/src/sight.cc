#include "lakehouse/catalog/sight.h"

#include <algorithm>

#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::catalog {
namespace {

/// Null hides more than a digest, a digest more than a mask; of two masks the one that keeps less.
bool HidesMore(const Redaction& a, const Redaction& b) {
  if (a.kind != b.kind) return a.kind < b.kind;
  return a.keep_prefix + a.keep_suffix < b.keep_prefix + b.keep_suffix;
}

void Intersect(std::vector<std::string>& columns, std::vector<std::string> others) {
  if (columns.empty()) {
    columns = std::move(others);
    return;
  }
  std::erase_if(columns, [&](const std::string& column) { return std::ranges::find(others, column) == others.end(); });
  if (columns.empty()) columns.emplace_back();  // none in common: a name that no column has
}

void AddRedaction(std::vector<Redaction>& redactions, Redaction redaction) {
  redaction.column = FoldName(redaction.column);
  const auto known = std::ranges::find(redactions, redaction.column, &Redaction::column);
  if (known == redactions.end())
    redactions.push_back(std::move(redaction));
  else if (HidesMore(redaction, *known))
    *known = std::move(redaction);
}

}  // namespace

bool FitsPattern(std::string_view pattern, std::string_view name) {
  const std::string p = FoldName(pattern), n = FoldName(name);
  std::size_t at = 0, in_name = 0, star = std::string::npos, resume = 0;
  while (in_name < n.size()) {
    if (at < p.size() && p[at] == '*') {
      star = at++;
      resume = in_name;
    } else if (at < p.size() && p[at] == n[in_name]) {
      ++at;
      ++in_name;
    } else if (star != std::string::npos) {
      at = star + 1;
      in_name = ++resume;
    } else {
      return false;
    }
  }
  while (at < p.size() && p[at] == '*') ++at;
  return at == p.size();
}

Sight Sight::Everything(std::string principal) {
  Sight sight;
  sight.principal_ = std::move(principal);
  sight.is_admin_ = true;
  return sight;
}

Sight Sight::OfKey(std::string principal, bool is_admin, std::shared_ptr<const Profile> profile) {
  Sight sight;
  sight.principal_ = std::move(principal);
  sight.is_admin_ = is_admin;
  if (profile) sight.label_ = profile->name + "@" + std::to_string(profile->version);
  sight.profile_ = std::move(profile);
  return sight;
}

bool Sight::restricted() const { return profile_ && (!profile_->datasets.empty() || !profile_->views.empty()); }

bool Sight::MaySee(std::string_view dataset) const {
  if (!profile_ || profile_->datasets.empty()) return true;
  return std::ranges::any_of(profile_->datasets, [&](const std::string& pattern) { return FitsPattern(pattern, dataset); });
}

std::optional<DatasetRule> Sight::RuleOf(std::string_view dataset) const {
  if (!profile_) return std::nullopt;
  std::optional<DatasetRule> rule;
  for (const SafeView& view : profile_->views) {
    if (!FitsPattern(view.dataset, dataset)) continue;
    if (!rule) rule.emplace();
    std::vector<std::string> columns;
    for (const std::string& column : view.columns) columns.push_back(FoldName(column));
    const bool exact = view.dataset.find('*') == std::string::npos;
    if (exact) rule->must_exist.insert(rule->must_exist.end(), columns.begin(), columns.end());
    if (!columns.empty()) Intersect(rule->columns, std::move(columns));
    if (!view.row_filter.empty()) rule->row_filters.push_back(view.row_filter);
    for (const Redaction& redaction : view.redactions) {
      if (exact) rule->must_exist.push_back(FoldName(redaction.column));
      AddRedaction(rule->redactions, redaction);
    }
  }
  return rule;
}

const ProfileLimits& Sight::limits() const {
  static const ProfileLimits kNone;
  return profile_ ? profile_->limits : kNone;
}

const std::string& Sight::bucket() const {
  static const std::string kNone;
  return profile_ ? profile_->bucket : kNone;
}

}  // namespace lakehouse::catalog
