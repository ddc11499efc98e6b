#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// Reading JSON whose shape is not a struct: the tree of a statement, a manifest of another system. Structs use codec.h.
namespace lakehouse {

/// One value of a parsed document, which must outlive it. Cheap to copy. A default one is null.
class JsonView {
 public:
  /// kInteger: without fraction and exponent, within 64 bits; longer ones are kNumber.
  enum class Kind { kNull, kBool, kInteger, kNumber, kString, kArray, kObject };

  Kind kind() const;
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }
  std::optional<bool> AsBool() const;
  std::optional<std::int64_t> AsInteger() const;  ///< nothing beyond int64, where AsNumber() is near
  std::optional<double> AsNumber() const;         ///< integers too
  std::optional<std::string_view> AsString() const;
  /// First value of this key; nothing for a missing key or when this is no object.
  std::optional<JsonView> Find(std::string_view key) const;
  /// Elements of an array or members of an object; 0 otherwise.
  std::size_t size() const;
  /// Calls until it returns an error, which comes back. Nothing happens for another kind.
  Status ForEachElement(const std::function<Status(JsonView)>& visit) const;
  Status ForEachMember(const std::function<Status(std::string_view key, JsonView)>& visit) const;
  /// Appends the numbers of an array, each as the nearest float, infinite beyond the greatest; for arrays of thousands. False, with `out`
  /// as it was, when this is no array or something in it is no number.
  bool AppendFloatsTo(std::vector<float>& out) const;
  /// This value as JSON text without white space.
  std::string ToJson() const;

 private:
  friend class JsonDocument;
  friend struct JsonViewAccess;
  const void* document_ = nullptr;  // the parser's element in disguise: json_view.cc alone knows
  std::size_t index_ = 0;
};

/// A parsed text. Depth at most 1,024. Move-only; views into it stay valid when it is moved.
class JsonDocument {
 public:
  /// kInvalidArgument: not JSON, not UTF-8, too deep.
  static Result<JsonDocument> Parse(std::string_view text);
  ~JsonDocument();
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  JsonView root() const;

 private:
  struct State;
  explicit JsonDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// The one spelling of this value (RFC 8785): keys sorted by UTF-16 code units, ECMAScript numbers, shortest escapes. Hashes are
/// taken over this. kInvalidArgument: not JSON; a repeated key; an integer beyond 2^53 that a reader with doubles would spell
/// otherwise (it must be a string already: JsonWriter sees to that).
Result<std::string> CanonicalJson(std::string_view text);

}  // namespace lakehouse
