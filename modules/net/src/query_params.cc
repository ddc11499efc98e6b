#include "lakehouse/net/query_params.h"

#include <charconv>

#include "lakehouse/base/json_writer.h"

namespace lakehouse::net {
namespace {

Param TextParam(std::string_view in, std::string_view name, std::string_view description, std::string_view example) {
  Param param{std::string(name), std::string(in), in == "path", std::string(description)};
  if (in == "path") param.schema = R"({"type":"string","minLength":1})";
  if (example.empty()) return param;
  JsonWriter json;
  json.String(example);
  param.example = std::move(json).Take();
  return param;
}

}  // namespace

Param WholeNumber::Describe() const {
  Param param{std::string(name), "query", required, std::string(description)};
  param.schema = R"({"type":"integer","format":"int64","minimum":)" + std::to_string(least) + ",\"maximum\":" + std::to_string(most);
  if (otherwise) param.schema += ",\"default\":" + std::to_string(*otherwise);
  param.schema += '}';
  param.example = example;
  return param;
}

Result<std::optional<std::int64_t>> WholeNumber::Find(const HttpRequest& request) const {
  const std::optional<std::string> text = request.FindQuery(name);
  if (!text && !required) return otherwise;
  std::int64_t number = 0;
  if (text) {
    const char* end = text->data() + text->size();
    const auto [after, error] = std::from_chars(text->data(), end, number);
    if (error == std::errc() && after == end && number >= least && number <= most) return std::optional<std::int64_t>(number);
  }
  std::string limits = least == 0 ? "a whole number from 0" : "a whole number from " + std::to_string(least);
  if (most != std::numeric_limits<std::int64_t>::max()) limits += " to " + std::to_string(most);
  return Error(ErrorCode::kInvalidArgument, text ? "parameter " + std::string(name) + " is \"" + *text + "\"; expected " + limits
                                                 : "parameter " + std::string(name) + " is missing; expected " + limits);
}

Result<std::int64_t> WholeNumber::Get(const HttpRequest& request) const {
  const std::optional<std::int64_t> number = LH_TRY(Find(request));
  return number.value_or(0);
}

std::string ChoiceSchema(std::initializer_list<std::string_view> values) {
  JsonWriter json;
  json.Open('{');
  json.Key("type");
  json.String("string");
  json.Key("enum");
  json.Open('[');
  for (const std::string_view value : values) json.String(value);
  json.Close(']');
  json.Close('}');
  return std::move(json).Take();
}

Param PathText(std::string_view name, std::string_view description, std::string_view example) {
  return TextParam("path", name, description, example);
}

Param QueryText(std::string_view name, std::string_view description, std::string_view example) {
  return TextParam("query", name, description, example);
}

}  // namespace lakehouse::net
