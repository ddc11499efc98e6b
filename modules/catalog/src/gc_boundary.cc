#include "gc_boundary.h"

#include <charconv>

#include "lakehouse/base/hash.h"

namespace lakehouse::catalog {
namespace {

constexpr std::string_view kBoundaryStart = "{\"boundary\":";

}  // namespace

std::string EncodeBoundary(std::int64_t boundary) {
  const std::string number = std::to_string(boundary);
  return std::string(kBoundaryStart) + number + ",\"sha256\":\"" + Sha256Hex(number) + "\"}";
}

Result<std::int64_t> DecodeBoundary(std::string_view octets) {
  std::int64_t boundary = -1;
  if (octets.starts_with(kBoundaryStart)) {
    const std::string_view rest = octets.substr(kBoundaryStart.size());
    std::from_chars(rest.data(), rest.data() + rest.size(), boundary);
  }
  if (boundary < 0 || octets != EncodeBoundary(boundary))
    return Error(ErrorCode::kCorruption, "object " + std::string(kBoundaryKey) + " is damaged").Named("corrupt_object");
  return boundary;
}

}  // namespace lakehouse::catalog
