#include "byte_range_header.h"

#include <algorithm>
#include <charconv>

namespace lakehouse::storage {
namespace {

/// Digits only; a number beyond 64 bits is as good as the largest.
std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? number : UINT64_MAX;
}

}  // namespace

RequestedRange ParseRange(std::optional<std::string_view> header, std::uint64_t size_bytes) {
  using Kind = RequestedRange::Kind;
  constexpr std::string_view kUnit = "bytes=";
  if (!header || !header->starts_with(kUnit)) return {};
  const std::string_view range = header->substr(kUnit.size());
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return {};
  const std::optional<std::uint64_t> first = ParseNumber(range.substr(0, dash));
  const std::optional<std::uint64_t> last = ParseNumber(range.substr(dash + 1));

  if (dash == 0) {  // the last so many
    if (!last) return {};
    const std::uint64_t length = std::min(*last, size_bytes);
    if (length == 0) return {Kind::kUnsatisfiable};
    return {Kind::kPart, size_bytes - length, length};
  }
  const bool open_end = dash + 1 == range.size();
  if (!first || (!last && !open_end) || (last && *last < *first)) return {};
  if (*first >= size_bytes) return {Kind::kUnsatisfiable};
  const std::uint64_t end = open_end ? size_bytes : std::min(*last, size_bytes - 1) + 1;
  return {Kind::kPart, *first, end - *first};
}

}  // namespace lakehouse::storage
