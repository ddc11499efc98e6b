#include "lakehouse/storage/object_key.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "lakehouse/storage/bucket_key.h"

namespace lakehouse::storage {
namespace {

constexpr std::array<std::string_view, 10> kReservedPrefixes = {"_catalog/", "datasets/", "_vectors/", "_logs/",      "_errors/",
                                                                "_buckets/", "_corpora/", "_rescue/",  "_schedules/", "_bucket.json"};

Error InvalidKey(std::string_view what, std::string_view key, std::string_view why) {
  // Control characters and broken UTF-8 stay out of messages: they end up on terminals and in JSON.
  std::string shown;
  for (const char c : key.substr(0, 80)) shown += (c >= 0x20 && c < 0x7f) ? c : '?';
  if (key.size() > 80) shown += "...";
  return Error(ErrorCode::kInvalidArgument, std::string(what) + " \"" + shown + "\" " + std::string(why)).Named("invalid_key");
}

/// Takes one character off the front; nothing when it is not well-formed UTF-8 (table 3-7 of the Unicode standard).
std::optional<std::uint32_t> TakeCharacter(std::string_view& text) {
  const auto octet = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  if (first < 0x80) return text.remove_prefix(1), first;
  std::size_t length = 0;
  std::uint32_t smallest = 0;
  std::uint32_t character = 0;
  if (first >= 0xc2 && first <= 0xdf)
    length = 2, smallest = 0x80, character = first & 0x1fU;
  else if (first >= 0xe0 && first <= 0xef)
    length = 3, smallest = 0x800, character = first & 0x0fU;
  else if (first >= 0xf0 && first <= 0xf4)
    length = 4, smallest = 0x10000, character = first & 0x07U;
  else
    return std::nullopt;
  if (text.size() < length) return std::nullopt;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0U) != 0x80) return std::nullopt;
    character = (character << 6U) | (octet(i) & 0x3fU);
  }
  const bool surrogate = character >= 0xd800 && character <= 0xdfff;
  if (character < smallest || character > 0x10ffff || surrogate) return std::nullopt;
  text.remove_prefix(length);
  return character;
}

/// What must hold for keys and for the beginnings of keys.
Status ValidateCharacters(std::string_view what, std::string_view key) {
  // What names the bucket is no part of the key there.
  if (SplitBucketKey(key).key.size() > kMaxKeyBytes) {
    return InvalidKey(what, key, "has " + std::to_string(key.size()) + " bytes; at most " + std::to_string(kMaxKeyBytes) + " are allowed");
  }
  for (std::string_view rest = key; !rest.empty();) {
    const std::optional<std::uint32_t> character = TakeCharacter(rest);
    if (!character) return InvalidKey(what, key, "is not valid UTF-8");
    if (*character < 0x20 || (*character >= 0x7f && *character <= 0x9f)) return InvalidKey(what, key, "has a control character");
    if (*character == '\\') return InvalidKey(what, key, "has a backslash");
  }
  return Ok{};
}

Status ValidateSegment(std::string_view what, std::string_view key, std::string_view segment) {
  if (segment.empty()) return InvalidKey(what, key, "has an empty segment: no slash may begin or end it or follow another");
  if (segment == "." || segment == "..") return InvalidKey(what, key, "has the segment \"" + std::string(segment) + "\"");
  return Ok{};
}

/// All segments that a slash ends; `rest` is what follows the last slash.
Status ValidateEndedSegments(std::string_view what, std::string_view key, std::string_view& rest) {
  rest = key;
  for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
    LH_TRY(ValidateSegment(what, key, rest.substr(0, slash)));
    rest.remove_prefix(slash + 1);
  }
  return Ok{};
}

}  // namespace

Status ValidateKey(std::string_view key) {
  if (key.empty()) return InvalidKey("key", key, "is empty");
  LH_TRY(ValidateCharacters("key", key));
  std::string_view last;
  LH_TRY(ValidateEndedSegments("key", key, last));
  return ValidateSegment("key", key, last);
}

Status ValidateKeyPrefix(std::string_view prefix) {
  LH_TRY(ValidateCharacters("prefix", prefix));
  std::string_view rest;  // "..", say, may become "..data"
  return ValidateEndedSegments("prefix", prefix, rest);
}

std::string_view ReservedPrefixOf(std::string_view key) {
  const auto found =
      std::find_if(kReservedPrefixes.begin(), kReservedPrefixes.end(), [key](std::string_view p) { return key.starts_with(p); });
  return found == kReservedPrefixes.end() ? std::string_view{} : *found;
}

}  // namespace lakehouse::storage
