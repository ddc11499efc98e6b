#include "json_text.h"

#include <cstring>

#include "duck.h"
#include "scalar_text.h"

namespace lakehouse::engine {

namespace {

/// True when any of the eight octets is a quote, a backslash or a control character. May be true for others, never false for these.
bool MayNeedEscape(const char* eight) {
  std::uint64_t word;
  std::memcpy(&word, eight, sizeof word);
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHigh = 0x8080808080808080;
  const std::uint64_t quote = word ^ (kOnes * '"');
  const std::uint64_t backslash = word ^ (kOnes * '\\');
  const std::uint64_t hit = ((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash);
  return (hit & kHigh) != 0;
}

void PutEscape(char c, Text& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': return out.Append("\\\"");
    case '\\': return out.Append("\\\\");
    case '\n': return out.Append("\\n");
    case '\r': return out.Append("\\r");
    case '\t': return out.Append("\\t");
    default: {
      const char escape[] = {'\\', 'u', '0', '0', kHex[c >> 4 & 15], kHex[c & 15]};
      return out.Append({escape, sizeof escape});
    }
  }
}

void WriteQuotedScalar(const Shape& shape, idx_t row, Text& out) {
  out.Put('"');
  WriteScalar(shape, row, Spelling::kIso, out);
  out.Put('"');
}

void WriteElements(const Shape& element, idx_t begin, idx_t count, Text& out) {
  out.Put('[');
  for (idx_t i = begin; i < begin + count && !out.overflowed(); ++i) {
    if (i != begin) out.Put(',');
    WriteJsonValue(element, i, out);
  }
  out.Put(']');
}

/// A STRUCT as an object; one without names, as row(1, 2) makes, as an array.
void WriteMembers(const Shape& shape, idx_t row, Text& out) {
  const bool named = shape.children.empty() || !shape.children.front().name.empty();
  out.Put(named ? '{' : '[');
  bool first = true;
  for (const Shape& member : shape.children) {
    if (!first) out.Put(',');
    first = false;
    if (named) {
      WriteJsonString(member.name, out);
      out.Put(':');
    }
    WriteJsonValue(member, row, out);
  }
  out.Put(named ? '}' : ']');
}

}  // namespace

void WriteJsonString(std::string_view utf8, Text& out) {
  if (!out.Fits(utf8.size() + 2)) return;
  out.Put('"');
  const char* at = utf8.data();
  const char* const end = at + utf8.size();
  while (at != end) {
    const char* run = at;
    while (end - run >= 8 && !MayNeedEscape(run)) run += 8;
    while (run != end && static_cast<unsigned char>(*run) >= 0x20 && *run != '"' && *run != '\\') ++run;
    const auto length = static_cast<std::size_t>(run - at);
    if (length != 0) std::memcpy(out.Reserve(length), at, length);
    out.Advance(length);
    at = run;
    if (at != end) PutEscape(*at++, out);
  }
  out.Put('"');
}

void WriteJsonValue(const Shape& shape, idx_t row, Text& out) {
  if (shape.IsNull(row) || shape.type == DUCKDB_TYPE_SQLNULL) return out.Append("null");
  switch (shape.type) {
    case DUCKDB_TYPE_VARCHAR: return WriteJsonString(TextAt(static_cast<const duckdb_string_t*>(shape.data), row), out);
    case DUCKDB_TYPE_ENUM: {
      Text label(out.limit());
      WriteScalar(shape, row, Spelling::kIso, label);
      return WriteJsonString(label.view(), out);
    }
    case DUCKDB_TYPE_BLOB:
      out.Put('"');
      WriteBase64(TextAt(static_cast<const duckdb_string_t*>(shape.data), row), out);
      return out.Put('"');
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP: {
      const auto& entry = shape.At<duckdb_list_entry>(row);
      return WriteElements(shape.children[0], entry.offset, entry.length, out);
    }
    case DUCKDB_TYPE_ARRAY: return WriteElements(shape.children[0], row * shape.array_size, shape.array_size, out);
    case DUCKDB_TYPE_STRUCT: return WriteMembers(shape, row, out);
    default:
      if (IsJsonNumber(shape.type) && !ExceedsJsonNumber(shape, row)) return WriteScalar(shape, row, Spelling::kIso, out);
      return WriteQuotedScalar(shape, row, out);
  }
}

}  // namespace lakehouse::engine
