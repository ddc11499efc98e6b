#include "lakehouse/catalog/access.h"

#include <algorithm>

#include "lakehouse/base/hash.h"

namespace lakehouse::catalog {
namespace {

constexpr std::string_view kTokenPrefix = "lhk_";
constexpr std::size_t kIdOctets = 5;
constexpr std::size_t kSecretOctets = 32;
constexpr std::size_t kTokenLength = 4 + 2 * kIdOctets + 1 + 2 * kSecretOctets + 1 + 8;

std::string Checksum(std::string_view text) {
  const std::uint32_t sum = Crc32c(text);
  std::string octets;
  for (int shift = 24; shift >= 0; shift -= 8) octets += static_cast<char>(sum >> shift & 0xFF);
  return ToHex(std::string_view(octets));
}

bool IsHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

NewToken MakeToken(Random& random, std::string id) {
  if (id.empty()) id = random.Hex(kIdOctets);
  const std::string text = std::string(kTokenPrefix) + id + "_" + random.Hex(kSecretOctets);
  return {std::move(id), Secret(text + "_" + Checksum(text))};
}

std::optional<std::string> IdOfToken(std::string_view token) {
  if (token.size() != kTokenLength || !token.starts_with(kTokenPrefix)) return std::nullopt;
  const std::size_t sum_at = kTokenLength - 8;
  if (token[sum_at - 1] != '_' || Checksum(token.substr(0, sum_at - 1)) != token.substr(sum_at)) return std::nullopt;
  const std::string_view id = token.substr(kTokenPrefix.size(), 2 * kIdOctets);
  if (!IsHex(id)) return std::nullopt;
  return std::string(id);
}

Access::Access(LoadAccessResponse loaded) : sequence_(loaded.sequence), profiles_(std::move(loaded.profiles)) {
  for (ApiKey& key : loaded.keys) {
    std::string id = key.id;
    keys_.emplace(std::move(id), std::move(key));
  }
  for (const ProfileActivation& active : loaded.active)
    for (const Profile& profile : profiles_)
      if (profile.name == active.name && profile.version == active.version) active_[active.name] = std::make_shared<const Profile>(profile);
}

const ApiKey* Access::FindToken(std::string_view token, std::int64_t now_micros) const {
  static const ApiKey kNobody{.sha256 = std::string(64, '-')};
  const auto id = IdOfToken(token);
  const std::string digest = Sha256Hex(token);
  const auto found = id ? keys_.find(*id) : keys_.end();
  const ApiKey& key = found == keys_.end() ? kNobody : found->second;
  const std::string_view old = key.old_sha256 ? std::string_view(*key.old_sha256) : std::string_view(kNobody.sha256);
  const bool is_this = EqualInConstantTime(digest, key.sha256);
  const bool is_old = EqualInConstantTime(digest, old) && now_micros < key.old_until_micros.value_or(0);
  if (found == keys_.end() || !(is_this || is_old) || key.revoked_micros) return nullptr;
  return &key;
}

Result<Sight> Access::SightOf(const std::string& principal) const {
  if (!principal.starts_with(kKeyPrincipal)) return Sight::Everything(principal);
  const auto found = keys_.find(principal.substr(kKeyPrincipal.size()));
  if (found == keys_.end() || found->second.revoked_micros)
    return Error(ErrorCode::kPermissionDenied, "the API key of this request is not valid any more").Named("key_revoked");
  const ApiKey& key = found->second;
  const bool is_admin = std::ranges::find(key.scopes, Scope::kAdmin) != key.scopes.end();
  if (key.profile.empty()) return Sight::OfKey(principal, is_admin, nullptr);
  const auto profile = active_.find(key.profile);
  if (profile == active_.end())
    return Error(ErrorCode::kPermissionDenied, "the profile of this API key is not there").Named("profile_missing");
  return Sight::OfKey(principal, is_admin, profile->second);
}

}  // namespace lakehouse::catalog
