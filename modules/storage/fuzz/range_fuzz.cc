// A Range header, and eight octets for the size of the object: what is asked for lies inside the object, or is refused, or ignored.
#include <cstring>

#include "byte_range_header.h"
#include "fuzz_target.h"

using lakehouse::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::storage;
  using Kind = RequestedRange::Kind;
  std::uint64_t size_bytes = 0;
  if (size < sizeof size_bytes) return 0;
  std::memcpy(&size_bytes, data, sizeof size_bytes);
  const std::string_view header = lakehouse::fuzz::TextOf(data + sizeof size_bytes, size - sizeof size_bytes);
  for (const std::uint64_t object : {size_bytes, size_bytes % 100, std::uint64_t{0}}) {
    const RequestedRange range = ParseRange(header, object);
    if (range.kind == Kind::kPart) {
      Require(range.length > 0, "a part has octets");
      Require(range.offset < object && range.length <= object - range.offset, "a part lies inside the object");
    }
    Require(range.kind != Kind::kUnsatisfiable || header.starts_with("bytes="), "another unit is ignored");
  }
  return 0;
}
