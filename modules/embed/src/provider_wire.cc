#include "provider_wire.h"

#include <optional>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::embed {
namespace {

constexpr std::size_t kMostWords = 200;

Error BadShape(const std::string& found) {
  return Error(ErrorCode::kCorruption, "an answer with a vector for each text was expected; found " + found);
}

/// A list of vectors, with null where there is none.
Result<std::vector<RawVector>> ReadVectors(std::optional<JsonView> list, std::size_t count) {
  if (!list || !list->is_array()) return BadShape("no list of vectors");
  if (list->size() != count) return BadShape(std::to_string(list->size()) + " vectors for " + std::to_string(count) + " texts");
  std::vector<RawVector> vectors;
  LH_TRY(list->ForEachElement([&vectors](JsonView one) -> Status {
    RawVector& vector = vectors.emplace_back();
    if (!one.is_null() && !one.AppendFloatsTo(vector.values)) vector.why_not = "something in the vector is no number";
    return Ok{};
  }));
  return vectors;
}

/// OpenAI's elements carry their place, and need not come in order.
Result<std::vector<RawVector>> ReadNumbered(std::optional<JsonView> list, std::size_t count) {
  if (!list || !list->is_array()) return BadShape("no list \"data\"");
  if (list->size() != count) return BadShape(std::to_string(list->size()) + " vectors for " + std::to_string(count) + " texts");
  std::vector<RawVector> vectors(count);
  std::vector<bool> seen(count);
  std::size_t next = 0;
  LH_TRY(list->ForEachElement([&](JsonView one) -> Status {
    const auto index = one.Find("index").value_or(JsonView()).AsInteger().value_or(static_cast<std::int64_t>(next));
    ++next;
    if (index < 0 || static_cast<std::size_t>(index) >= count || seen[static_cast<std::size_t>(index)])
      return BadShape("a vector with the number " + std::to_string(index));
    seen[static_cast<std::size_t>(index)] = true;
    RawVector& vector = vectors[static_cast<std::size_t>(index)];
    if (!one.Find("embedding").value_or(JsonView()).AppendFloatsTo(vector.values)) vector.why_not = "something in the vector is no number";
    return Ok{};
  }));
  return vectors;
}

Status ReadFailures(std::optional<JsonView> failures, std::vector<RawVector>& vectors) {
  if (!failures) return Ok{};
  return failures->ForEachElement([&vectors](JsonView one) -> Status {
    const auto index = one.Find("index").value_or(JsonView()).AsInteger();
    if (!index || *index < 0 || static_cast<std::size_t>(*index) >= vectors.size()) return Ok{};
    vectors[static_cast<std::size_t>(*index)].why_not = one.Find("message").value_or(JsonView()).AsString().value_or("");
    return Ok{};
  });
}

std::string OneLine(std::string_view words) {
  std::string line;
  for (const char c : words.substr(0, kMostWords)) line += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  return line;
}

}  // namespace

std::string_view WireName(ProviderKind kind) {
  switch (kind) {
    case ProviderKind::kOllama: return "ollama";
    case ProviderKind::kOpenAi: return "openai";
    case ProviderKind::kSidecar: return "sidecar";
  }
  return {};
}

std::string EndpointOf(const ProviderOptions& options) {
  std::string url = options.url;
  while (url.ends_with('/')) url.pop_back();
  switch (options.kind) {
    case ProviderKind::kOllama: return url + "/api/embed";
    case ProviderKind::kOpenAi: return url + "/embeddings";
    case ProviderKind::kSidecar: return url + "/embed";
  }
  return url;
}

std::string RequestBody(ProviderKind kind, const std::string& model, std::span<const std::string* const> texts) {
  JsonWriter writer;
  writer.Open('{');
  writer.Key("model");
  writer.String(model);
  writer.Key(kind == ProviderKind::kSidecar ? "texts" : "input");
  writer.Open('[');
  for (const std::string* text : texts) writer.String(*text);
  writer.Close(']');
  if (kind == ProviderKind::kOpenAi) {
    writer.Key("encoding_format");
    writer.String("float");
  }
  writer.Close('}');
  return std::move(writer).Take();
}

Result<std::vector<RawVector>> ReadAnswer(ProviderKind kind, std::string_view body, std::size_t count) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return BadShape("what is no JSON: " + document.error().message());
  const JsonView root = document->root();
  if (kind == ProviderKind::kOllama) return ReadVectors(root.Find("embeddings"), count);
  if (kind == ProviderKind::kOpenAi) return ReadNumbered(root.Find("data"), count);
  std::vector<RawVector> vectors = LH_TRY(ReadVectors(root.Find("vectors"), count));
  LH_TRY(ReadFailures(root.Find("failures"), vectors));
  return vectors;
}

std::string ErrorWords(std::string_view body) {
  const auto document = JsonDocument::Parse(body);
  if (!document) return {};
  const JsonView error = document->root().Find("error").value_or(JsonView());  // Ollama: a text; the others: an object with a message
  return OneLine(error.AsString().value_or(error.Find("message").value_or(JsonView()).AsString().value_or("")));
}

}  // namespace lakehouse::embed
