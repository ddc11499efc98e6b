#include "lakehouse/matrix/answers.h"

#include <algorithm>
#include <array>
#include <set>

#include "lakehouse/text/sentences.h"
#include "lakehouse/text/stem.h"
#include "lakehouse/text/words.h"
#include "verifier.h"

namespace lakehouse::matrix {
namespace {

constexpr double kLeastCoverage = .5;          ///< of the question by what was found; below it the honest answer is none
constexpr double kLeastSentenceCoverage = .3;  ///< of the question by a sentence, beside the best one's half
// What people say around what they look for, as stems.
constexpr std::array<std::string_view, 22> kAsking{"find",   "me",    "show",   "list",   "give", "tell", "pleas", "need",
                                                   "want",   "look",  "search", "get",    "know", "help", "us",    "our",
                                                   "someon", "anyon", "about",  "should", "may",  "must"};

/// The stems that the question is about.
std::set<std::string> TermsOf(std::string_view question) {
  std::set<std::string> terms;
  for (std::string& term : text::SearchTerms(question))
    if (std::find(kAsking.begin(), kAsking.end(), term) == kAsking.end()) terms.insert(std::move(term));
  return terms;
}

double WeightOf(const std::set<std::string>& terms, const TermWeights& weights) {
  double sum = 0;
  for (const std::string& term : terms) sum += WeightIn(weights, term);
  return sum;
}

std::set<std::string> Shared(const std::set<std::string>& terms, std::string_view passage) {
  std::set<std::string> shared;
  for (std::string& term : text::SearchTerms(passage))
    if (terms.contains(term)) shared.insert(std::move(term));
  return shared;
}

struct Candidate {
  std::size_t hit = 0;
  text::Span span;  ///< of the passage
  std::set<std::string> terms;
  double coverage = 0;
};

/// Every sentence that speaks of the question.
std::vector<Candidate> Candidates(const SearchResponse& found, const std::set<std::string>& terms, double whole, Grounding& grounding) {
  std::vector<Candidate> candidates;
  for (std::size_t hit = 0; hit < found.results.size(); ++hit) {
    const std::string& passage = found.results[hit].passage.text;
    for (const text::Span& sentence : text::SentencesOf(passage)) {
      if (ReadsLikeInstruction(sentence.In(passage))) {
        ++grounding.suspicious;
        continue;
      }
      Candidate candidate{.hit = hit, .span = sentence, .terms = Shared(terms, sentence.In(passage)), .coverage = 0};
      if (candidate.terms.empty()) continue;
      candidate.terms.merge(Shared(terms, found.results[hit].passage.title));  // what the row is about, its sentences are
      candidate.coverage = WeightOf(candidate.terms, found.query_weights) / whole;
      candidates.push_back(std::move(candidate));
    }
  }
  // The better passage first where sentences say as much; the shorter sentence where passages are one.
  std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) { return a.coverage > b.coverage; });
  return candidates;
}

Citation CitationOf(const SearchResponse& found, const Candidate& candidate, std::uint32_t number) {
  const Hit& hit = found.results[candidate.hit];
  Citation citation{.number = number,
                    .corpus = hit.corpus,
                    .dataset = {},
                    .version = 0,
                    .id = hit.id,
                    .column = hit.passage.column,
                    .begin = hit.passage.begin + candidate.span.begin,
                    .end = hit.passage.begin + candidate.span.end,
                    .quote = std::string(candidate.span.In(hit.passage.text)),
                    .chunk_id = hit.passage.chunk_id,
                    .metadata = hit.metadata};
  for (const SearchedCorpus& searched : found.searched) {
    if (searched.corpus != hit.corpus) continue;
    citation.dataset = searched.dataset;
    citation.version = searched.version;
  }
  return citation;
}

void AddSentence(const SearchResponse& found, const Candidate& candidate, AskResponse& response) {
  const auto number = static_cast<std::uint32_t>(response.citations.size() + 1);
  Citation citation = CitationOf(found, candidate, number);
  const std::vector<std::string> quotes{citation.quote};
  if (!WhyUnsupported({citation.quote, {1}}, quotes, found.query_weights).empty()) return void(++response.grounding.dropped);
  ++response.grounding.supported;
  if (!response.answer.empty()) response.answer += " ";
  response.answer += citation.quote + " [" + std::to_string(number) + "]";
  response.sentences.push_back({citation.quote, {number}});
  response.citations.push_back(std::move(citation));
}

Status CheckAsk(const AskRequest& request) {
  const auto bad = [](std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)).Named("bad_request"); };
  if (request.passages < 1 || request.passages > 20) return bad("passages: expected 1 to 20");
  if (request.sentences < 1 || request.sentences > 10) return bad("sentences: expected 1 to 10");
  return Ok{};
}

}  // namespace

Result<AskResponse> Ask(Matrix& matrix, const Context& context, const AskRequest& request) {
  LH_TRY(CheckAsk(request));
  SearchRequest search;
  search.query_text = request.question;
  search.corpora = request.corpora;
  search.k = request.passages;
  search.metadata_filter = request.metadata_filter;
  const SearchResponse found = LH_TRY(matrix.Search(context, search));

  AskResponse response;
  response.answered_by = "extract-v1";
  response.searched = found.searched;
  std::string asked = request.question;
  for (const auto& [written, meant] : found.corrected) asked += " " + meant;
  std::set<std::string> terms = TermsOf(asked);
  for (const auto& [written, meant] : found.corrected) terms.erase(written);
  const double whole = WeightOf(terms, found.query_weights);
  std::string all;
  for (const Hit& hit : found.results) all += hit.passage.title + "\n" + hit.passage.text + "\n";
  const double coverage = whole > 0 ? WeightOf(Shared(terms, all), found.query_weights) / whole : 0;
  const auto refuse = [&](std::string reason) {
    response.no_answer = NoAnswer{std::move(reason), coverage};
    return response;
  };
  if (found.results.empty() || whole == 0) return refuse("nothing_found");
  if (coverage < kLeastCoverage) return refuse("low_coverage");

  const std::vector<Candidate> candidates = Candidates(found, terms, whole, response.grounding);
  std::set<std::string_view> said;
  for (const Candidate& candidate : candidates) {
    const bool speaks = candidate.coverage >= std::max(kLeastSentenceCoverage, candidates.front().coverage / 2);
    if (!speaks || response.sentences.size() == request.sentences) break;
    if (said.insert(candidate.span.In(found.results[candidate.hit].passage.text)).second) AddSentence(found, candidate, response);
  }
  if (response.sentences.empty()) return refuse("ungrounded");
  return response;
}

}  // namespace lakehouse::matrix
