#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "json_number.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse {
namespace {

using Member = std::pair<std::string_view, JsonView>;

/// By UTF-16 code units, seen through UTF-8: the orders differ only where a surrogate pair (first octet F0 to F4) meets a
/// character from U+E000 to U+FFFF (first octet EE or EF), which is the greater in UTF-16.
bool IsBeforeInUtf16(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto rank = [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == 0xee || octet == 0xef ? octet + 0x10u : octet;
  };
  return rank(*at_a) < rank(*at_b);
}

/// The spelling of an integer that a double stands for, or nothing when the double would be spelt otherwise: a reader with
/// doubles sees another number then.
std::optional<std::string> IntegerSpelling(std::string_view token) {
  double nearest = 0;
  if (std::from_chars(token.data(), token.data() + token.size(), nearest).ec != std::errc{}) return std::nullopt;
  std::string spelling = EcmaScriptNumber(nearest);
  if (spelling != token) return std::nullopt;
  return spelling;
}

Error InexactInteger(std::string_view token) {
  return Error(ErrorCode::kInvalidArgument, "the integer " + std::string(token.substr(0, 40)) +
                                                " has no canonical form: readers with doubles would change it; write it as a string");
}

Status WriteCanonical(JsonWriter& writer, const JsonView& value);

Status WriteCanonicalObject(JsonWriter& writer, const JsonView& object) {
  std::vector<Member> members;
  LH_TRY(object.ForEachMember([&](std::string_view key, JsonView value) -> Status {
    members.emplace_back(key, value);
    return Ok{};
  }));
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) { return IsBeforeInUtf16(a.first, b.first); });
  writer.Open('{');
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& [key, value] = members[i];
    if (i > 0 && members[i - 1].first == key) return Error(ErrorCode::kInvalidArgument, "key \"" + std::string(key) + "\" is given twice");
    writer.Key(key);
    LH_TRY(WriteCanonical(writer, value));
  }
  writer.Close('}');
  return Ok{};
}

Status WriteCanonical(JsonWriter& writer, const JsonView& value) {
  switch (value.kind()) {
    case JsonView::Kind::kNull: writer.Null(); return Ok{};
    case JsonView::Kind::kBool: writer.Bool(*value.AsBool()); return Ok{};
    case JsonView::Kind::kString: writer.String(*value.AsString()); return Ok{};
    case JsonView::Kind::kNumber: writer.Raw(EcmaScriptNumber(*value.AsNumber())); return Ok{};
    case JsonView::Kind::kObject: return WriteCanonicalObject(writer, value);
    case JsonView::Kind::kInteger: {
      const std::string token = value.ToJson();
      const auto spelling = IntegerSpelling(token);
      if (!spelling) return InexactInteger(token);
      writer.Raw(*spelling);
      return Ok{};
    }
    case JsonView::Kind::kArray: {
      writer.Open('[');
      LH_TRY(value.ForEachElement([&](JsonView item) { return WriteCanonical(writer, item); }));
      writer.Close(']');
      return Ok{};
    }
  }
  return Error(ErrorCode::kInternal, "a JSON value of no kind");
}

}  // namespace

Result<std::string> CanonicalJson(std::string_view text) {
  const auto document = LH_TRY(JsonDocument::Parse(text));
  // Integers beyond 64 bits reach the document as doubles already: their texts are looked at here.
  std::optional<Error> fault;
  ForEachLongInteger(text, [&](std::size_t, std::string_view token) {
    if (!fault && !IntegerSpelling(token)) fault = InexactInteger(token);
  });
  if (fault) return *std::move(fault);
  JsonWriter writer;
  LH_TRY(WriteCanonical(writer, document.root()));
  return std::move(writer).Take();
}

}  // namespace lakehouse
