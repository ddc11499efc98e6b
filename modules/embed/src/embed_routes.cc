#include "lakehouse/embed/embed_routes.h"

#include <cstring>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::embed {

BOOST_DESCRIBE_STRUCT(EmbedRequest, (), (texts, model))
BOOST_DESCRIBE_STRUCT(TextFailure, (), (index, code, message))
BOOST_DESCRIBE_STRUCT(EmbedStats, (), (requests, texts, failures, models, hits, misses, joined, hit_rate, size, bytes, damaged))

namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Route;

constexpr std::uint64_t kMostBody = 32 << 20;

/// An EmbedResponse, as the document tells it. Written by hand: double would show digits that a float does not have, and a codec of
/// std::vector<float> is the vector room's, where calls between processes carry base64.
struct EmbedAnswer {
  std::vector<std::optional<std::vector<double>>> vectors;
  std::uint32_t dimension = 0;
  std::string model;
  std::vector<TextFailure> failures;
};
BOOST_DESCRIBE_STRUCT(EmbedAnswer, (), (vectors, dimension, model, failures))

/// What OpenAI's clients send and read.
struct OpenAiBody {
  RawJson input;  ///< a text, or a list of texts
  std::optional<std::string> model;
  std::optional<std::string> encoding_format;
  std::optional<std::string> user;
};
BOOST_DESCRIBE_STRUCT(OpenAiBody, (), (input, model, encoding_format, user))
struct OpenAiEmbedding {
  std::string object = "embedding";
  std::uint32_t index = 0;
  RawJson embedding;  ///< numbers, or base64 of little-endian float32
};
BOOST_DESCRIBE_STRUCT(OpenAiEmbedding, (), (object, index, embedding))
struct OpenAiUsage {
  std::uint32_t prompt_tokens = 0;
  std::uint32_t total_tokens = 0;
};
BOOST_DESCRIBE_STRUCT(OpenAiUsage, (), (prompt_tokens, total_tokens))
struct OpenAiAnswer {
  std::string object = "list";
  std::vector<OpenAiEmbedding> data;
  std::string model;
  OpenAiUsage usage;
};
BOOST_DESCRIBE_STRUCT(OpenAiAnswer, (), (object, data, model, usage))

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(200, EncodeJson(*result));
}

void WriteNumbers(JsonWriter& writer, const Embedding& vector) {
  writer.Open('[');
  for (const float value : vector) writer.Number(value);
  writer.Close(']');
}

HttpResponse Embed(Embeddings& embeddings, const Context& context, const HttpRequest& request) {
  const auto body = DecodeJson<EmbedRequest>(request.body);
  const auto embedded = body ? embeddings.Embed(context, *body) : Result<EmbedResponse>(body.error());
  if (!embedded) return HttpResponse::FromError(embedded.error(), context.trace);
  JsonWriter writer;
  writer.Open('{');
  writer.Key("vectors");
  writer.Open('[');
  for (const auto& vector : embedded->vectors) vector ? WriteNumbers(writer, *vector) : writer.Null();
  writer.Close(']');
  writer.Key("dimension");
  writer.Unsigned(embedded->dimension);
  writer.Key("model");
  writer.String(embedded->model);
  writer.Key("failures");
  JsonCodec<std::vector<TextFailure>>::Write(writer, embedded->failures);
  writer.Close('}');
  return HttpResponse::Json(200, std::move(writer).Take());
}

Error BadInput() { return Error(ErrorCode::kInvalidArgument, "input: expected a text or a list of texts").Named("bad_input"); }

Result<std::vector<std::string>> InputOf(const RawJson& input) {
  const JsonDocument document = LH_TRY(JsonDocument::Parse(input.text.empty() ? "null" : input.text));
  std::vector<std::string> texts;
  const auto take = [&texts](JsonView one) -> Status {
    const auto text = one.AsString();
    if (!text) return BadInput();
    texts.emplace_back(*text);
    return Ok{};
  };
  if (document.root().is_array()) {
    LH_TRY(document.root().ForEachElement(take));
  } else {
    LH_TRY(take(document.root()));
  }
  return texts;
}

std::string Spelled(const Embedding& vector, bool as_base64) {
  if (!as_base64) {
    JsonWriter writer;
    WriteNumbers(writer, vector);
    return std::move(writer).Take();
  }
  Bytes octets(vector.size() * sizeof(float));
  std::memcpy(octets.data(), vector.data(), octets.size());
  return EncodeJson(octets);
}

Result<OpenAiAnswer> OpenAiAnswerTo(Embeddings& embeddings, const Context& context, const HttpRequest& request) {
  const OpenAiBody body = LH_TRY(DecodeJson<OpenAiBody>(request.body));
  const std::string format = body.encoding_format.value_or("float");
  if (format != "float" && format != "base64")
    return Error(ErrorCode::kInvalidArgument, "encoding_format is \"" + format + "\"; expected float or base64")
        .Named("bad_encoding_format");
  const EmbedRequest wanted{LH_TRY(InputOf(body.input)), body.model};
  const EmbedResponse embedded = LH_TRY(embeddings.Embed(context, wanted));
  // This shape has no place for one text's failure.
  if (!embedded.failures.empty())
    return Error(ErrorCode::kUnprocessable, "input[" + std::to_string(embedded.failures[0].index) + "]: " + embedded.failures[0].message)
        .Named("nothing_to_embed");
  OpenAiAnswer answer;
  answer.model = embedded.model;
  std::size_t octets = 0;
  for (std::uint32_t i = 0; i < embedded.vectors.size(); ++i) {
    answer.data.push_back({.index = i, .embedding = {Spelled(*embedded.vectors[i], format == "base64")}});
    octets += wanted.texts[i].size();
  }
  answer.usage.prompt_tokens = answer.usage.total_tokens = static_cast<std::uint32_t>(octets / 4);
  return answer;
}

HttpResponse EmbedAsOpenAi(Embeddings& embeddings, const Context& context, const HttpRequest& request) {
  return Answer(context, OpenAiAnswerTo(embeddings, context, request));
}

template <typename Body, typename T>
Route PostRoute(std::string pattern, std::string summary, std::string example, Embeddings& embeddings,
                HttpResponse (*ask)(Embeddings&, const Context&, const HttpRequest&)) {
  Route route = net::RouteOf("POST", std::move(pattern), std::move(summary), "embed", "embed");
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMostBody;
  route.request_schema = SchemaOf<Body>();
  route.request_example = std::move(example);
  route.answers = {{200, "", SchemaOf<T>()}};
  route.faults = {{400, {"bad_encoding_format", "bad_input", "bad_texts", "…"}}, {404, {"no_such_model"}}, {422, {"nothing_to_embed"}}};
  route.scope = net::RouteScope::kRead;
  route.handle = [&embeddings, ask](const Context& c, HttpRequest& r) { return ask(embeddings, c, r); };
  return route;
}

}  // namespace

std::vector<Route> EmbedRoutes(Embeddings& embeddings) {
  std::vector<Route> routes;
  Route own = PostRoute<EmbedRequest, EmbedAnswer>(
      "/embed", "Texts as vectors", R"({"texts":["forklift operator","crane driver"],"model":"chargram-v1"})", embeddings, &Embed);
  own.description =
      "Of unit length, in the order of the texts. A text that has no vector is null in vectors, and failures says why: it loses nothing "
      "else.";
  routes.push_back(std::move(own));
  Route other = PostRoute<OpenAiBody, OpenAiAnswer>("/embeddings", "Texts as vectors, in OpenAI's shape",
                                                    R"({"input":["forklift operator"],"model":"chargram-v1"})", embeddings, &EmbedAsOpenAi);
  other.description = "usage is an estimate: a quarter of the octets.";
  routes.push_back(std::move(other));
  Route stats = net::RouteOf("GET", "/embed/stats", "What was embedded since the start, and with which models", "embed", "embed");
  stats.answers = {{200, "", SchemaOf<EmbedStats>()}};
  stats.handle = [&embeddings](const Context& c, HttpRequest&) { return Answer(c, Result<EmbedStats>(embeddings.stats())); };
  routes.push_back(std::move(stats));
  return routes;
}

}  // namespace lakehouse::embed
