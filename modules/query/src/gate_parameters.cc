#include "gate_parameters.h"

#include <charconv>
#include <cmath>
#include <set>

#include "lakehouse/base/json_writer.h"

namespace lakehouse::query {
namespace {

// A deeper tree is refused by the gate; here it must only not end the stack.
constexpr int kMaxTreeDepth = 1'100;

Error Mismatch(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)).Named("parameters"); }

std::string_view TextMember(JsonView node, std::string_view key) {
  const auto value = node.Find(key);
  return value ? value->AsString().value_or("") : "";
}

class Binder {
 public:
  explicit Binder(const std::vector<QueryParameter>& parameters) : parameters_(parameters) {}

  Status Write(JsonView value, int depth = 0) {
    if (depth > kMaxTreeDepth) return Error(ErrorCode::kInvalidArgument, "the statement is nested too deep");
    if (value.is_array()) {
      json_.Open('[');
      LH_TRY(value.ForEachElement([&](JsonView element) { return Write(element, depth + 1); }));
      json_.Close(']');
      return Ok{};
    }
    if (!value.is_object()) {
      json_.Raw(value.ToJson());
      return Ok{};
    }
    if (TextMember(value, "class") == "PARAMETER") return WriteConstant(TextMember(value, "identifier"), TextMember(value, "alias"));
    json_.Open('{');
    LH_TRY(value.ForEachMember([&](std::string_view key, JsonView member) -> Status {
      json_.Key(key);
      if (key != "named_param_map") return Write(member, depth + 1);
      json_.Raw("[]");
      return Ok{};
    }));
    json_.Close('}');
    return Ok{};
  }

  Result<std::string> Take() && {
    if (used_.size() != parameters_.size())
      return Mismatch(std::to_string(parameters_.size()) + " parameters were given, and the statement has " + std::to_string(used_.size()));
    return std::move(json_).Take();
  }

 private:
  Status WriteConstant(std::string_view identifier, std::string_view alias) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(identifier.data(), identifier.data() + identifier.size(), number);
    if (error != std::errc() || end != identifier.data() + identifier.size())
      return Mismatch("the parameter $" + std::string(identifier) + " has a name; they are numbered here: $1, $2…");
    if (number < 1 || number > parameters_.size())
      return Mismatch("the parameter $" + std::string(identifier) + " has no value: " + std::to_string(parameters_.size()) + " were given");
    used_.insert(number);
    const QueryParameter& value = parameters_[number - 1];
    if (value.number && !std::isfinite(*value.number)) return Mismatch("the value of $" + std::string(identifier) + " is no number");
    // As a text, 0.5 would be a DECIMAL.
    if (value.number) Node("CAST", "OPERATOR_CAST", alias, "child");
    Node("CONSTANT", "VALUE_CONSTANT", value.number ? std::string_view() : alias, "value");
    WriteValue(value);
    json_.Close('}');
    if (value.number) {
      json_.Key("cast_type");
      json_.Raw(R"({"id":"DOUBLE","type_info":null})");
      json_.Key("try_cast");
      json_.Bool(false);
      json_.Close('}');
    }
    return Ok{};
  }

  /// Up to the value of the key that comes behind what every expression has.
  void Node(std::string_view kind, std::string_view type, std::string_view alias, std::string_view key) {
    json_.Open('{');
    for (const auto& [name, text] : {std::pair<std::string_view, std::string_view>("class", kind), {"type", type}, {"alias", alias}}) {
      json_.Key(name);
      json_.String(text);
    }
    json_.Key("query_location");
    json_.Raw("18446744073709551615");  // nowhere
    json_.Key(key);
  }

  void WriteValue(const QueryParameter& value) {
    const char* type = value.text ? "VARCHAR" : value.integer ? "BIGINT" : value.number ? "DOUBLE" : value.truth ? "BOOLEAN" : "NULL";
    json_.Open('{');
    json_.Key("type");
    json_.Raw(R"({"id":")" + std::string(type) + R"(","type_info":null})");
    json_.Key("is_null");
    json_.Bool(std::string_view(type) == "NULL");
    if (std::string_view(type) != "NULL") json_.Key("value");
    if (value.text)
      json_.String(*value.text);
    else if (value.integer)
      json_.Raw(std::to_string(*value.integer));
    else if (value.number)
      json_.Number(*value.number);
    else if (value.truth)
      json_.Bool(*value.truth);
    json_.Close('}');
  }

  const std::vector<QueryParameter>& parameters_;
  std::set<std::size_t> used_;
  JsonWriter json_;
};

}  // namespace

Result<std::string> BindParameters(JsonView tree, const std::vector<QueryParameter>& parameters) {
  const auto failed = tree.Find("error");
  if (!failed || failed->AsBool().value_or(true)) return tree.ToJson();  // the gate has the words for it
  Binder binder(parameters);
  LH_TRY(binder.Write(tree));
  return std::move(binder).Take();
}

}  // namespace lakehouse::query
