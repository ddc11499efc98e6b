#include "lakehouse/matrix/ask_routes.h"

#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/route_of.h"
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
  std::optional<std::vector<std::string>> corpora;
  std::optional<RawJson> metadata_filter;
  std::optional<std::uint32_t> passages;
  std::optional<std::uint32_t> sentences;
  std::optional<bool> stream;
};
BOOST_DESCRIBE_STRUCT(AskBody, (), (question, corpora, metadata_filter, passages, sentences, stream))

/// What is known before the answer.
struct SearchedEvent {
  std::vector<SearchedCorpus> searched;
  std::vector<Considered> considered;
  std::vector<SearchWarning> warnings;
};
BOOST_DESCRIBE_STRUCT(SearchedEvent, (), (searched, considered, warnings))
struct SentenceEvent {
  AnswerSentence sentence;
  std::vector<Citation> citations;
};
BOOST_DESCRIBE_STRUCT(SentenceEvent, (), (sentence, citations))

AskRequest RequestOf(AskBody body) {
  return {.question = std::move(body.question),
          .corpora = std::move(body.corpora).value_or(std::vector<std::string>()),
          .metadata_filter = std::move(body.metadata_filter),
          .only_ids = {},
          .passages = body.passages.value_or(5),
          .sentences = body.sentences.value_or(3)};
}

std::string Event(std::string_view name, const std::string& json) { return "event: " + std::string(name) + "\ndata: " + json + "\n\n"; }

/// An answer as server-sent events, while it is made: searched, sentence…, done. What fails after the head has left is an event `error`.
class AnswerEvents final : public net::BodySource {
 public:
  AnswerEvents(std::unique_ptr<Answering> answering, Answering::Step first, Context context)
      : answering_(std::move(answering)), step_(first), context_(std::move(context)) {}

  Result<bool> Next(std::string& chunk) override {
    if (is_done_) return false;
    if (is_begun_) {
      const auto next = answering_->Next(context_);
      if (!next) {
        is_done_ = true;
        chunk = Event("error", HttpResponse::FromError(next.error(), context_.trace).body);
        return true;
      }
      step_ = *next;
    }
    is_begun_ = true;
    chunk = EventOf(answering_->response());
    return true;
  }

 private:
  std::string EventOf(const AskResponse& response) {
    if (step_ == Answering::Step::kSearched)
      return Event("searched", EncodeJson(SearchedEvent{response.searched, response.considered, response.warnings}));
    if (step_ == Answering::Step::kDone) {
      is_done_ = true;
      return Event("done", EncodeJson(response));
    }
    const SentenceEvent event{response.sentences.back(),
                              {response.citations.begin() + static_cast<std::ptrdiff_t>(cited_), response.citations.end()}};
    cited_ = response.citations.size();
    return Event("sentence", EncodeJson(event));
  }

  const std::unique_ptr<Answering> answering_;
  Answering::Step step_;
  const Context context_;
  std::size_t cited_ = 0;
  bool is_begun_ = false, is_done_ = false;
};

/// The first step is taken before the head: what is wrong with the question is an ordinary error.
Result<HttpResponse> Streamed(Answers& answers, const Context& context, AskRequest request) {
  auto answering = LH_TRY(answers.Start(std::move(request)));
  const Answering::Step first = LH_TRY(answering->Next(context));
  HttpResponse response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  response.stream = std::make_unique<AnswerEvents>(std::move(answering), first, context);
  return response;
}

Result<HttpResponse> Answer(Answers& answers, const Context& context, const HttpRequest& request) {
  AskBody body = LH_TRY(DecodeJson<AskBody>(request.body));
  const bool streams = body.stream.value_or(false);
  if (streams) return Streamed(answers, context, RequestOf(std::move(body)));
  return HttpResponse::Json(200, EncodeJson(LH_TRY(answers.Ask(context, RequestOf(std::move(body))))));
}

}  // namespace

std::vector<Route> AskRoutes(Answers& answers) {
  Route route = net::RouteOf("POST", "/rag", "Ask a question; the answer cites where each sentence stands", "matrix", "matrix");
  route.answers = {{200,
                    "With stream true: server-sent events searched, sentence…, done (this very body), or error",
                    SchemaOf<AskResponse>(),
                    {"application/json", "text/event-stream"}}};
  route.faults = {{400, {"bad_filter", "bad_request", "empty_query", "no_corpora", "…"}},
                  {404, {"corpus_not_found", "…"}},
                  {503, {"corpus_building", "…"}}};
  route.description =
      "A question for a number (how many, average, total, highest, by) that one statement over one dataset answers goes to SQL under the "
      "caller's name, and sql shows it; corpora may then be absent. Otherwise extract-v1: sentences of the documents, word for word, each "
      "with dataset, version, row, column and octets. considered says which "
      "passages were read and why. no_answer says why there is none: nothing_found, low_coverage or ungrounded. Sentences of documents "
      "that read like instructions to a model are left out and counted. warnings say what the answer cannot know: being_loaded, with job "
      "and progress, while rows are on their way into the dataset; version_pending while a newer version is being made searchable; and "
      "those of a search.";
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMostQuestion;
  route.request_schema = SchemaOf<AskBody>();
  route.request_example = R"({"question":"Which worker is number 7?","corpora":["notes"]})";
  route.handle = [&answers](const Context& context, HttpRequest& request) {
    auto answer = Answer(answers, context, request);
    return answer ? std::move(answer).Take() : HttpResponse::FromError(answer.error(), context.trace);
  };
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::matrix
