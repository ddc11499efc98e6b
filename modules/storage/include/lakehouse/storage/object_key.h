#pragma once
#include <cstddef>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::storage {

inline constexpr std::size_t kMaxKeyBytes = 1024;

/// The one rule for keys, the same for every store and every route: 1 to 1,024 bytes of valid UTF-8 (no surrogates, no
/// overlong forms), segments between slashes that are neither empty nor "." nor "..", so no slash at either end; no control
/// character (U+0000 to U+001F, U+007F to U+009F) and no backslash. kInvalidArgument with reason "invalid_key" says which of these.
Status ValidateKey(std::string_view key);

/// What List may start from or select: empty, or a text that some valid key starts with ("a", "a/", "a/b"). kInvalidArgument.
Status ValidateKeyPrefix(std::string_view prefix);

/// "_catalog/", "datasets/", …: what only the system itself writes; nothing when this key is the users'.
std::string_view ReservedPrefixOf(std::string_view key);

}  // namespace lakehouse::storage
