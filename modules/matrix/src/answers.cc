#include "lakehouse/matrix/answers.h"

#include <algorithm>

#include "exact_terms.h"
#include "extract.h"
#include "lakehouse/base/hash.h"
#include "load_warnings.h"
#include "model_answer.h"
#include "sql_route.h"

namespace lakehouse::matrix {
namespace {

constexpr double kLeastCoverage = .5;            ///< of the question by what was found; up to it the honest answer is none
constexpr std::uint32_t kExactHits = kMostHits;  ///< looked through for those that have what was asked for by an exact name

Status CheckAsk(const AskRequest& request) {
  const auto bad = [](std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)).Named("bad_request"); };
  if (request.passages < 1 || request.passages > 20) return bad("passages: expected 1 to 20");
  if (request.sentences < 1 || request.sentences > 10) return bad("sentences: expected 1 to 10");
  return Ok{};
}

Mention WorstMention(const Hit& hit, const std::vector<ExactTerm>& exact) {
  Mention worst = Mention::kStated;
  const std::string all = hit.passage.title + ".\n" + hit.passage.text + (hit.metadata ? ".\n" + hit.metadata->text : "");
  for (const ExactTerm& term : exact) worst = std::min(worst, MentionOf(all, term));
  return worst;
}

Considered ConsideredOf(const Hit& hit, std::uint32_t rank) {
  return {.rank = rank,
          .corpus = hit.corpus,
          .id = hit.id,
          .column = hit.passage.column,
          .begin = hit.passage.begin,
          .end = hit.passage.end,
          .chunk_id = hit.passage.chunk_id,
          .title = hit.passage.title,
          .metadata = hit.metadata,
          .score = hit.score,
          .why = hit.why,
          .cited = {},
          .left_out = {}};
}

class RunningAnswer final : public Answering {
 public:
  RunningAnswer(const AnswerParts& parts, AskRequest request) : parts_(parts), request_(std::move(request)) {}

  Result<Step> Next(const Context& context) override {
    LH_TRY(context.Check());
    if (!is_searched_) {
      routed_ = Route(context);
      if (!routed_) LH_TRY(Search(context));
      is_searched_ = true;
      return Step::kSearched;
    }
    if (routed_ && response_.sentences.empty()) return SayRouted();
    if (!routed_ && !is_understood_) Understand();
    if (asks_model_) {
      if (LH_TRY(SayModel(context))) return Step::kSentence;
      asks_model_ = false;
      if (response_.sentences.empty() && !response_.no_answer) ExtractInstead();
    }
    while (next_ < candidates_.size() && response_.sentences.size() < request_.sentences)
      if (Say(candidates_[next_++])) return Step::kSentence;
    Finish();
    return Step::kDone;
  }
  const AskResponse& response() const override { return response_; }

 private:
  /// A statement that fails is no answer, and no failure either: the documents are asked.
  bool Route(const Context& context) {
    if (parts_.catalog == nullptr || parts_.query == nullptr || request_.metadata_filter || request_.only_ids) return false;
    const std::vector<DatasetLoad> loads = LoadsUnderWay(context, parts_.loads);
    auto routed = AnswerBySql(context, *parts_.catalog, *parts_.query, request_.question);
    if (!routed || !*routed) return false;
    response_.answered_by = "sql-v1";
    response_.sql = (*routed)->sql;
    said_by_sql_ = (*routed)->sentence;
    WarnOfLoads(loads, "", response_.sql->dataset, response_.warnings);
    return true;
  }
  Step SayRouted() {
    const SqlAnswer& sql = *response_.sql;
    Citation citation;
    citation.number = 1;
    citation.dataset = sql.dataset;
    citation.version = sql.version;
    citation.quote = sql.sql;
    citation.title = "SQL over " + sql.dataset;
    response_.citations.push_back(std::move(citation));
    response_.sentences.push_back({said_by_sql_, {1}});
    ++response_.grounding.supported;
    return Step::kSentence;
  }

  Status Search(const Context& context) {
    exact_ = ExactTermsOf(request_.question);
    SearchRequest search;
    search.query_text = request_.question;
    search.corpora = request_.corpora;
    search.k = exact_.empty() ? request_.passages : std::max(kExactHits, request_.passages);
    search.metadata_filter = request_.metadata_filter;
    search.only_ids = request_.only_ids;
    found_ = LH_TRY(parts_.matrix.Search(context, search));
    // A search fills up with documents in which nothing was found. No answer stands in those.
    std::erase_if(found_.results, [](const Hit& hit) { return hit.score <= 0; });
    KeepExact();
    response_.answered_by = "extract-v1";
    response_.searched = found_.searched;
    response_.corrected = found_.corrected;
    response_.warnings = found_.warnings;
    for (const Hit& hit : found_.results)
      response_.considered.push_back(ConsideredOf(hit, static_cast<std::uint32_t>(response_.considered.size() + 1)));
    return Ok{};
  }

  /// Documents that have what was asked for by an exact name, if there are any; those that deny it come behind and are not spoken of.
  void KeepExact() {
    auto& hits = found_.results;
    std::vector<Hit> stating, others;
    for (Hit& hit : hits) (WorstMention(hit, exact_) == Mention::kStated ? stating : others).push_back(std::move(hit));
    speaking_ = stating.empty() ? others.size() : stating.size();
    states_exact_ = !stating.empty();
    std::move(others.begin(), others.end(), std::back_inserter(stating));
    hits = std::move(stating);
    if (hits.size() > request_.passages) hits.resize(request_.passages);
    speaking_ = std::min(speaking_, hits.size());
  }

  void Understand() {
    is_understood_ = true;
    const Asked asked = matrix::Understand(request_.question, found_);
    const std::vector<Hit> spoken(found_.results.begin(), found_.results.begin() + static_cast<std::ptrdiff_t>(speaking_));
    for (std::size_t i = speaking_; i < response_.considered.size(); ++i)
      if (WorstMention(found_.results[i], exact_) == Mention::kDenied) response_.considered[i].left_out = "denies";
    std::string all;
    for (const Hit& hit : spoken) all += hit.passage.title + "\n" + hit.passage.text + "\n";
    coverage_ = CoverageOf(asked, all, found_.query_weights);
    const bool names_a_number = std::any_of(exact_.begin(), exact_.end(), [](const ExactTerm& term) { return !term.number.empty(); });
    if (names_a_number && !states_exact_ && !AnyDenied(spoken)) coverage_ = 0;
    response_.coverage = coverage_;
    if (found_.results.empty() || asked.weight == 0) return Refuse("nothing_found");
    if (coverage_ <= kLeastCoverage) return Refuse("low_coverage");
    std::set<std::size_t> suspicious;
    candidates_ = SentencesFor(asked, spoken, found_.query_weights, suspicious, response_.grounding);
    for (const std::size_t hit : suspicious) response_.considered[hit].left_out = "instruction";
    asks_model_ = parts_.chat != nullptr;
    if (!asks_model_) return;
    for (const Hit& hit : spoken) passages_.push_back(CleanPassage(hit));
    extract_ = std::exchange(candidates_, {});
  }

  /// True: it said one more sentence that is supported. False: it says no more; what was wrong with it is noted.
  Result<bool> SayModel(const Context& context) {
    while (response_.sentences.size() < request_.sentences) {
      while (next_claim_ < claims_.size()) {
        const Claim& claim = claims_[next_claim_++];
        if (Declines(claim) && response_.sentences.empty()) return Refuse("declined"), response_.answered_by = parts_.chat->name(), false;
        if (SayClaim(claim)) return response_.answered_by = parts_.chat->name(), true;
      }
      if (model_is_done_) break;
      const Status read = ReadModel(context);
      if (read) continue;
      LH_TRY(context.Check());  // when the caller is gone, nobody else needs to answer
      response_.model_problem = read.error().message();
      return false;
    }
    if (response_.sentences.empty())
      response_.model_problem = "nothing that " + parts_.chat->name() + " said is supported by a passage it cites";
    return false;
  }
  Status ReadModel(const Context& context) {
    if (!stream_)
      stream_ = LH_TRY(
          parts_.chat->Open(context, PromptOf(request_.question, passages_, Sha256Hex(context.trace + request_.question).substr(0, 12))));
    const auto piece = LH_TRY(stream_->Next(context));
    claims_ = piece ? reader_.Feed(*piece) : reader_.End();
    next_claim_ = 0;
    model_is_done_ = !piece;
    return Ok{};
  }
  bool SayClaim(Claim claim) {
    claim.cites = RelatedCites(claim, passages_, found_.query_weights);
    if (ReadsLikeInstruction(claim.text) || !WhyUnsupported(claim, passages_, found_.query_weights).empty()) {
      ++response_.grounding.dropped;
      return false;
    }
    AnswerSentence sentence{claim.text, {}};
    for (const std::uint32_t passage : claim.cites) {
      const Hit& hit = found_.results[passage - 1];
      sentence.cites.push_back(Cite(passage - 1, NearestSentence(claim.text, hit.passage.text, found_.query_weights)));
    }
    response_.sentences.push_back(std::move(sentence));
    ++response_.grounding.supported;
    return true;
  }
  /// The number of the citation of this sentence, which may be there already.
  std::uint32_t Cite(std::size_t at, const text::Span& span) {
    const Hit& hit = found_.results[at];
    const auto number = static_cast<std::uint32_t>(response_.citations.size() + 1);
    Citation citation = CitationOf(hit, span, number);
    for (const Citation& known : response_.citations)
      if (known.corpus == hit.corpus && known.chunk_id == citation.chunk_id && known.begin == citation.begin) return known.number;
    response_.citations.push_back(std::move(citation));
    response_.considered[at].cited.push_back(number);
    return number;
  }
  void ExtractInstead() {
    candidates_ = std::move(extract_);
    response_.answered_by = "extract-v1";
  }
  bool AnyDenied(const std::vector<Hit>& hits) const {
    return std::any_of(hits.begin(), hits.end(), [&](const Hit& hit) { return WorstMention(hit, exact_) == Mention::kDenied; });
  }

  bool Say(const Candidate& candidate) {
    const Hit& hit = found_.results[candidate.hit];
    const std::string quote(candidate.span.In(hit.passage.text));
    const std::vector<std::string> quotes{quote};
    if (!WhyUnsupported({quote, {1}}, quotes, found_.query_weights).empty()) {
      ++response_.grounding.dropped;
      return false;
    }
    response_.sentences.push_back({quote, {Cite(candidate.hit, candidate.span)}});
    ++response_.grounding.supported;
    return true;
  }
  Citation CitationOf(const Hit& hit, const text::Span& span, std::uint32_t number) const {
    Citation citation{.number = number,
                      .corpus = hit.corpus,
                      .dataset = {},
                      .version = 0,
                      .id = hit.id,
                      .column = hit.passage.column,
                      .begin = hit.passage.begin + span.begin,
                      .end = hit.passage.begin + span.end,
                      .quote = std::string(span.In(hit.passage.text)),
                      .chunk_id = hit.passage.chunk_id,
                      .title = hit.passage.title,
                      .metadata = hit.metadata};
    for (const SearchedCorpus& searched : found_.searched) {
      if (searched.corpus != hit.corpus) continue;
      citation.dataset = searched.dataset;
      citation.version = searched.version;
    }
    return citation;
  }

  void Refuse(std::string reason) { response_.no_answer = NoAnswer{std::move(reason), coverage_}; }
  void Finish() {
    if (response_.sentences.empty() && !response_.no_answer) Refuse("ungrounded");
    for (const AnswerSentence& sentence : response_.sentences) {
      response_.answer += (response_.answer.empty() ? "" : " ") + sentence.text + " ";
      for (const std::uint32_t number : sentence.cites) response_.answer += "[" + std::to_string(number) + "]";
    }
  }

  const AnswerParts parts_;
  const AskRequest request_;
  std::vector<ExactTerm> exact_;
  SearchResponse found_;
  std::size_t speaking_ = 0;  ///< results from the first that an answer may rest on
  bool states_exact_ = false;
  bool routed_ = false;
  std::string said_by_sql_;
  bool is_searched_ = false, is_understood_ = false;
  double coverage_ = 0;
  std::vector<Candidate> candidates_;
  std::size_t next_ = 0;

  bool asks_model_ = false, model_is_done_ = false;
  std::vector<std::string> passages_;  ///< as the model gets them, in the order of the results
  std::vector<Candidate> extract_;     ///< what is said if the model says nothing
  std::unique_ptr<chat::ChatStream> stream_;
  ClaimReader reader_;
  std::vector<Claim> claims_;
  std::size_t next_claim_ = 0;
  AskResponse response_;
};

}  // namespace

std::string Answers::answerer() const { return parts_.chat != nullptr ? parts_.chat->name() : "extract-v1"; }

Result<std::unique_ptr<Answering>> Answers::Start(AskRequest request) {
  LH_TRY(CheckAsk(request));
  return std::unique_ptr<Answering>(std::make_unique<RunningAnswer>(parts_, std::move(request)));
}

Result<AskResponse> Answers::Ask(const Context& context, AskRequest request) {
  const auto answering = LH_TRY(Start(std::move(request)));
  while (LH_TRY(answering->Next(context)) != Answering::Step::kDone) continue;
  return answering->response();
}

}  // namespace lakehouse::matrix
