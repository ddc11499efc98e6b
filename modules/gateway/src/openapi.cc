#include <map>
#include <set>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/gateway/gateway_routes.h"

namespace lakehouse::gateway {
namespace {

/// "{key...}" is our spelling of a rest; OpenAPI knows only "{key}".
std::string PathOf(const std::string& pattern) {
  std::string path = pattern;
  if (const auto dots = path.find("...}"); dots != std::string::npos) path.erase(dots, 3);
  return path;
}

std::vector<std::string> PathParameters(const std::string& path) {
  std::vector<std::string> names;
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1))
    names.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
  return names;
}

std::string LowerCase(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

void WriteText(JsonWriter& writer, std::string_view key, std::string_view text) {
  writer.Key(key);
  writer.String(text);
}

void WriteParameter(JsonWriter& writer, const net::Param& param) {
  writer.Open('{');
  WriteText(writer, "name", param.name);
  WriteText(writer, "in", param.in);
  writer.Key("required");
  writer.Bool(param.required || param.in == "path");
  if (!param.description.empty()) WriteText(writer, "description", param.description);
  writer.Key("schema");
  writer.Open('{');
  WriteText(writer, "type", "string");
  writer.Close('}');
  writer.Close('}');
}

void WriteParameters(JsonWriter& writer, const net::Route& route) {
  writer.Key("parameters");
  writer.Open('[');
  std::set<std::string> described;
  for (const net::Param& param : route.params) {
    if (param.in == "form") continue;
    if (param.in == "path") described.insert(param.name);
    WriteParameter(writer, param);
  }
  for (const std::string& name : PathParameters(PathOf(route.pattern)))
    if (!described.contains(name)) WriteParameter(writer, {name, "path", true, ""});
  writer.Close(']');
}

void WriteFormBody(JsonWriter& writer, const net::Route& route) {
  writer.Key("multipart/form-data");
  writer.Open('{');
  writer.Key("schema");
  writer.Open('{');
  WriteText(writer, "type", "object");
  writer.Key("properties");
  writer.Open('{');
  for (const net::Param& param : route.params) {
    if (param.in != "form") continue;
    writer.Key(param.name);
    writer.Open('{');
    WriteText(writer, "type", "string");
    if (param.name == "file") WriteText(writer, "format", "binary");
    if (!param.description.empty()) WriteText(writer, "description", param.description);
    writer.Close('}');
  }
  writer.Close('}');
  writer.Close('}');
  writer.Close('}');
}

void WriteBody(JsonWriter& writer, const net::Route& route) {
  using net::BodyKind;
  if (route.body == BodyKind::kNone) return;
  writer.Key("requestBody");
  writer.Open('{');
  writer.Key("content");
  writer.Open('{');
  if (route.body == BodyKind::kUploadMultipart || route.body == BodyKind::kUpload) WriteFormBody(writer, route);
  if (route.body == BodyKind::kUploadRaw || route.body == BodyKind::kUpload) {
    writer.Key("application/octet-stream");
    writer.Open('{');
    writer.Close('}');
  }
  if (route.body == BodyKind::kSmall) {
    writer.Key("application/json");
    writer.Open('{');
    if (!route.request_example.empty()) {
      writer.Key("example");
      writer.Raw(route.request_example);
    }
    writer.Close('}');
  }
  writer.Close('}');
  writer.Close('}');
}

/// The answer comes in the form the request names, not in JSON alone.
bool ChoosesItsForm(const net::Route& route) {
  for (const net::Param& param : route.params)
    if (param.in == "query" && param.name == "format") return true;
  return false;
}

void WriteResponses(JsonWriter& writer, const net::Route& route) {
  writer.Key("responses");
  writer.Open('{');
  writer.Key("2XX");  // 200, or 201, 202, 204, 206 as the description says
  writer.Open('{');
  WriteText(writer, "description", "Done");
  if (!route.response_example.empty()) {
    writer.Key("content");
    writer.Open('{');
    writer.Key("application/json");
    writer.Open('{');
    writer.Key("example");
    writer.Raw(route.response_example);
    writer.Close('}');
    if (ChoosesItsForm(route)) {
      writer.Key("*/*");
      writer.Open('{');
      writer.Close('}');
    }
    writer.Close('}');
  }
  writer.Close('}');
  writer.Key("default");
  writer.Open('{');
  writer.Key("$ref");
  writer.String("#/components/responses/Error");
  writer.Close('}');
  writer.Close('}');
}

void WriteOperation(JsonWriter& writer, const net::Route& route) {
  writer.Open('{');
  WriteText(writer, "summary", route.summary);
  if (!route.description.empty()) WriteText(writer, "description", route.description);
  if (!route.tag.empty()) {
    writer.Key("tags");
    writer.Open('[');
    writer.String(route.tag);
    writer.Close(']');
  }
  WriteParameters(writer, route);
  WriteBody(writer, route);
  WriteResponses(writer, route);
  writer.Close('}');
}

constexpr std::string_view kComponents =
    R"({"responses":{"Error":{"description":"What went wrong and what to do","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}}}},)"
    R"("schemas":{"Error":{"type":"object","required":["error"],"properties":{"error":{"type":"object","required":["code","message","request_id"],"properties":{)"
    R"("code":{"type":"string"},"message":{"type":"string"},"context":{"type":"array","items":{"type":"string"}},"details":{},"request_id":{"type":"string"}}}}}},)"
    R"("securitySchemes":{"token":{"type":"http","scheme":"bearer"}}})";

}  // namespace

std::string OpenApiDocument(const std::vector<net::Route>& routes, const std::string& version) {
  std::map<std::string, std::map<std::string, const net::Route*>> paths;
  for (const net::Route& route : routes)
    if (!route.summary.empty()) paths[PathOf(route.pattern)][LowerCase(route.method)] = &route;

  JsonWriter writer;
  writer.Open('{');
  WriteText(writer, "openapi", "3.1.0");
  writer.Key("info");
  writer.Open('{');
  WriteText(writer, "title", "Lakehouse");
  WriteText(writer, "version", version);
  writer.Close('}');
  writer.Key("paths");
  writer.Open('{');
  for (const auto& [path, operations] : paths) {
    writer.Key(path);
    writer.Open('{');
    for (const auto& [method, route] : operations) {
      writer.Key(method);
      WriteOperation(writer, *route);
    }
    writer.Close('}');
  }
  writer.Close('}');
  writer.Key("components");
  writer.Raw(kComponents);
  writer.Close('}');
  return std::move(writer).Take();
}

}  // namespace lakehouse::gateway
