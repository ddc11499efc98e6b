#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"
#include "store_access.h"

/// `_catalog/format.json`: the layout this lake is written in, and which lake it is.
namespace lakehouse::catalog {

inline constexpr std::string_view kFormatKey = "_catalog/format.json";
inline constexpr std::int64_t kLayoutVersion = 1;

struct LakeFormat {
  std::string lake_id;
  std::int64_t layout_version = kLayoutVersion;
};

std::string EncodeFormat(const LakeFormat& format);
/// kCorruption: unreadable. kUnprocessable, reason "layout_version": written by a newer version.
Result<LakeFormat> DecodeFormat(std::string_view octets);
/// Nothing when there is none.
Result<std::optional<LakeFormat>> LoadFormat(const Context& context, storage::ObjectStore& store, const RetryOptions& retry);
/// Makes it, unless somebody else was first: then theirs.
Result<LakeFormat> CreateFormat(const Context& context, storage::ObjectStore& store, const LakeFormat& wanted, const RetryOptions& retry);

}  // namespace lakehouse::catalog
