#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::catalog {

/// Profiles and API keys as the log leaves them. Immutable once shared: a change makes another one.
struct AccessState {
  std::int64_t sequence = 0;                                         ///< of the record that changed it last; 0: none did
  std::map<std::pair<std::string, std::int64_t>, Profile> profiles;  ///< by name and version
  std::map<std::string, std::int64_t> active;                        ///< version by name
  std::map<std::string, ApiKey> keys;                                ///< by id
};
using AccessStateRef = std::shared_ptr<const AccessState>;

/// The versions of a profile that are kept: with the active one, these are what one can go back to.
inline constexpr std::size_t kKeptProfileVersions = 100;

/// The change with its versions assigned. Errors as in Catalog::ChangeAccess.
Result<AccessChange> PlanAccess(const AccessState& state, const ChangeAccessRequest& request);
/// The state after a change that was planned on the one before.
AccessStateRef ApplyAccess(const AccessState& state, const AccessChange& change, std::int64_t sequence);

}  // namespace lakehouse::catalog
