#include <utility>

#include "ask_parts.h"
#include "pages.h"
#include "server_event.h"

namespace lakehouse::ui {
namespace {

/// An answer as it is made: an event for each sentence, and the whole at the end. An error is an event, too, for the head has left.
class AnswerSource final : public net::BodySource {
 public:
  AnswerSource(House& house, Context context, net::HttpRequest request, AskUrl url, std::unique_ptr<matrix::Answering> answering)
      : house_(house),
        context_(std::move(context)),
        request_(std::move(request)),
        url_(std::move(url)),
        answering_(std::move(answering)),
        started_(house.parts.clock.SteadyNanos()) {}

  Result<bool> Next(std::string& chunk) override {
    chunk.clear();
    if (is_done_ || house_.live.closing) return false;
    const auto step = answering_->Next(context_);
    if (!step) {
      is_done_ = true;
      chunk = ServerEvent("done", Refusal(step.error()));
      return true;
    }
    const matrix::AskResponse& answer = answering_->response();
    switch (*step) {
      case matrix::Answering::Step::kSearched: chunk = ServerEvent("searched", Begun(answer)); break;
      case matrix::Answering::Step::kSentence:
        for (; sentences_ < answer.sentences.size(); ++sentences_) {
          View sentence;
          ShowSentence(sentence, url_, answer, sentences_);
          chunk += ServerEvent("sentence", house_.templates.Render("sentence", sentence));
        }
        break;
      case matrix::Answering::Step::kDone:
        is_done_ = true;
        chunk = Whole(answer);
        break;
    }
    return true;
  }

 private:
  double Milliseconds() const { return static_cast<double>(house_.parts.clock.SteadyNanos() - started_) / 1e6; }
  std::string Begun(const matrix::AskResponse& answer) {
    View view;
    ShowAnswer(view, house_.templates, url_, answer, Milliseconds());
    view.ShowFlag("streams", true).ShowFlag("has_considered", false);
    return house_.templates.Render("answered", view);
  }
  std::string Whole(const matrix::AskResponse& answer) {
    View view;
    ShowAnswer(view, house_.templates, url_, answer, Milliseconds());
    return ServerEvent("sources", house_.templates.Render("sources", view)) +
           ServerEvent("done", house_.templates.Render("answered", view));
  }
  std::string Refusal(const Error& error) {
    Record(house_, context_, request_, error);
    View view;
    ShowFault(view, context_, error);
    view.Include("fault_piece", "fault");
    return house_.templates.Render("answered", view);
  }

  House& house_;
  const Context context_;
  const net::HttpRequest request_;
  const AskUrl url_;
  const std::unique_ptr<matrix::Answering> answering_;
  const std::int64_t started_;
  std::size_t sentences_ = 0;
  bool is_done_ = false;
};

net::HttpResponse StreamPage(House& house, const Context& context, net::HttpRequest& request) {
  const AskUrl url = AskUrl::Of(request);
  auto corpora = LoadCorpora(house, context, url);
  auto asked = corpora ? AskRequestOf(url, *corpora) : Result<matrix::AskRequest>(corpora.error());
  auto answering = asked ? house.parts.answers->Start(std::move(asked).Take()) : Result<std::unique_ptr<matrix::Answering>>(asked.error());
  if (!answering) return net::HttpResponse::FromError(answering.error(), context.trace);
  net::HttpResponse response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}, {"X-Content-Type-Options", "nosniff"}};
  net::HttpRequest head;
  head.method = request.method;
  head.path = request.path;
  response.stream = std::make_unique<AnswerSource>(house, context, std::move(head), url, std::move(answering).Take());
  return response;
}

}  // namespace

std::vector<net::Route> AskStreamRoutes(House& house) {
  std::vector<net::Route> routes;
  routes.push_back(PageRoute(house, "GET", "/ask/stream", StreamPage));
  return routes;
}

}  // namespace lakehouse::ui
