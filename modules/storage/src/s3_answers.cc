#include "s3_answers.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "xml_reader.h"

namespace lakehouse::storage {
namespace {

constexpr std::size_t kMostMessage = 500;
constexpr std::int64_t kMicros = 1'000'000;

Error BadAnswer(const std::string& what) { return Error(ErrorCode::kCorruption, "the S3 server's answer " + what).Named("bad_answer"); }

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// As in a query: '+' is a blank, a '+' of the key is %2B.
std::optional<std::string> DecodeKey(std::string_view text) {
  std::string key;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      key += text[at] == '+' ? ' ' : text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    unsigned octet = 0;
    const char* digits = text.data() + at + 1;
    if (std::from_chars(digits, digits + 2, octet, 16).ptr != digits + 2) return std::nullopt;
    key += static_cast<char>(octet);
    at += 2;
  }
  return key;
}

std::optional<std::int64_t> MicrosOf(int year, unsigned month, unsigned day, int hour, int minute, int second) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * kMicros;
}

Result<S3ListedObject> ReadListed(const XmlElement& contents, bool is_encoded) {
  S3ListedObject object;
  const XmlElement* key = contents.Find("Key");
  if (key == nullptr) return BadAnswer("lists an object without a key");
  const std::optional<std::string> decoded = is_encoded ? DecodeKey(key->text) : key->text;
  if (!decoded) return BadAnswer("lists a key that is not encoded as it says");
  object.key = *decoded;
  const auto size = ParseNumber<std::uint64_t>(contents.TextOf("Size"));
  if (!size) return BadAnswer("lists an object without a size");
  object.size_bytes = *size;
  object.modified_micros = ParseIsoTime(contents.TextOf("LastModified")).value_or(0);
  return object;
}

}  // namespace

S3Refusal ReadRefusal(std::string_view body) {
  const Result<XmlElement> root = ReadXml(body);
  if (!root || root->name != "Error") return {};
  return {std::string(root->TextOf("Code")), std::string(root->TextOf("Message").substr(0, kMostMessage))};
}

Result<S3Listing> ReadListing(std::string_view body) {
  const XmlElement root = LH_TRY(ReadXml(body));
  if (root.name != "ListBucketResult") return BadAnswer("is <" + root.name + "> where a list must stand");
  S3Listing listing;
  const bool is_encoded = root.TextOf("EncodingType") == "url";
  const std::string_view truncated = root.TextOf("IsTruncated");
  if (truncated != "true" && truncated != "false") return BadAnswer("does not say whether the list goes on");
  listing.is_truncated = truncated == "true";
  listing.continuation_token = root.TextOf("NextContinuationToken");
  for (const XmlElement& child : root.children)
    if (child.name == "Contents") listing.objects.push_back(LH_TRY(ReadListed(child, is_encoded)));
  return listing;
}

Result<std::string> ReadUploadId(std::string_view body) {
  const XmlElement root = LH_TRY(ReadXml(body));
  if (root.name != "InitiateMultipartUploadResult" || root.TextOf("UploadId").empty()) return BadAnswer("names no upload");
  return std::string(root.TextOf("UploadId"));
}

Status ReadCompletion(std::string_view body) {
  const XmlElement root = LH_TRY(ReadXml(body));
  if (root.name != "CompleteMultipartUploadResult") return BadAnswer("is <" + root.name + "> and not the end of an upload");
  return Ok{};
}

std::optional<std::int64_t> ParseHttpDate(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[19] != ':' || text[22] != ':')
    return std::nullopt;
  const std::size_t month = kMonths.find(text.substr(8, 3));
  const auto day = ParseNumber<unsigned>(text.substr(5, 2));
  const auto year = ParseNumber<int>(text.substr(12, 4));
  const auto hour = ParseNumber<int>(text.substr(17, 2));
  const auto minute = ParseNumber<int>(text.substr(20, 2));
  const auto second = ParseNumber<int>(text.substr(23, 2));
  if (month == std::string_view::npos || month % 3 != 0 || !day || !year || !hour || !minute || !second) return std::nullopt;
  return MicrosOf(*year, static_cast<unsigned>(month / 3 + 1), *day, *hour, *minute, *second);
}

std::optional<std::int64_t> ParseIsoTime(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text.back() != 'Z')
    return std::nullopt;
  const auto year = ParseNumber<int>(text.substr(0, 4));
  const auto month = ParseNumber<unsigned>(text.substr(5, 2));
  const auto day = ParseNumber<unsigned>(text.substr(8, 2));
  const auto hour = ParseNumber<int>(text.substr(11, 2));
  const auto minute = ParseNumber<int>(text.substr(14, 2));
  const auto second = ParseNumber<int>(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  std::int64_t fraction = 0;
  if (text.size() > 20) {
    const std::string digits = std::string(text.substr(20, std::min<std::size_t>(text.size() - 21, 6)));
    const auto number = ParseNumber<std::int64_t>(digits + std::string(6 - digits.size(), '0'));
    if (text[19] != '.' || digits.empty() || !number) return std::nullopt;
    fraction = *number;
  }
  const auto whole = MicrosOf(*year, *month, *day, *hour, *minute, *second);
  return whole ? std::optional(*whole + fraction) : std::nullopt;
}

}  // namespace lakehouse::storage
