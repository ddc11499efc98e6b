#include "image_search.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "diversity.h"
#include "hosted_corpus.h"
#include "phrases.h"
#include "rerank.h"

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kFewestCandidates = 1'000;  ///< so that up to 250 hits are the same ones whatever k is
constexpr std::size_t kMostVectors = 100'000;
constexpr std::size_t kFewestContenders = 100, kContendersForAPlace = 4;  ///< documents that diversity chooses from

/// What a search is asked for that says nothing of it. ADR 25 says what they were measured on.
struct Usual {
  double alpha, feedback;
};
Usual UsualOf(const CorpusImage& image) {
  return image.learned ? Usual{.alpha = .6, .feedback = .65} : Usual{.alpha = .4, .feedback = .25};
}

std::size_t DocumentsIn(const CorpusImage& image, const std::vector<FusedPassage>& fused) {
  std::unordered_set<std::string_view> ids;
  for (const FusedPassage& one : fused) ids.insert(image.rows[image.passages[one.passage].row].id);
  return ids.size();
}

}  // namespace

ImageSearch::ImageSearch(vector::Vectors& vectors, const CorpusImage& image, const CreateCorpusRequest& corpus,
                         const SearchRequest& request, CorpusFilter filter)
    : vectors_(vectors),
      image_(image),
      corpus_(corpus),
      request_(request),
      kind_(request.query_text.empty() ? FusionKind::kMeaningAlone
            : request.fusion == "rrf"  ? FusionKind::kReciprocalRank
                                       : FusionKind::kWeighted),
      alpha_(request.query_text.empty() ? 0 : request.alpha.value_or(UsualOf(image).alpha)),
      feedback_(request.feedback.value_or(request.query_vector ? 0 : UsualOf(image).feedback)),
      filter_(std::move(filter)),
      terms_(image.words.Understand(request.query_text)) {
  KeepPhrases();
}

Result<ImageSearch> ImageSearch::Make(vector::Vectors& vectors, const CorpusImage& image, const CreateCorpusRequest& corpus,
                                      const SearchRequest& request) {
  return ImageSearch(vectors, image, corpus, request,
                     LH_TRY(CorpusFilter::Make(image, corpus, request.metadata_filter, request.exclude_ids, request.only_ids)));
}

void ImageSearch::KeepPhrases() {
  const auto phrases = PhrasesOf(request_.query_text);
  if (phrases.empty()) return;
  with_phrases_ = PassagesWith(image_, phrases);
  std::vector<bool> rows(image_.rows.size());
  for (std::size_t i = 0; i < with_phrases_.size(); ++i)
    if (with_phrases_[i]) rows[image_.passages[i].row] = true;
  filter_.Keep(image_, rows);
}

bool ImageSearch::Fits(std::uint32_t passage) const {
  return filter_.Fits(image_.passages[passage].row) && (with_phrases_.empty() || with_phrases_[passage]);
}

bool ImageSearch::WantsMeaning() const { return image_.embedded > 0 && (kind_ != FusionKind::kWeighted || alpha_ < 1); }

void ImageSearch::SetQuestion(std::optional<embed::Embedding> question) {
  question_ = std::move(question);
  // Who asks for words alone wants those words.
  if (question_) terms_ = image_.words.WithKin(std::move(terms_));
}

Status ImageSearch::Run(const Context& context) {
  for (std::size_t count = std::max(kFewestCandidates, std::size_t{4} * request_.k_of_each());; count *= 4) {
    LH_TRY(context.Check());
    LH_TRY(Find(context, count));
    if (feedback_ > 0 && led_.empty() && LH_TRY(Feedback(context))) LH_TRY(Find(context, count));
    if (is_exhausted_ || count >= kMostVectors || DocumentsIn(image_, found_) >= std::min<std::size_t>(request_.k_of_each(), matching()))
      break;
  }
  if (!request_.rerank.empty()) Rerank();
  return request_.diversity > 0 ? Diversify(context) : Ok{};
}

Status ImageSearch::Find(const Context& context, std::size_t count) {
  const bool by_words = kind_ != FusionKind::kWeighted || alpha_ > 0;
  const auto words =
      by_words ? image_.words.Search(terms_, count, [this](std::uint32_t passage) { return Fits(passage); }) : std::vector<ScoredPassage>();
  is_exhausted_ = words.size() < count;
  const auto meaning = question_ ? LH_TRY(FindByMeaning(context, count)) : std::vector<ScoredPassage>();
  found_ = Fuse(words, meaning, kind_, alpha_);
  return Ok{};
}

Result<std::vector<ScoredPassage>> ImageSearch::FindByMeaning(const Context& context, std::size_t count) {
  vector::SearchRequest search{.name = image_.vector_index, .vector = *question_, .options = {}};
  search.options.k = static_cast<std::uint32_t>(std::min(count, kMostVectors));
  search.options.exact = true;  // so that rankings do not depend on how the index grew
  if (request_.metadata_filter) search.options.filter = vector::SearchFilter{.ids = {}, .metadata = request_.metadata_filter};
  const auto nearest = LH_TRY(vectors_.Search(context, search));
  is_exhausted_ = is_exhausted_ && nearest.results.size() < search.options.k;
  std::vector<ScoredPassage> passages;
  for (const vector::Hit& hit : nearest.results) {
    const auto passage = image_.by_chunk.find(hit.id);
    if (passage != image_.by_chunk.end() && Fits(passage->second))
      passages.push_back({passage->second, 1 - static_cast<double>(hit.distance)});
  }
  // Equal distances come in the order of the vector service's rows; ours is that of the corpus.
  std::stable_sort(passages.begin(), passages.end(), [](const ScoredPassage& a, const ScoredPassage& b) {
    return a.score != b.score ? a.score > b.score : a.passage < b.passage;
  });
  return passages;
}

Result<bool> ImageSearch::Feedback(const Context& context) {
  if (!question_) return false;
  std::vector<Lead> leads;
  for (const FusedPassage& one : found_) {
    if (leads.size() == kFeedbackPassages || one.score <= 0) break;
    auto vector = LH_TRY(VectorOf(context, one.passage));
    if (!vector) continue;
    leads.push_back({std::move(*vector), one.score});
    led_.insert(one.passage);
  }
  if (leads.empty()) return false;
  question_ = MoveToward(*question_, leads, feedback_);
  return true;
}

void ImageSearch::Rerank() {
  const auto first = found_.begin(), last = first + static_cast<std::ptrdiff_t>(std::min(kReranked, found_.size()));
  for (auto one = first; one != last; ++one) {
    const CorpusPassage& passage = image_.passages[one->passage];
    const std::string_view title = passage.column > 0 ? std::string_view(image_.rows[passage.row].texts[0]) : std::string_view();
    const Reranking reranking = LexicalRerank(image_.words, terms_, title, image_.TextOf(passage));
    one->score += reranking.part;
    reranked_.emplace(one->passage, reranking);
  }
  std::stable_sort(first, last, [](const FusedPassage& a, const FusedPassage& b) { return a.score > b.score; });
}

Status ImageSearch::Diversify(const Context& context) {
  std::vector<FusedPassage> best;  // of each document
  std::vector<Contender> contenders;
  std::unordered_set<std::string_view> seen;
  for (const FusedPassage& one : found_) {
    if (contenders.size() == std::max(kFewestContenders, kContendersForAPlace * request_.k_of_each())) break;
    if (!seen.insert(image_.rows[image_.passages[one.passage].row].id).second) continue;
    best.push_back(one);
    contenders.push_back({one.score, LH_TRY(VectorOf(context, one.passage))});
  }
  found_.clear();
  for (const Placed& placed : matrix::Diversify(contenders, request_.diversity, request_.k_of_each())) {
    FusedPassage& one = found_.emplace_back(best[placed.contender]);
    one.score = placed.score;
    if (placed.like)
      likeness_[one.passage] = {.cosine = placed.likeness, .id = image_.rows[image_.passages[best[*placed.like].passage].row].id};
  }
  return Ok{};
}

Result<std::optional<embed::Embedding>> ImageSearch::VectorOf(const Context& context, std::uint32_t passage) const {
  if (!image_.passages[passage].embedded) return std::optional<embed::Embedding>();
  auto item = vectors_.GetItem(context, {image_.vector_index, image_.passages[passage].chunk_id});
  if (!item && item.error().reason() == "item_not_found") return std::optional<embed::Embedding>();  // a newer image is about to come
  if (!item) return std::move(item).TakeError();
  return std::optional(std::move(item->item.vector));
}

Hit ImageSearch::HitOf(std::uint32_t row) const {
  Hit hit;
  hit.id = image_.rows[row].id;
  hit.corpus = corpus_.name;
  // Where nothing was found, it is as far off as can be, and like any other such.
  const double worst = kind_ == FusionKind::kMeaningAlone ? -1 : 0;
  hit.score = (1 - request_.diversity) * worst - request_.diversity;
  if (!corpus_.filter_columns.empty()) hit.metadata = MetadataOf(image_, corpus_, row);
  return hit;
}

Hit ImageSearch::HitOf(const FusedPassage& fused) const {
  const CorpusPassage& passage = image_.passages[fused.passage];
  Hit hit = HitOf(passage.row);
  hit.score = fused.score;
  hit.passage = {.chunk_id = passage.chunk_id,
                 .column = corpus_.text_columns[passage.column],
                 .begin = passage.begin,
                 .end = passage.end,
                 .title = passage.column > 0 ? image_.rows[passage.row].texts[0] : std::string(),
                 .text = std::string(image_.TextOf(passage))};
  hit.why = {.bm25 = fused.words,
             .fields = fused.words > 0 ? FieldsOf(fused.passage) : std::map<std::string, FieldPart>(),
             .similarity = fused.meaning,
             .words_part = fused.words_part,
             .meaning_part = fused.meaning_part,
             .words_rank = fused.words_rank,
             .meaning_rank = fused.meaning_rank,
             .words = {},
             .kin = {},
             .moved_query = led_.contains(fused.passage),
             .rerank = {},
             .likeness = {}};
  if (const auto found = reranked_.find(fused.passage); found != reranked_.end()) hit.why.rerank = found->second;
  if (const auto found = likeness_.find(fused.passage); found != likeness_.end()) hit.why.likeness = found->second;
  for (const QueryTerm& term : terms_) {
    if (image_.words.Has(fused.passage, term.stem)) hit.why.words.push_back(term.stem);
    if (std::string kin = image_.words.KinIn(fused.passage, term); !kin.empty()) hit.why.kin[term.stem] = std::move(kin);
  }
  return hit;
}

std::map<std::string, FieldPart> ImageSearch::FieldsOf(std::uint32_t passage) const {
  std::map<std::string, FieldPart> fields;
  const auto add = [&fields](std::string_view field, double weight, double bm25) {
    if (bm25 == 0) return;
    FieldPart& part = fields[std::string(field)];
    part.weight = weight;
    part.bm25 += bm25;
  };
  const ByPlace parts = image_.words.PartsOf(passage, terms_);
  const std::uint32_t column = image_.passages[passage].column;
  add(corpus_.text_columns[0], image_.weights.OfColumn(0), parts.title);
  add(kHeadings, image_.weights.headings, parts.headings);
  add(corpus_.text_columns[column], image_.weights.OfColumn(column), parts.text);
  return fields;
}

std::vector<Hit> ImageSearch::Hits() const {
  const std::size_t wanted = std::min<std::size_t>(request_.k_of_each(), matching());
  std::vector<Hit> hits;
  std::unordered_set<std::string_view> seen;
  for (const FusedPassage& one : found_) {
    if (hits.size() == wanted) break;
    if (seen.insert(image_.rows[image_.passages[one.passage].row].id).second) hits.push_back(HitOf(one));
  }
  for (std::uint32_t row = 0; row < image_.rows.size() && hits.size() < wanted; ++row)
    if (filter_.Fits(row) && seen.insert(image_.rows[row].id).second) hits.push_back(HitOf(row));
  for (Hit& hit : hits) hit.distance = 1 - hit.score;
  return hits;
}

}  // namespace lakehouse::matrix
