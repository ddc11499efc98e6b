#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace lakehouse::storage {

/// What a Range header asks for, of an object of a known size (RFC 9110, 14.1). One range only.
struct RequestedRange {
  enum class Kind {
    kWhole,          ///< no range, or one that may be ignored: another unit, several ranges, not well formed
    kPart,           ///< offset and length, inside the object
    kUnsatisfiable,  ///< well formed, but nothing of it is in the object: 416
  };
  Kind kind = Kind::kWhole;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

RequestedRange ParseRange(std::optional<std::string_view> header, std::uint64_t size_bytes);

}  // namespace lakehouse::storage
