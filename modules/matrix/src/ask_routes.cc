#include "lakehouse/matrix/ask_routes.h"

#include "lakehouse/base/schema_of.h"
#include "matrix_wire.h"

namespace lakehouse::matrix {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Route;

constexpr std::uint64_t kMostQuestion = 1 << 20;

/// As callers write it: what has a usual value may be left out.
struct AskBody {
  std::string question;
  std::vector<std::string> corpora;
  std::optional<RawJson> metadata_filter;
  std::optional<std::uint32_t> passages;
  std::optional<std::uint32_t> sentences;
};
BOOST_DESCRIBE_STRUCT(AskBody, (), (question, corpora, metadata_filter, passages, sentences))

Result<AskRequest> RequestOf(const HttpRequest& request) {
  AskBody body = LH_TRY(DecodeJson<AskBody>(request.body));
  return AskRequest{.question = std::move(body.question),
                    .corpora = std::move(body.corpora),
                    .metadata_filter = std::move(body.metadata_filter),
                    .passages = body.passages.value_or(5),
                    .sentences = body.sentences.value_or(3)};
}

HttpResponse Answer(Answers& answers, const Context& context, const HttpRequest& request) {
  auto asked = RequestOf(request);
  const auto answer = asked ? answers.Ask(context, std::move(asked).Take()) : Result<AskResponse>(asked.error());
  if (!answer) return HttpResponse::FromError(answer.error(), context.trace);
  return HttpResponse::Json(200, EncodeJson(*answer));
}

}  // namespace

std::vector<Route> AskRoutes(Answers& answers) {
  Route route;
  route.method = "POST";
  route.pattern = "/rag";
  route.summary = "Ask a question; the answer cites where each sentence stands";
  route.tag = "matrix";
  route.service = "matrix";
  route.answers = {{200, "", SchemaOf<AskResponse>()}};
  route.faults = {{400, {"bad_filter", "bad_request", "empty_query", "no_corpora", "…"}}, {404, {"corpus_not_found", "…"}}, {503, {"corpus_building", "…"}}};
  route.description =
      "extract-v1: sentences of the documents, word for word, each with dataset, version, row, column and octets. considered says which "
      "passages were read and why. no_answer says why there is none: nothing_found, low_coverage or ungrounded. Sentences of documents "
      "that read like instructions to a model are left out and counted.";
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMostQuestion;
  route.request_schema = SchemaOf<AskBody>();
  route.request_example = R"({"question":"Which worker is number 7?","corpora":["notes"]})";
  route.handle = [&answers](const Context& context, HttpRequest& request) { return Answer(answers, context, request); };
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::matrix
