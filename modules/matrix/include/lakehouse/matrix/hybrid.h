#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/matrix/answers.h"
#include "lakehouse/net/route.h"

/// Search of a corpus among the rows that a condition in SQL lets through.
namespace lakehouse::matrix {

struct HybridRequest {
  std::string question;
  std::string index_name;                     ///< a corpus, or the vector index of one
  std::optional<std::string> sql_filter;      ///< what stands behind WHERE; absent: all rows
  std::optional<std::string> filter_dataset;  ///< whose rows it is about; absent: the corpus' dataset
  std::optional<std::string> id_column;       ///< of that dataset, with the corpus' ids; absent: the corpus' id column
  std::uint32_t top_k = 10;
  bool generate = false;             ///< an answer, too, from no other rows than those
  bool use_playbook_memory = false;  ///< must be false: there is no such memory
};
/// The best passage of a row that the condition lets through.
struct HybridSource {
  std::string doc_id;
  std::string chunk_text;
  double score = 0;
  double distance = 0;        ///< 1 - score
  bool sql_verified = false;  ///< the condition was run, and the row is one of its
  std::string chunk_id;
  std::string column;
  std::uint64_t begin = 0;  ///< octets of the column's value
  std::uint64_t end = 0;
  std::string title;
  std::optional<RawJson> metadata;
  Explanation why;
};
struct HybridResponse {
  std::string index_name;                    ///< the corpus
  std::optional<std::string> sql;            ///< the statement that was run
  std::optional<std::int64_t> sql_version;   ///< of the dataset it read
  std::optional<std::uint64_t> sql_matches;  ///< ids that it let through, whether the corpus has them or not
  std::vector<HybridSource> sources;         ///< best first; min(top_k, rows of the corpus that it let through)
  SearchedCorpus searched;
  std::vector<SearchWarning> warnings;
  std::optional<AskResponse> answer;  ///< with `generate`
};

/// All of which must outlive what is made with them.
struct HybridParts {
  Matrix& matrix;
  query::Query& query;
  Answers& answers;
};

/// Runs the condition under the caller's name, then searches among the ids it gave: exact, and never fewer than there are. All or nothing:
/// an error of either half is the answer. kInvalidArgument: question, top_k, the condition; reason "no_playbooks". kNotFound: corpus (a
/// bare vector index is none: nobody knows its texts, nor what made its vectors), dataset. kTooLarge: more ids than a query may give.
Result<HybridResponse> SearchHybrid(const Context& context, const HybridParts& parts, const HybridRequest& request);

/// POST /vectors/hybrid, without the prefix /v1.
std::vector<net::Route> HybridRoutes(HybridParts parts);

}  // namespace lakehouse::matrix
