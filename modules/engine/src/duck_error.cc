#include "duck_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "lakehouse/base/json_view.h"

namespace lakehouse::engine {

namespace {

constexpr std::string_view kEngineFault = "engine_fault";
constexpr std::string_view kOfTheGrammar = "SYNTAX_ERROR";  // DuckDB's subtype

struct Kind {
  std::string_view name;  // DuckDB's spelling, lower case
  ErrorCode code;
  std::string_view reason;
};

// What is not listed is the statement's fault: most kinds are.
constexpr Kind kKinds[] = {
    {"out of memory", ErrorCode::kResourceExhausted, "out_of_memory"},
    {"interrupt", ErrorCode::kCancelled, ""},
    {"internal", ErrorCode::kInternal, kEngineFault},
    {"fatal", ErrorCode::kInternal, kEngineFault},
    {"io", ErrorCode::kUnavailable, "io"},
    {"permission", ErrorCode::kPermissionDenied, ""},
    {"not implemented", ErrorCode::kInvalidArgument, "not_implemented"},
};

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

bool Contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// How messages about damaged files begin. What stands further on may be quoted from the data or the statement, where "corrupt" is a word.
constexpr std::string_view kDamage[] = {"No magic bytes found",
                                        "TProtocolException",
                                        "Parquet file",
                                        "Malformed Parquet",
                                        "Failed to decode LEB128",
                                        "Failed to scan dictionary string",
                                        "Corrupt",
                                        "corrupt database file"};

/// Such files come from the lake, not from the statement. What the system refuses is no damage; a read past the end is.
bool IsDamage(std::string_view name, std::string_view message) {
  if (name == "io")
    return !Contains(message, "No space left") && !Contains(message, "Input/output error") && !Contains(message, "Too many open files") &&
           !Contains(message, "Permission denied") && !Contains(message, "Cannot open file") && !Contains(message, "Could not write");
  return std::ranges::any_of(kDamage, [&](std::string_view words) { return message.starts_with(words); }) ||
         (message.starts_with("File '") && Contains(message, "too small to be a Parquet file")) ||
         (message.starts_with("Failed to read file ") && Contains(message, "ecompression failure")) ||
         message.starts_with("ZSTD Decompression failure");
}

/// Advice to change settings is of no use to a caller, who may not; and a parser whose stack is full is not what a reader calls memory.
std::string ForCallers(std::string message) {
  for (const std::string_view advice : {"\n\nPossible solutions:", " Use \"SET "})
    message.resize(std::min(message.find(advice), message.size()));
  constexpr std::string_view kStackFull = "memory exhausted at or near";
  if (message.starts_with(kStackFull)) message.replace(0, kStackFull.size(), "the statement is nested too deep to be read, at or near");
  return message;
}

Error MakeError(std::string_view type, std::string message) {
  const std::string name = Lower(type);
  message = ForCallers(std::move(message));
  if (IsDamage(name, message)) return Error(ErrorCode::kCorruption, std::move(message)).Named("unreadable_file");
  for (const Kind& kind : kKinds) {
    if (kind.name != name) continue;
    if (kind.code == ErrorCode::kUnavailable && Contains(message, "No space left"))
      return Error(kind.code, std::move(message)).Named("disk_full");
    Error error(kind.code, std::move(message));
    return kind.reason.empty() ? error : std::move(error).Named(std::string(kind.reason));
  }
  std::string reason = name;
  std::replace(reason.begin(), reason.end(), ' ', '_');
  return Error(ErrorCode::kInvalidArgument, std::move(message)).Named(std::move(reason));
}

/// The octet at which a character of UTF-8 begins.
std::uint64_t OctetOf(std::string_view text, std::uint64_t character) {
  std::size_t at = 0;
  for (; at < text.size() && character > 0; --character) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
  }
  return at;
}

}  // namespace

Error DuckError(const char* text, std::string_view statement) {
  const std::string_view whole = text == nullptr ? "" : text;
  const std::size_t brace = whole.find('{');
  const Result<JsonDocument> document = JsonDocument::Parse(brace == std::string_view::npos ? "null" : whole.substr(brace));
  const auto field = [&document](std::string_view key) -> std::string {
    if (!document) return "";
    const auto value = document->root().Find(key);
    return value ? std::string(value->AsString().value_or("")) : "";
  };
  // The two spellings: of errors_as_json, and of json_serialize_sql.
  const std::string type = field("exception_type").empty() ? field("error_type") : field("exception_type");
  const std::string message = field("exception_message").empty() ? field("error_message") : field("exception_message");
  if (type.empty()) {  // plain text: made outside the usual path, "Out of Memory Error: …"
    const std::size_t end = whole.find(" Error: ");
    return end == std::string_view::npos ? MakeError("invalid", std::string(whole))
                                         : MakeError(whole.substr(0, end), std::string(whole.substr(end + 8)));
  }
  Error error = MakeError(type, message);
  std::uint64_t position = 0;
  const std::string digits = field("position");
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), position);
  if (digits.empty() || read.ec != std::errc()) return error;
  if (!statement.empty() && field("error_subtype") == kOfTheGrammar) position = OctetOf(statement, position);
  return std::move(error).WithDetails(fmt::format("{{\"position\":{}}}", position));
}

bool EndsTheEngine(const Error& error) { return error.code() == ErrorCode::kInternal && error.reason() == kEngineFault; }

}  // namespace lakehouse::engine
