#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// How good rankings are, by judgements of people. Figures equal trec_eval's to four decimals.
namespace lakehouse::matrix {

/// By query, then document: how relevant. 0 and less: not.
using Judgements = std::map<std::string, std::map<std::string, int>>;
/// By query: documents, best first.
using Rankings = std::map<std::string, std::vector<std::string>>;

/// Lines "query 0 document grade" (TREC) or "query document grade" (BEIR, with or without its heading). kInvalidArgument names the line.
Result<Judgements> ReadJudgements(std::string_view text);
/// Lines "query Q0 document rank score name" (TREC). Ordered by score, equal ones by document backwards, as trec_eval does.
Result<Rankings> ReadRankings(std::string_view text);

/// Of one query, or means over queries.
struct RetrievalMeasures {
  double ndcg10 = 0;  ///< gain is the grade (trec_eval's ndcg_cut_10)
  double map = 0;     ///< over all that was ranked
  double recall10 = 0;
  double recall100 = 0;
  double mrr = 0;  ///< 1 / rank of the first relevant one (trec_eval's recip_rank)
};
RetrievalMeasures Measure(const std::map<std::string, int>& grades, const std::vector<std::string>& ranking);

/// A mean and where it lies with 95 % confidence, by bootstrap over queries: 10,000 samples, the same ones every time.
struct Interval {
  double mean = 0, low = 0, high = 0;
};
struct Evaluation {
  std::uint64_t queries = 0;  ///< that have a relevant document; one that was not answered counts 0
  RetrievalMeasures mean;
  Interval ndcg10;
};
Evaluation Evaluate(const Judgements& judgements, const Rankings& rankings);
/// nDCG@10 of `rankings` less that of `baseline`, query by query.
Interval CompareNdcg10(const Judgements& judgements, const Rankings& rankings, const Rankings& baseline);

}  // namespace lakehouse::matrix
