#include <algorithm>
#include <map>
#include <set>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/gateway/gateway_routes.h"
#include "lakehouse/net/http_status.h"
#include "shared_faults.h"

namespace lakehouse::gateway {
namespace {

using net::BodyKind;

constexpr std::string_view kAbout =
    "Files into datasets, SQL over them. Numbers that a reader with doubles would change travel as strings: integers beyond 2^53, nan, "
    "inf, "
    "-inf. Every answer has X-Request-Id, the request's own when it brings a good one; every error has the one body Error, whose code is "
    "for "
    "programs. X-Lakehouse-Timeout-Ms shortens the time a request may take. Every GET answers HEAD too.";

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

/// Writes the document; gathers the named schemas on the way.
class DocumentWriter {
 public:
  std::string Write(const std::vector<net::Route>& routes, const std::string& version);

 private:
  void Text(std::string_view key, std::string_view text) {
    out_.Key(key);
    out_.String(text);
  }
  void OpenAt(std::string_view key, char bracket) {
    out_.Key(key);
    out_.Open(bracket);
  }
  void Schema(const JsonSchema& schema) {
    named_.insert(schema.named.begin(), schema.named.end());
    out_.Raw(schema.json.empty() ? "{}" : schema.json);
  }
  void ParameterSchema(const net::Param& param) { out_.Raw(param.schema.empty() ? R"({"type":"string"})" : param.schema); }
  void Parameter(const net::Param& param);
  void Parameters(const net::Route& route);
  void Fields(const net::Route& route, std::string_view in);
  void FormBody(const net::Route& route);
  void JsonBody(const net::Route& route);
  void Body(const net::Route& route);
  void Headers(const net::Answer& answer);
  void Answer(const net::Route& route, const net::Answer& answer);
  void FaultResponse(int status, const std::vector<std::string>& codes);
  void Responses(const net::Route& route);
  void Operation(const std::string& path, const net::Route& route);
  void Components();

  JsonWriter out_;
  std::map<std::string, std::string> named_;
  const FaultCodes shared_ = SharedFaults();
};

void DocumentWriter::Parameter(const net::Param& param) {
  out_.Open('{');
  Text("name", param.name);
  Text("in", param.in);
  out_.Key("required");
  out_.Bool(param.required || param.in == "path");
  if (!param.description.empty()) Text("description", param.description);
  out_.Key("schema");
  ParameterSchema(param);
  if (!param.example.empty()) {
    out_.Key("example");
    out_.Raw(param.example);
  }
  out_.Close('}');
}

void DocumentWriter::Parameters(const net::Route& route) {
  OpenAt("parameters", '[');
  std::set<std::string> described;
  for (const net::Param& param : route.params) {
    if (param.in == "form" || param.in == "body") continue;
    if (param.in == "path") described.insert(param.name);
    Parameter(param);
  }
  for (const std::string& name : PathParameters(PathOf(route.pattern)))
    if (!described.contains(name)) Parameter({name, "path", true, ""});
  out_.Close(']');
}

/// The properties of a body that the route's params describe one by one.
void DocumentWriter::Fields(const net::Route& route, std::string_view in) {
  OpenAt("properties", '{');
  for (const net::Param& param : route.params) {
    if (param.in != in) continue;
    OpenAt(param.name, '{');
    if (!param.description.empty()) Text("description", param.description);
    if (!param.example.empty()) {
      OpenAt("examples", '[');
      out_.Raw(param.example);
      out_.Close(']');
    }
    if (!param.schema.empty() || in == "form") {
      OpenAt("allOf", '[');
      ParameterSchema(param);
      out_.Close(']');
    }
    out_.Close('}');
  }
  out_.Close('}');
}

void DocumentWriter::FormBody(const net::Route& route) {
  OpenAt("multipart/form-data", '{');
  OpenAt("schema", '{');
  Text("type", "object");
  Fields(route, "form");
  OpenAt("required", '[');
  for (const net::Param& param : route.params)
    if (param.in == "form" && param.required) out_.String(param.name);
  out_.Close(']');
  out_.Close('}');
  out_.Close('}');
}

void DocumentWriter::JsonBody(const net::Route& route) {
  OpenAt("application/json", '{');
  const bool has_fields = std::any_of(route.params.begin(), route.params.end(), [](const net::Param& p) { return p.in == "body"; });
  out_.Key("schema");
  if (has_fields) {
    out_.Open('{');
    OpenAt("allOf", '[');
    Schema(route.request_schema);
    out_.Open('{');
    Fields(route, "body");
    out_.Close('}');
    out_.Close(']');
    out_.Close('}');
  } else {
    Schema(route.request_schema);
  }
  if (!route.request_example.empty()) {
    out_.Key("example");
    out_.Raw(route.request_example);
  }
  out_.Close('}');
}

void DocumentWriter::Body(const net::Route& route) {
  if (route.body == BodyKind::kNone) return;
  OpenAt("requestBody", '{');
  out_.Key("required");
  out_.Bool(!route.body_optional);
  OpenAt("content", '{');
  if (route.body == BodyKind::kUploadMultipart || route.body == BodyKind::kUpload) FormBody(route);
  if (route.body == BodyKind::kUploadRaw || route.body == BodyKind::kUpload) {
    OpenAt("application/octet-stream", '{');
    out_.Key("schema");
    out_.Raw(R"({"type":"string","format":"binary"})");
    out_.Close('}');
  }
  if (route.body == BodyKind::kSmall) JsonBody(route);
  for (const std::string& type : route.body_types) {
    OpenAt(type, '{');
    out_.Key("schema");
    out_.Raw(R"({"type":"string"})");
    out_.Close('}');
  }
  out_.Close('}');
  out_.Close('}');
}

void DocumentWriter::Headers(const net::Answer& answer) {
  if (answer.headers.empty()) return;
  OpenAt("headers", '{');
  for (const net::Param& header : answer.headers) {
    OpenAt(header.name, '{');
    Text("description", header.description);
    out_.Key("required");
    out_.Bool(header.required);
    out_.Key("schema");
    ParameterSchema(header);
    out_.Close('}');
  }
  out_.Close('}');
}

void DocumentWriter::Answer(const net::Route& route, const net::Answer& answer) {
  OpenAt(std::to_string(answer.status), '{');
  Text("description", answer.description.empty() ? "Done" : answer.description);
  Headers(answer);
  if (!answer.media_types.empty()) {
    OpenAt("content", '{');
    for (const std::string& type : answer.media_types) {
      OpenAt(type, '{');
      if (type == "application/json") {
        out_.Key("schema");
        Schema(answer.schema);
        if (&answer == route.answers.data() && !route.response_example.empty()) {
          out_.Key("example");
          out_.Raw(route.response_example);
        }
      }
      out_.Close('}');
    }
    out_.Close('}');
  }
  out_.Close('}');
}

void DocumentWriter::FaultResponse(int status, const std::vector<std::string>& codes) {
  const bool open_ended = !codes.empty() && codes.back() == "…";
  std::string list;
  for (const std::string& code : codes) list += (list.empty() ? "" : ", ") + code;
  out_.Open('{');
  Text("description", std::string(net::ReasonPhrase(status)) + ": " + list);
  OpenAt("content", '{');
  OpenAt("application/json", '{');
  OpenAt("schema", '{');
  if (open_ended) {
    Text("$ref", "#/components/schemas/Error");
  } else {
    OpenAt("allOf", '[');
    out_.Raw(R"({"$ref":"#/components/schemas/Error"})");
    JsonWriter names;
    names.Open('[');
    for (const std::string& code : codes) names.String(code);
    names.Close(']');
    out_.Raw(R"({"properties":{"error":{"properties":{"code":{"enum":)" + std::move(names).Take() + "}}}}}");
    out_.Close(']');
  }
  for (int depth = 0; depth < 4; ++depth) out_.Close('}');
}

void DocumentWriter::Responses(const net::Route& route) {
  OpenAt("responses", '{');
  for (const net::Answer& answer : route.answers) Answer(route, answer);
  if (route.answers.empty()) out_.Key("2XX"), out_.Raw(R"({"description":"Done"})");
  for (const auto& [status, codes] : FaultsOf(route)) {
    const std::string name = std::to_string(status);
    out_.Key(name);
    const auto shared = shared_.find(status);
    if (shared != shared_.end() && shared->second == codes)
      out_.Raw(R"({"$ref":"#/components/responses/)" + name + "\"}");
    else
      FaultResponse(status, codes);
  }
  out_.Close('}');
}

void DocumentWriter::Operation(const std::string& path, const net::Route& route) {
  out_.Key(LowerCase(route.method));
  out_.Open('{');
  std::string id = LowerCase(route.method);
  for (const char c : path) id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : (id.back() == '_' ? '\0' : '_');
  std::erase(id, '\0');
  while (id.ends_with('_')) id.pop_back();
  Text("operationId", id);
  Text("summary", route.summary);
  if (!route.description.empty()) Text("description", route.description);
  if (!route.tag.empty()) {
    OpenAt("tags", '[');
    out_.String(route.tag);
    out_.Close(']');
  }
  if (route.open) out_.Key("security"), out_.Raw("[]");
  Parameters(route);
  Body(route);
  Responses(route);
  out_.Close('}');
}

void DocumentWriter::Components() {
  OpenAt("components", '{');
  OpenAt("responses", '{');
  for (const auto& [status, codes] : shared_) {
    out_.Key(std::to_string(status));
    FaultResponse(status, codes);
  }
  out_.Close('}');
  OpenAt("schemas", '{');
  out_.Key("Error");
  out_.Raw(
      R"({"type":"object","required":["error"],"additionalProperties":false,"properties":{"error":{"type":"object",)"
      R"("required":["code","message","context","request_id"],"additionalProperties":false,"properties":{)"
      R"("code":{"type":"string","description":"for programs"},"message":{"type":"string","description":"what was attempted, found, expected; what to do"},)"
      R"("context":{"type":"array","items":{"type":"string"},"description":"what was being done, innermost first"},)"
      R"("details":{"description":"for programs: the columns that differ, the position in a statement"},)"
      R"("request_id":{"type":"string","description":"the log has more under it"}}}}})");
  for (const auto& [name, schema] : named_) {
    out_.Key(name);
    out_.Raw(schema);
  }
  out_.Close('}');
  out_.Key("securitySchemes");
  out_.Raw(R"({"token":{"type":"http","scheme":"bearer","description":"asked for when the server has a token"}})");
  out_.Close('}');
}

std::string DocumentWriter::Write(const std::vector<net::Route>& routes, const std::string& version) {
  std::map<std::string, std::map<std::string, const net::Route*>> paths;
  for (const net::Route& route : routes)
    if (route.undocumented_because.empty()) paths[PathOf(route.pattern)][route.method] = &route;
  out_.Open('{');
  Text("openapi", "3.1.0");
  OpenAt("info", '{');
  Text("title", "Lakehouse");
  Text("version", version);
  Text("description", kAbout);
  out_.Close('}');
  out_.Key("security");
  out_.Raw(R"([{"token":[]},{}])");
  OpenAt("paths", '{');
  for (const auto& [path, operations] : paths) {
    OpenAt(path, '{');
    for (const auto& [method, route] : operations) Operation(path, *route);
    out_.Close('}');
  }
  out_.Close('}');
  Components();
  out_.Close('}');
  return std::move(out_).Take();
}

}  // namespace

std::string OpenApiDocument(const std::vector<net::Route>& routes, const std::string& version) {
  return DocumentWriter().Write(routes, version);
}

}  // namespace lakehouse::gateway
