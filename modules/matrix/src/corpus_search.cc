#include "hosted_corpus.h"
#include "image_search.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/vector/vector_check.h"
#include "load_warnings.h"

namespace lakehouse::matrix {

/// As it is now: what was committed since somebody looked last is not searched, and the answer says so. A catalog that does not answer is
/// no reason not to.
std::int64_t HostedCorpus::HeadVersion(const Context& context) {
  Context limited = context;
  limited.deadline = Deadline::After(1'000).Or(context.deadline);
  const auto described = parts_.catalog.Describe(limited, {definition_.dataset, {}});
  return described ? described->dataset.head.version : state_.Lock()->head_version;
}

Result<CorpusAnswer> HostedCorpus::Search(const Context& context, const SearchRequest& request) {
  constexpr int kTries = 3;  // an image whose vectors were dropped meanwhile has been replaced
  for (int attempt = 1;; ++attempt) {
    const std::shared_ptr<const CorpusImage> image = state_.Lock()->image;
    if (!image) {
      const CorpusInfo info = Info();
      JsonWriter details;
      details.Open('{');
      details.Key("progress");
      details.Number(info.progress);
      details.Close('}');
      const std::string so_far = info.progress < 1 ? ", " + ShowProgress(info.progress) + " so far" : "";
      return Error(ErrorCode::kUnavailable, "corpus " + definition_.name + " is not searchable yet: " +
                                                info.problem.value_or("it is being built for the first time" + so_far) + "; try again")
          .Named("corpus_building")
          .WithDetails(std::move(details).Take());
    }
    auto answer = SearchImage(context, request, *image);
    if (answer || attempt == kTries || answer.error().reason() != "index_not_found") return answer;
  }
}

Result<std::optional<embed::Embedding>> HostedCorpus::QuestionVector(const Context& context, const std::string& question,
                                                                     const CorpusImage& image) {
  const auto embedder = EmbedderOf(image);
  if (embedder == nullptr)
    return Error(ErrorCode::kUnavailable,
                 "the embedder " + image.embedder_id + " of corpus " + definition_.name + " is not configured any more")
        .Named("embedder_missing");
  Context limited = context;
  limited.deadline = Deadline::After(options_.query_timeout_ms).Or(context.deadline);
  const std::vector<std::string> texts{question};
  auto vectors = embedder->Embed(limited, texts);
  if (!vectors) {
    LH_TRY(context.Check());
    return std::move(vectors).TakeError();
  }
  if (!(*vectors)[0]) return std::optional<embed::Embedding>();
  if ((*vectors)[0]->size() != image.dimension)
    return Error(ErrorCode::kUnavailable, "the embedder " + image.embedder_id + " makes vectors of " +
                                              std::to_string((*vectors)[0]->size()) + " dimensions now, and made " +
                                              std::to_string(image.dimension))
        .Named("provider_bad_answer");
  return std::optional(std::move((*vectors)[0]).Take());
}

void HostedCorpus::TellOfMeaning(const Context& context, const std::optional<Error>& trouble) {
  const bool was_said = std::exchange(state_.Lock()->said_meaning_is_gone, trouble.has_value());
  if (trouble && !was_said && parts_.errors != nullptr) parts_.errors->Record(context, "matrixd", definition_.name, *trouble);
}

Status HostedCorpus::CheckMeaning(const SearchRequest& request, const CorpusImage& image) const {
  if (!request.query_vector && !request.model) return Ok{};
  if (image.embedder_id.empty())
    return Error(ErrorCode::kUnavailable, "corpus " + definition_.name + " has no vectors yet: its embedder, " + embedder() +
                                              ", has not answered; try again, or leave query_vector and model out: words find its texts")
        .Named("vectors_pending");
  if (request.model && !embed::IsNamed(image.embedder_id, *request.model))
    return Error(ErrorCode::kInvalidArgument, "model is \"" + request.model->substr(0, 80) + "\", and the vectors of corpus " +
                                                  definition_.name + " are of " + image.embedder_id +
                                                  "; vectors of different embedders are never compared: search with that one")
        .Named("wrong_embedder");
  if (!request.query_vector) return Ok{};
  LH_TRY_WHILE(vector::CheckVector({.dimension = image.dimension, .metric = vector::Metric::kCosine}, *request.query_vector),
               "compare query_vector with the vectors of corpus " + definition_.name + ", which are of " + image.embedder_id);
  return Ok{};
}

Result<std::optional<embed::Embedding>> HostedCorpus::QueryVector(const Context& context, const SearchRequest& request,
                                                                  const CorpusImage& image) {
  if (request.query_vector) return std::optional<embed::Embedding>(request.query_vector);
  auto vector = QuestionVector(context, request.query_text, image);
  LH_TRY(context.Check());
  TellOfMeaning(context, vector ? std::nullopt : std::optional<Error>(vector.error()));
  return vector;
}

Result<CorpusAnswer> HostedCorpus::SearchImage(const Context& context, const SearchRequest& request, const CorpusImage& image) {
  LH_TRY(CheckMeaning(request, image));
  ImageSearch search = LH_TRY(ImageSearch::Make(parts_.vectors, image, definition_, request));
  CorpusAnswer answer;
  if (search.WantsMeaning()) {
    auto question = QueryVector(context, request, image);
    LH_TRY(context.Check());
    if (question) {
      search.SetQuestion(std::move(question).Take());
    } else {
      answer.warnings.push_back({"meaning_unavailable", definition_.name, question.error().message() + "; words alone were searched"});
      search.GoWithoutMeaning();
    }
  }
  if (image.pending > 0)
    answer.warnings.push_back({"vectors_pending", definition_.name,
                               std::to_string(image.pending) + " of " + std::to_string(image.passages.size()) +
                                   " passages have no vector yet: " + (request.query_text.empty() ? "nothing finds" : "words alone find") +
                                   " them"});
  if (search.lacks_diversity())
    answer.warnings.push_back({"diversity_unavailable", definition_.name, "no passage has a vector that could tell which hits are alike"});
  LH_TRY(search.Run(context));

  const std::int64_t head = HeadVersion(context);
  if (image.version != head) {
    const CorpusInfo info = Info();
    answer.warnings.push_back({"version_pending", definition_.name,
                               "version " + std::to_string(head) + " of " + definition_.dataset + " is being made searchable" +
                                   (info.state == "refreshing" ? ", " + ShowProgress(info.progress) + " so far" : "") +
                                   "; this is of version " + std::to_string(image.version)});
  }
  answer.hits = search.Hits();
  answer.searched = {.corpus = definition_.name,
                     .dataset = definition_.dataset,
                     .version = image.version,
                     .stale = image.version != head,
                     .embedder_id = image.embedder_id,
                     .alpha = search.alpha(),
                     .feedback = search.feedback(),
                     .hits = answer.hits.size(),
                     .matching = search.matching()};
  for (const QueryTerm& term : search.terms()) {
    answer.query_weights[term.stem] = image.words.Rarity(term.stem);
    if (!term.instead_of.empty()) answer.corrected[term.instead_of] = term.stem;
  }
  return answer;
}

}  // namespace lakehouse::matrix
