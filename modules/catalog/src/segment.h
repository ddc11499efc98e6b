#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/catalog/table_codec.h"

/// A thousand records in one object, octet for octet. docs/formats/segment.md describes it.
namespace lakehouse::catalog {

inline constexpr std::int64_t kSegmentRecords = 1000;
inline constexpr std::string_view kSegmentPrefix = "_catalog/segments/";

/// Which records an object holds; its digest stands in its name, so nothing that is damaged is ever decoded.
struct SegmentName {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string sha256;
  std::string Key() const;
};
/// Nothing when the key is no segment's.
std::optional<SegmentName> ParseSegmentKey(std::string_view key);

/// `records` are the octets of the records from `first` on.
Result<std::string> EncodeSegment(const Context& context, TableCodec& codec, std::int64_t first, const std::vector<std::string>& records);
/// kCorruption: not the records that the name promises.
Result<std::vector<std::string>> DecodeSegment(const Context& context, TableCodec& codec, const SegmentName& name, std::string_view octets);

}  // namespace lakehouse::catalog
