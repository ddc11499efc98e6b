#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/matrix/dataset_loads.h"
#include "lakehouse/matrix/matrix.h"
#include "lakehouse/query/query.h"

namespace lakehouse::chat {
class ChatProvider;
}

/// Answers to questions, every sentence of which cites where it stands.
namespace lakehouse::matrix {

struct AskRequest {
  std::string question;
  std::vector<std::string> corpora;                  ///< none: SQL alone may answer
  std::optional<RawJson> metadata_filter;            ///< with one, no question goes to SQL
  std::optional<std::vector<std::string>> only_ids;  ///< rows that an answer may rest on; with them, no question goes to SQL
  std::uint32_t passages = 5;                        ///< that are read, 1 to 20
  std::uint32_t sentences = 3;                       ///< of the answer, at most; 1 to 10
};

/// The very octets an answer rests on.
struct Citation {
  std::uint32_t number = 0;  ///< from 1, as in "[1]"
  std::string corpus;        ///< empty: it is the SQL statement, which `quote` holds
  std::string dataset;
  std::int64_t version = 0;  ///< of the dataset
  std::string id;            ///< of the row
  std::string column;
  std::uint64_t begin = 0;  ///< octets of the column's value
  std::uint64_t end = 0;
  std::string quote;
  std::string chunk_id;
  std::string title;                ///< of the row: its first text column, unless that is `column`
  std::optional<RawJson> metadata;  ///< the row's filter columns: file and page, where the dataset has them
};
struct AnswerSentence {
  std::string text;
  std::vector<std::uint32_t> cites;
};
struct Grounding {
  std::uint32_t supported = 0;
  std::uint32_t dropped = 0;     ///< sentences that the verifier did not let through
  std::uint32_t suspicious = 0;  ///< sentences of documents that read like instructions: never part of an answer
};
struct NoAnswer {
  std::string reason;   ///< "nothing_found", "low_coverage", "ungrounded", "declined" (by the model)
  double coverage = 0;  ///< how much of the question the passages speak of, 0 to 1
};
/// A passage that was read, and why it stands where it does.
struct Considered {
  std::uint32_t rank = 0;  ///< from 1
  std::string corpus;
  std::string id;
  std::string column;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string chunk_id;
  std::string title;
  std::optional<RawJson> metadata;
  double score = 0;
  Explanation why;
  std::vector<std::uint32_t> cited;     ///< numbers of citations that stand in it
  std::optional<std::string> left_out;  ///< "denies": it says no to what was asked for by an exact name; "instruction"
};
/// The statement that answered a question that asks for a number.
struct SqlAnswer {
  std::string sql;
  std::string dataset;
  std::int64_t version = 0;
  std::vector<std::string> columns;
  RawJson rows;  ///< an array of arrays
  std::int64_t row_count = 0;
};
struct AskResponse {
  std::string answer;  ///< the sentences, each followed by its numbers; empty with no_answer
  std::vector<AnswerSentence> sentences;
  std::vector<Citation> citations;
  std::optional<NoAnswer> no_answer;
  double coverage = 0;      ///< how much of the question the passages speak of, 0 to 1; 0 where SQL answered
  std::string answered_by;  ///< "extract-v1", "sql-v1", or the model: "ollama/llama3.2"
  std::optional<SqlAnswer> sql;
  std::optional<std::string> model_problem;  ///< why the model's answer is not the one, or not whole
  Grounding grounding;
  std::vector<SearchedCorpus> searched;
  std::vector<Considered> considered;            ///< best first
  std::map<std::string, std::string> corrected;  ///< words that no text has, and what was searched instead
  std::vector<SearchWarning> warnings;           ///< what it does not know, though it is an answer
};

/// An answer that is being made, one step at a time. One thread at a time.
class Answering {
 public:
  enum class Step {
    kSearched,  ///< `searched`, `considered` and `warnings` are there
    kSentence,  ///< one more sentence, verified, and its citations
    kDone,      ///< nothing changes any more
  };
  virtual ~Answering() = default;
  /// After kDone it must not be called. Fails as Matrix::Search does; after that neither.
  virtual Result<Step> Next(const Context& context) = 0;
  virtual const AskResponse& response() const = 0;
};

/// What answers are made from. References and pointers must outlive the Answers and whatever it started.
struct AnswerParts {
  Matrix& matrix;
  catalog::Catalog* catalog = nullptr;  ///< as callers may see it; null: no question goes to SQL
  query::Query* query = nullptr;        ///< with `catalog`
  chat::ChatProvider* chat = nullptr;   ///< null: no model is asked
  DatasetLoads loads = {};              ///< none: an answer of SQL does not say that its dataset is being loaded
};

/// Answers questions over corpora and datasets. Thread-safe.
class Answers {
 public:
  explicit Answers(AnswerParts parts) : parts_(std::move(parts)) {}

  /// Who answers what SQL does not: the model's name, or "extract-v1".
  std::string answerer() const;

  /// `sql-v1` where rules are sure that the question asks for a number that one statement over one dataset gives; the statement passes the
  /// gate under the caller's name, and is shown. Otherwise a model, where there is one: it gets the passages as data, and of its reply only
  /// sentences that the passages it cites support are let through. Otherwise, and where the model fails or nothing of it is left,
  /// `extract-v1`: with sentences of the documents, word for word, without any model. Says so when they do not speak of what was asked.
  /// kInvalidArgument: passages, sentences.
  Result<std::unique_ptr<Answering>> Start(AskRequest request);
  Result<AskResponse> Ask(const Context& context, AskRequest request);

 private:
  const AnswerParts parts_;
};

}  // namespace lakehouse::matrix
