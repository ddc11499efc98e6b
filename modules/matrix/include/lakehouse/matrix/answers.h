#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/matrix/matrix.h"

/// Answers to questions, every sentence of which cites where it stands.
namespace lakehouse::matrix {

struct AskRequest {
  std::string question;
  std::vector<std::string> corpora;
  std::optional<RawJson> metadata_filter;
  std::uint32_t passages = 5;   ///< that are read, 1 to 20
  std::uint32_t sentences = 3;  ///< of the answer, at most; 1 to 10
};

/// The very octets an answer rests on.
struct Citation {
  std::uint32_t number = 0;  ///< from 1, as in "[1]"
  std::string corpus;
  std::string dataset;
  std::int64_t version = 0;  ///< of the dataset
  std::string id;            ///< of the row
  std::string column;
  std::uint64_t begin = 0;  ///< octets of the column's value
  std::uint64_t end = 0;
  std::string quote;
  std::string chunk_id;
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
  std::string reason;   ///< "nothing_found", "low_coverage", "ungrounded"
  double coverage = 0;  ///< how much of the question the passages speak of, 0 to 1
};
struct AskResponse {
  std::string answer;  ///< the sentences, each followed by its numbers; empty with no_answer
  std::vector<AnswerSentence> sentences;
  std::vector<Citation> citations;
  std::optional<NoAnswer> no_answer;
  std::string answered_by;  ///< "extract-v1"
  Grounding grounding;
  std::vector<SearchedCorpus> searched;
};

/// `extract-v1`: answers with sentences of the documents, word for word, without any model. Says so when they do not speak of what was
/// asked. Fails as Matrix::Search does.
Result<AskResponse> Ask(Matrix& matrix, const Context& context, const AskRequest& request);

}  // namespace lakehouse::matrix
