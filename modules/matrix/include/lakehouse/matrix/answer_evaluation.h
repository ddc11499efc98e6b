#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/matrix/evaluation.h"

/// How good answers are, by questions whose answers people know.
namespace lakehouse::matrix {

/// A question, and what is known of its answer. With neither answers nor rows there is none, and the right answer is to say so.
struct JudgedQuestion {
  std::string question;
  std::vector<std::string> answers;  ///< one of them stands in a right answer
  std::map<std::string, int> rows;   ///< ids of rows that answer it, and how well; 0 and less: not
  bool IsAnswerable() const;
};
/// A line each: {"question":"…","answer":"…" or ["…"],"ids":["n1"] or {"n1":2}}; all but the question may be absent. Empty lines are
/// skipped. kInvalidArgument names the line.
Result<std::vector<JudgedQuestion>> ReadJudgedQuestions(std::string_view text);

/// What came of one.
struct GivenAnswer {
  bool is_answered = false;
  std::string text;
  double coverage = 0;             ///< AskResponse::coverage
  std::vector<std::string> cited;  ///< ids, one for each citation
};
struct AnsweredQuestion {
  JudgedQuestion judged;
  GivenAnswer given;
};

/// Among the questions that were the surest to be answered.
struct AtCoverage {
  double least_coverage = 0;  ///< of those that count as answered
  double answered = 0;        ///< share of the answerable questions
  double false_answers = 0;   ///< share of the others
};
/// Shares, 0 to 1; 0 where there is nothing to take a share of.
struct AnswerMeasures {
  std::uint64_t questions = 0;
  std::uint64_t answerable = 0;
  double answered = 0;            ///< of the answerable: the coverage
  double false_answers = 0;       ///< of the others
  double rightly_abstained = 0;   ///< of those that were not answered: had no answer
  double decided_rightly = 0;     ///< of all: answered where there is an answer, and not where there is none
  double holds_the_answer = 0;    ///< of the answered ones whose answer is known
  double citation_precision = 0;  ///< of the citations, those of rows that answer; mean over answered questions whose rows are known
  double citation_recall = 0;     ///< of the rows that answer, those cited; mean over all questions whose rows are known
  /// From few answers, the surest, to as many as there were.
  std::vector<AtCoverage> at_coverage;
};
AnswerMeasures MeasureAnswers(const std::vector<AnsweredQuestion>& questions);

}  // namespace lakehouse::matrix
