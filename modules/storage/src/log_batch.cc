#include "log_batch.h"

#include <algorithm>
#include <charconv>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/uuid.h"

namespace lakehouse::storage {
namespace {

constexpr std::size_t kDigits = 20;
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kSumBytes = 8;  // of the CRC-32C of a line, in hex

std::string SumOf(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint32_t crc = Crc32c(text);
  std::string sum;
  for (int shift = 28; shift >= 0; shift -= 4) sum += kHex[(crc >> static_cast<unsigned>(shift)) & 15U];
  return sum;
}

void AddLine(std::string& octets, std::string_view text) { octets.append(SumOf(text)).append(" ").append(text).append("\n"); }

std::string HeadOf(const LogBatchName& name, const std::string& previous_sha256) {
  JsonWriter head;
  head.Open('{');
  head.Key("batch");
  head.Integer(name.number);
  head.Key("previous_sha256");
  head.String(previous_sha256);
  head.Key("version");
  head.Integer(1);
  head.Key("writer");
  head.String(name.writer);
  head.Close('}');
  return std::move(head).Take();
}

/// The text of a line that fits its sum; nothing otherwise.
std::optional<std::string_view> SoundText(std::string_view line) {
  if (line.size() <= kSumBytes || line[kSumBytes] != ' ') return std::nullopt;
  const std::string_view text = line.substr(kSumBytes + 1);
  if (SumOf(text) != line.substr(0, kSumBytes)) return std::nullopt;
  return text;
}

std::string Padded(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::optional<std::int64_t> NumberIn(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.size() != kDigits || error != std::errc() || end != digits.data() + digits.size() || number < 1) return std::nullopt;
  return number;
}

std::string PackHeadOf(const LogPackName& name, const std::vector<std::size_t>& lengths) {
  JsonWriter head;
  head.Open('{');
  head.Key("batches");
  head.Open('[');
  for (const std::size_t length : lengths) head.Integer(static_cast<std::int64_t>(length));
  head.Close(']');
  head.Key("first");
  head.Integer(name.first);
  head.Key("last");
  head.Integer(name.last);
  head.Key("version");
  head.Integer(1);
  head.Key("writer");
  head.String(name.writer);
  head.Close('}');
  return std::move(head).Take();
}

}  // namespace

std::string LogBatchKey(const std::string& prefix, const LogBatchName& name) {
  return prefix + name.writer + '/' + Padded(name.number) + std::string(kSuffix);
}

std::string LogPackKey(const std::string& prefix, const LogPackName& name) {
  return prefix + name.writer + '/' + Padded(name.first) + '-' + Padded(name.last) + std::string(kSuffix);
}

std::optional<LogPackName> ParseLogPackKey(const std::string& prefix, std::string_view key) {
  constexpr std::size_t kUuidBytes = 36;
  if (!key.starts_with(prefix) || !key.ends_with(kSuffix)) return std::nullopt;
  const std::string_view rest = key.substr(prefix.size());
  if (rest.size() != kUuidBytes + 1 + 2 * kDigits + 1 + kSuffix.size() || rest[kUuidBytes] != '/' || rest[kUuidBytes + 1 + kDigits] != '-')
    return std::nullopt;
  const auto first = NumberIn(rest.substr(kUuidBytes + 1, kDigits)), last = NumberIn(rest.substr(kUuidBytes + 2 + kDigits, kDigits));
  const std::string writer(rest.substr(0, kUuidBytes));
  if (!first || !last || *first >= *last || !Uuid::Parse(writer)) return std::nullopt;
  return LogPackName{writer, *first, *last};
}

std::string EncodeLogPack(const LogPackName& name, const std::vector<std::string>& batches) {
  std::vector<std::size_t> lengths;
  for (const std::string& batch : batches) lengths.push_back(batch.size());
  std::string octets;
  AddLine(octets, PackHeadOf(name, lengths));
  for (const std::string& batch : batches) octets += batch;
  return octets;
}

Result<std::vector<LogPackPart>> DecodeLogPack(const LogPackName& name, std::string_view octets) {
  const auto bad = [](const char* why) { return Error(ErrorCode::kCorruption, why).Named("corrupt_object"); };
  const std::size_t end = octets.find('\n');
  const auto text = SoundText(octets.substr(0, end));
  if (end == std::string_view::npos || !text) return bad("its first line does not fit its sum");
  const auto head = JsonDocument::Parse(*text);
  const auto items = head ? head->root().Find("batches") : std::nullopt;
  std::vector<std::size_t> lengths;
  if (items)
    LH_TRY(items->ForEachElement([&](JsonView item) -> Status {
      lengths.push_back(static_cast<std::size_t>(std::max<std::int64_t>(0, item.AsInteger().value_or(0))));
      return Ok{};
    }));
  if (*text != PackHeadOf(name, lengths) || static_cast<std::int64_t>(lengths.size()) != name.last - name.first + 1)
    return bad("it is another pack");
  std::vector<LogPackPart> parts;
  std::size_t at = end + 1;
  for (const std::size_t length : lengths) {
    if (length > octets.size() - at) return bad("it is shorter than its first line says");
    parts.push_back({at, octets.substr(at, length)});
    at += length;
  }
  if (at != octets.size()) return bad("it is longer than its first line says");
  return parts;
}

std::optional<LogBatchName> ParseLogBatchKey(const std::string& prefix, std::string_view key) {
  constexpr std::size_t kUuidBytes = 36;
  if (!key.starts_with(prefix) || !key.ends_with(kSuffix)) return std::nullopt;
  const std::string_view rest = key.substr(prefix.size());
  if (rest.size() != kUuidBytes + 1 + kDigits + kSuffix.size() || rest[kUuidBytes] != '/') return std::nullopt;
  const auto number = NumberIn(rest.substr(kUuidBytes + 1, kDigits));
  const std::string writer(rest.substr(0, kUuidBytes));
  if (!number || !Uuid::Parse(writer)) return std::nullopt;
  return LogBatchName{writer, *number};
}

std::string EncodeLogBatch(const LogBatchName& name, const std::string& previous_sha256, const std::vector<std::string>& records) {
  std::string octets;
  AddLine(octets, HeadOf(name, previous_sha256));
  for (const std::string& record : records) AddLine(octets, record);
  return octets;
}

DecodedLogBatch DecodeLogBatch(const LogBatchName& name, std::string_view octets) {
  DecodedLogBatch batch;
  bool is_damage = false;  // what begins at torn_at
  for (std::size_t at = 0; at < octets.size();) {
    const std::size_t end = octets.find('\n', at);
    const bool is_whole = end != std::string_view::npos;
    const std::optional<std::string_view> text = is_whole ? SoundText(octets.substr(at, end - at)) : std::nullopt;
    if (!text) {
      if (!batch.torn_at) batch.torn_at = at;
      // What tears leaves a line without its end. One that has an end, or lacks nothing but the right one, was whole once.
      is_damage = is_damage || is_whole || SoundText(octets.substr(at, octets.size() - at - 1));
    } else {
      if (batch.torn_at) batch.damages.push_back({*batch.torn_at, "does not fit its sum"});
      batch.torn_at.reset();
      is_damage = false;
      if (at > 0) {
        batch.records.emplace_back(*text);
      } else {
        const auto head = JsonDocument::Parse(*text);
        const auto previous = head ? head->root().Find("previous_sha256") : std::nullopt;
        if (previous) batch.previous_sha256 = std::string(previous->AsString().value_or(""));
        if (!previous || *text != HeadOf(name, *batch.previous_sha256)) batch.damages.push_back({0, "belongs to another batch"});
      }
    }
    at = is_whole ? end + 1 : octets.size();
  }
  if (is_damage) {
    batch.damages.push_back({*batch.torn_at, "does not fit its sum"});
    batch.torn_at.reset();
  }
  if (octets.empty()) batch.torn_at = 0;
  return batch;
}

}  // namespace lakehouse::storage
