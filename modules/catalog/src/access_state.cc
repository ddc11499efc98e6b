#include "access_state.h"

#include <algorithm>

#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::catalog {
namespace {

constexpr std::size_t kMaxName = 100;
constexpr std::size_t kMaxList = 1'000;
constexpr std::size_t kMaxFilter = 4'096;
constexpr std::size_t kMaxKeys = 10'000;
constexpr std::int64_t kMaxKept = 1'000;

Error BadAccess(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

bool IsName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

Status CheckView(const SafeView& view) {
  if (view.dataset.empty()) return BadAccess("a view names the datasets it is for: a name, or a pattern such as \"hr_*\"");
  if (view.row_filter.size() > kMaxFilter) return BadAccess("the row filter is longer than 4,096 octets");
  if (view.columns.size() > kMaxList || view.redactions.size() > kMaxList) return BadAccess("a view may name 1,000 columns");
  for (const Redaction& redaction : view.redactions) {
    if (redaction.column.empty()) return BadAccess("a redaction names its column");
    if (redaction.keep_prefix < 0 || redaction.keep_suffix < 0 || redaction.keep_prefix > kMaxKept || redaction.keep_suffix > kMaxKept)
      return BadAccess("a mask keeps 0 to 1,000 characters at each end");
  }
  return Ok{};
}

Status CheckProfile(const Profile& profile) {
  if (!IsName(profile.name)) return BadAccess("a profile's name has 1 to 100 letters, digits and any of _ - .");
  if (profile.version != 0) return BadAccess("the version of a profile is assigned; leave it 0");
  if (profile.datasets.size() > kMaxList || profile.views.size() > kMaxList)
    return BadAccess("a profile may have 1,000 datasets and views");
  for (const std::string& pattern : profile.datasets)
    if (pattern.empty()) return BadAccess("a dataset's name in a profile is empty");
  for (const SafeView& view : profile.views) LH_TRY(CheckView(view));
  const ProfileLimits& limits = profile.limits;
  for (const auto& limit : {limits.memory_bytes, limits.timeout_ms, limits.max_rows, limits.concurrency})
    if (limit && *limit < 1) return BadAccess("a limit of a profile is at least 1");
  return Ok{};
}

Error NoSuchProfile(const std::string& name) {
  return Error(ErrorCode::kNotFound, "there is no profile \"" + name + "\"").Named("profile_not_found");
}

Status CheckKey(const AccessState& state, const ApiKey& key, bool is_new) {
  const auto known = state.keys.find(key.id);
  if (is_new && known != state.keys.end()) return Error(ErrorCode::kAlreadyExists, "there is a key " + key.id + " already");
  if (!is_new && known == state.keys.end()) return Error(ErrorCode::kNotFound, "there is no key " + key.id).Named("key_not_found");
  if (!is_new && known->second.revoked_micros && !key.revoked_micros) return BadAccess("a revoked key stays revoked; create another one");
  if (state.keys.size() >= kMaxKeys && is_new) return Error(ErrorCode::kTooLarge, "there are 10,000 keys; more are not kept");
  if (!IsName(key.id)) return BadAccess("a key's id has 1 to 100 letters, digits and any of _ - .");
  if (key.name.size() > kMaxName) return BadAccess("a key's name has at most 100 octets");
  if (key.sha256.size() != 64) return BadAccess("a key has the SHA-256 of its token");
  if (key.scopes.empty()) return BadAccess("a key needs a scope: read, write or admin");
  const bool is_admin = std::ranges::find(key.scopes, Scope::kAdmin) != key.scopes.end();
  if (is_admin && !key.profile.empty())
    return BadAccess("an admin key could change its own profile, so it has none; give it read and write, or no profile");
  if (!key.profile.empty() && !key.revoked_micros && !state.active.contains(key.profile)) return NoSuchProfile(key.profile);
  return Ok{};
}

std::int64_t NewestVersion(const AccessState& state, const std::string& name) {
  auto after = state.profiles.upper_bound({name, INT64_MAX});
  if (after == state.profiles.begin()) return 0;
  --after;
  return after->first.first == name ? after->first.second : 0;
}

void ForgetOldest(AccessState& state, const std::string& name) {
  const auto begin = state.profiles.lower_bound({name, 0});
  const auto end = state.profiles.upper_bound({name, INT64_MAX});
  if (static_cast<std::size_t>(std::distance(begin, end)) <= kKeptProfileVersions) return;
  for (auto oldest = begin; oldest != end; ++oldest) {
    if (oldest->first.second == state.active[name]) continue;
    state.profiles.erase(oldest);
    return;
  }
}

}  // namespace

Result<AccessChange> PlanAccess(const AccessState& state, const ChangeAccessRequest& request) {
  AccessChange change = request.change;
  if (!change.profile && !change.activation && !change.key) return BadAccess("nothing is to be changed");
  if (change.profile) {
    LH_TRY(CheckProfile(*change.profile));
    change.profile->version = NewestVersion(state, change.profile->name) + 1;
    // The first version is in force from the start: a profile without one would mean nothing.
    if (change.profile->version == 1 && !change.activation) change.activation = ProfileActivation{change.profile->name, 0};
  }
  if (change.activation) {
    const bool of_this = change.profile && change.profile->name == change.activation->name && change.activation->version == 0;
    if (of_this) change.activation->version = change.profile->version;
    if (!of_this && !state.profiles.contains({change.activation->name, change.activation->version}))
      return Error(ErrorCode::kNotFound,
                   "profile \"" + change.activation->name + "\" has no version " + std::to_string(change.activation->version))
          .Named("profile_not_found");
  }
  if (change.key) LH_TRY(CheckKey(state, *change.key, request.is_new));
  return change;
}

AccessStateRef ApplyAccess(const AccessState& state, const AccessChange& change, std::int64_t sequence) {
  auto next = std::make_shared<AccessState>(state);
  next->sequence = sequence;
  if (change.profile) next->profiles[{change.profile->name, change.profile->version}] = *change.profile;
  if (change.activation) next->active[change.activation->name] = change.activation->version;
  if (change.profile) ForgetOldest(*next, change.profile->name);
  if (change.key) next->keys[change.key->id] = *change.key;
  return next;
}

}  // namespace lakehouse::catalog
