#include <algorithm>
#include <unordered_set>

#include "hosted_corpus.h"
#include "lakehouse/base/json_writer.h"
#include "phrases.h"

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kFewestCandidates = 1'000;  ///< so that up to 250 hits are the same ones whatever k is
constexpr std::size_t kMostVectors = 100'000;

/// The hit of a passage, or of a row in which nothing was found.
Hit HitOf(const CorpusImage& image, const CreateCorpusRequest& corpus, std::uint32_t row) {
  Hit hit;
  hit.id = image.rows[row].id;
  hit.corpus = corpus.name;
  if (!corpus.filter_columns.empty()) hit.metadata = MetadataOf(image, corpus, row);
  return hit;
}

Hit HitOf(const CorpusImage& image, const CreateCorpusRequest& corpus, const FusedPassage& fused, const std::vector<QueryTerm>& terms) {
  const CorpusPassage& passage = image.passages[fused.passage];
  Hit hit = HitOf(image, corpus, passage.row);
  hit.score = fused.score;
  hit.passage = {.chunk_id = passage.chunk_id,
                 .column = corpus.text_columns[passage.column],
                 .begin = passage.begin,
                 .end = passage.end,
                 .title = passage.column > 0 ? image.rows[passage.row].texts[0] : std::string(),
                 .text = std::string(image.TextOf(passage))};
  hit.why = {.bm25 = fused.words,
             .similarity = fused.meaning,
             .words_part = fused.words_part,
             .meaning_part = fused.meaning_part,
             .words_rank = fused.words_rank,
             .meaning_rank = fused.meaning_rank,
             .words = {},
             .kin = {}};
  for (const QueryTerm& term : terms) {
    if (image.words.Has(fused.passage, term.stem)) hit.why.words.push_back(term.stem);
    if (std::string kin = image.words.KinIn(fused.passage, term); !kin.empty()) hit.why.kin[term.stem] = std::move(kin);
  }
  return hit;
}

/// The best passage of each document, at most `count` documents; then, if they are fewer, documents in which nothing was found.
std::vector<Hit> Documents(const CorpusImage& image, const CreateCorpusRequest& corpus, const std::vector<FusedPassage>& fused,
                           const std::vector<QueryTerm>& terms, const CorpusFilter& filter, std::size_t count) {
  std::vector<Hit> hits;
  std::unordered_set<std::string_view> seen;
  for (const FusedPassage& one : fused) {
    if (hits.size() == count) return hits;
    if (seen.insert(image.rows[image.passages[one.passage].row].id).second) hits.push_back(HitOf(image, corpus, one, terms));
  }
  for (std::uint32_t row = 0; row < image.rows.size() && hits.size() < count; ++row)
    if (filter.Fits(row) && seen.insert(image.rows[row].id).second) hits.push_back(HitOf(image, corpus, row));
  for (Hit& hit : hits) hit.distance = 1 - hit.score;
  return hits;
}

std::size_t DocumentsIn(const CorpusImage& image, const std::vector<FusedPassage>& fused) {
  std::unordered_set<std::string_view> ids;
  for (const FusedPassage& one : fused) ids.insert(image.rows[image.passages[one.passage].row].id);
  return ids.size();
}

}  // namespace

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
      return Error(ErrorCode::kUnavailable, "corpus " + definition_.name + " is not searchable yet: " +
                                                (info.problem ? *info.problem : "it is being built for the first time") + "; try again")
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

Result<std::vector<ScoredPassage>> HostedCorpus::SearchVectors(const Context& context, const SearchRequest& request,
                                                               const CorpusImage& image, const embed::Embedding& question,
                                                               const CorpusFilter& filter, std::size_t count, bool& exhausted) {
  vector::SearchRequest search{.name = image.vector_index, .vector = question, .options = {}};
  search.options.k = static_cast<std::uint32_t>(std::min(count, kMostVectors));
  search.options.exact = true;  // so that rankings do not depend on how the index grew
  if (request.metadata_filter) search.options.filter = vector::SearchFilter{.ids = {}, .metadata = request.metadata_filter};
  const auto found = LH_TRY(parts_.vectors.Search(context, search));
  exhausted = found.results.size() < search.options.k;
  std::vector<ScoredPassage> passages;
  for (const vector::Hit& hit : found.results) {
    const auto passage = image.by_chunk.find(hit.id);
    if (passage == image.by_chunk.end() || !filter.Fits(image.passages[passage->second].row)) continue;
    passages.push_back({passage->second, 1 - static_cast<double>(hit.distance)});
  }
  // Equal distances come in the order of the vector service's rows; ours is that of the corpus.
  std::stable_sort(passages.begin(), passages.end(), [](const ScoredPassage& a, const ScoredPassage& b) {
    return a.score != b.score ? a.score > b.score : a.passage < b.passage;
  });
  return passages;
}

Result<CorpusAnswer> HostedCorpus::SearchImage(const Context& context, const SearchRequest& request, const CorpusImage& image) {
  CorpusFilter filter = LH_TRY(CorpusFilter::Make(image, definition_, request.metadata_filter, request.exclude_ids));
  const auto phrases = PhrasesOf(request.query_text);
  std::vector<bool> with_phrases;
  if (!phrases.empty()) {
    with_phrases = PassagesWith(image, phrases);
    std::vector<bool> rows(image.rows.size());
    for (std::size_t i = 0; i < with_phrases.size(); ++i)
      if (with_phrases[i]) rows[image.passages[i].row] = true;
    filter.Keep(image, rows);
  }
  const std::size_t wanted = std::min<std::size_t>(request.k, filter.documents());
  std::vector<QueryTerm> terms = image.words.Understand(request.query_text);
  const auto fits = [&](std::uint32_t passage) {
    return filter.Fits(image.passages[passage].row) && (with_phrases.empty() || with_phrases[passage]);
  };
  const FusionKind kind = request.fusion == "rrf" ? FusionKind::kReciprocalRank : FusionKind::kWeighted;

  CorpusAnswer answer;
  std::optional<embed::Embedding> question;
  double alpha = request.alpha;
  if (image.embedded > 0 && (kind != FusionKind::kWeighted || alpha < 1)) {
    auto made = QuestionVector(context, request.query_text, image);
    LH_TRY(context.Check());
    TellOfMeaning(context, made ? std::nullopt : std::optional<Error>(made.error()));
    if (made) {
      question = std::move(made).Take();
    } else {
      answer.warnings.push_back({"meaning_unavailable", definition_.name, made.error().message() + "; words alone were searched"});
      alpha = 1;
    }
  }
  if (image.pending > 0)
    answer.warnings.push_back({"vectors_pending", definition_.name,
                               std::to_string(image.pending) + " of " + std::to_string(image.passages.size()) +
                                   " passages have no vector yet: words alone find them"});

  // Who asks for words alone wants those words.
  if (question) terms = image.words.WithKin(std::move(terms));
  std::vector<FusedPassage> fused;
  for (std::size_t count = std::max(kFewestCandidates, std::size_t{4} * request.k);; count *= 4) {
    LH_TRY(context.Check());
    bool exhausted = true;
    const bool by_words = kind != FusionKind::kWeighted || alpha > 0;
    const auto words = by_words ? image.words.Search(terms, count, fits) : std::vector<ScoredPassage>();
    auto meaning =
        question ? LH_TRY(SearchVectors(context, request, image, *question, filter, count, exhausted)) : std::vector<ScoredPassage>();
    std::erase_if(meaning, [&fits](const ScoredPassage& one) { return !fits(one.passage); });
    fused = Fuse(words, meaning, kind, alpha);
    if ((exhausted && words.size() < count) || count >= kMostVectors || DocumentsIn(image, fused) >= wanted) break;
  }

  const std::int64_t head = HeadVersion(context);
  if (image.version != head)
    answer.warnings.push_back({"version_pending", definition_.name,
                               "version " + std::to_string(head) + " of " + definition_.dataset +
                                   " is being made searchable; this is of version " + std::to_string(image.version)});
  answer.hits = Documents(image, definition_, fused, terms, filter, wanted);
  answer.searched = {.corpus = definition_.name,
                     .dataset = definition_.dataset,
                     .version = image.version,
                     .stale = image.version != head,
                     .embedder_id = image.embedder_id,
                     .hits = answer.hits.size(),
                     .matching = filter.documents()};
  for (const QueryTerm& term : terms) {
    answer.query_weights[term.stem] = image.words.Rarity(term.stem);
    if (!term.instead_of.empty()) answer.corrected[term.instead_of] = term.stem;
  }
  return answer;
}

}  // namespace lakehouse::matrix
