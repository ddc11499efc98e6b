#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/random.h"
#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/catalog/sight.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::catalog {

/// Principals of API keys are called "key:<id>"; no other principal is.
inline constexpr std::string_view kKeyPrincipal = "key:";

/// "lhk_<id>_<64 hex digits>_<8 hex digits>": the last are a checksum, so that a typing error is found without asking anybody.
struct NewToken {
  std::string id;
  Secret token;
};
/// `id` empty: a new one too.
NewToken MakeToken(Random& random, std::string id = {});
/// The id in a token that is well formed.
std::optional<std::string> IdOfToken(std::string_view token);

/// Profiles and API keys at one moment. Immutable.
class Access {
 public:
  Access() = default;
  explicit Access(LoadAccessResponse loaded);

  std::int64_t sequence() const { return sequence_; }
  /// The key that this token belongs to, unless it is revoked; null: none. Takes the same time whether the id is known or not.
  const ApiKey* FindToken(std::string_view token, std::int64_t now_micros) const;
  /// What a principal sees. kPermissionDenied, reason "key_revoked": its key is gone; "profile_missing": so is its profile.
  Result<Sight> SightOf(const std::string& principal) const;
  const std::map<std::string, ApiKey>& keys() const { return keys_; }
  /// By name; the active version.
  const std::map<std::string, std::shared_ptr<const Profile>>& active() const { return active_; }
  const std::vector<Profile>& profiles() const { return profiles_; }

 private:
  std::int64_t sequence_ = -1;
  std::map<std::string, ApiKey> keys_;
  std::vector<Profile> profiles_;
  std::map<std::string, std::shared_ptr<const Profile>> active_;
};

}  // namespace lakehouse::catalog
