#include "lakehouse/matrix/answer_evaluation.h"

#include <algorithm>
#include <functional>
#include <set>

#include "lakehouse/base/json_view.h"

namespace lakehouse::matrix {
namespace {

constexpr double kSteps = 10;  ///< of AnswerMeasures::at_coverage

Error BadQuestion(std::size_t line, const std::string& what) {
  return Error(ErrorCode::kInvalidArgument,
               "line " + std::to_string(line) + ": " + what +
                   R"(; expected {"question":"…","answer":"…","ids":["…"]}, answer and ids where they are known)");
}

Result<JudgedQuestion> ReadQuestion(std::string_view text, std::size_t line) {
  const auto document = JsonDocument::Parse(text);
  if (!document) return BadQuestion(line, document.error().message());
  JudgedQuestion judged;
  LH_TRY(document->root().ForEachMember([&](std::string_view name, JsonView value) -> Status {
    const auto texts = [&](std::vector<std::string>& into) -> Status {
      if (const auto one = value.AsString()) return into.emplace_back(*one), Ok{};
      if (!value.is_array()) return BadQuestion(line, std::string(name) + " is neither a text nor a list of texts");
      return value.ForEachElement([&](JsonView one) -> Status {
        if (!one.AsString()) return BadQuestion(line, std::string(name) + " has what is no text");
        into.emplace_back(*one.AsString());
        return Ok{};
      });
    };
    if (name == "question") {
      judged.question = value.AsString().value_or("");
    } else if (name == "answer") {
      LH_TRY(texts(judged.answers));
    } else if (name == "ids" && value.is_object()) {
      LH_TRY(value.ForEachMember([&](std::string_view id, JsonView grade) -> Status {
        if (!grade.AsNumber()) return BadQuestion(line, "the grade of " + std::string(id) + " is no number");
        judged.rows[std::string(id)] = static_cast<int>(*grade.AsNumber());
        return Ok{};
      }));
    } else if (name == "ids") {
      std::vector<std::string> ids;
      LH_TRY(texts(ids));
      for (std::string& id : ids) judged.rows[std::move(id)] = 1;
    } else {
      return BadQuestion(line, "what is \"" + std::string(name) + "\"?");
    }
    return Ok{};
  }));
  if (judged.question.empty()) return BadQuestion(line, "question is missing");
  return judged;
}

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }

bool IsAnsweredBy(const JudgedQuestion& judged, const std::string& row) {
  const auto found = judged.rows.find(row);
  return found != judged.rows.end() && found->second > 0;
}
double RowsThatAnswer(const JudgedQuestion& judged) {
  return static_cast<double>(std::ranges::count_if(judged.rows, [](const auto& row) { return row.second > 0; }));
}

std::vector<AtCoverage> AtCoverages(const std::vector<AnsweredQuestion>& questions, double answerable) {
  std::vector<const AnsweredQuestion*> surest;
  for (const AnsweredQuestion& one : questions)
    if (one.given.is_answered) surest.push_back(&one);
  std::ranges::stable_sort(surest, std::greater(), [](const AnsweredQuestion* one) { return one->given.coverage; });
  std::vector<AtCoverage> steps;
  double right = 0, wrong = 0, right_before = 0;
  for (std::size_t i = 0; i < surest.size(); ++i) {
    (surest[i]->judged.IsAnswerable() ? right : wrong) += 1;
    const double coverage = surest[i]->given.coverage;
    const bool is_last = i + 1 == surest.size();
    if (!is_last && surest[i + 1]->given.coverage == coverage) continue;  // none is surer than the other
    const AtCoverage step{.least_coverage = coverage,
                          .answered = Share(right, answerable),
                          .false_answers = Share(wrong, static_cast<double>(questions.size()) - answerable)};
    if (!is_last && (right - right_before) * kSteps < answerable) continue;
    steps.push_back(step);
    right_before = right;
  }
  return steps;
}

}  // namespace

bool JudgedQuestion::IsAnswerable() const { return !answers.empty() || RowsThatAnswer(*this) > 0; }

Result<std::vector<JudgedQuestion>> ReadJudgedQuestions(std::string_view text) {
  std::vector<JudgedQuestion> questions;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.find_first_not_of(" \t\r") != std::string_view::npos) questions.push_back(LH_TRY(ReadQuestion(one, line)));
  }
  if (questions.empty()) return Error(ErrorCode::kInvalidArgument, "there is no question in it");
  return questions;
}

AnswerMeasures MeasureAnswers(const std::vector<AnsweredQuestion>& questions) {
  AnswerMeasures measures;
  measures.questions = questions.size();
  double answered = 0, falsely = 0, with_text = 0, holding = 0, with_rows = 0, cited_with_rows = 0;
  for (const auto& [judged, answer] : questions) {
    if (judged.IsAnswerable()) ++measures.answerable;
    if (answer.is_answered) (judged.IsAnswerable() ? answered : falsely) += 1;
    if (answer.is_answered && !judged.answers.empty()) {
      ++with_text;
      const auto stands = [&](const std::string& text) { return answer.text.find(text) != std::string::npos; };
      holding += std::ranges::any_of(judged.answers, stands) ? 1 : 0;
    }
    const double rows = RowsThatAnswer(judged);
    if (rows == 0) continue;
    ++with_rows;
    const auto answers = [&](const std::string& row) { return IsAnsweredBy(judged, row); };
    std::set<std::string> cited(answer.cited.begin(), answer.cited.end());
    measures.citation_recall += static_cast<double>(std::ranges::count_if(cited, answers)) / rows;
    if (answer.cited.empty()) continue;
    ++cited_with_rows;
    measures.citation_precision +=
        static_cast<double>(std::ranges::count_if(answer.cited, answers)) / static_cast<double>(answer.cited.size());
  }
  const auto all = static_cast<double>(questions.size()), answerable = static_cast<double>(measures.answerable);
  measures.answered = Share(answered, answerable);
  measures.false_answers = Share(falsely, all - answerable);
  measures.rightly_abstained = Share(all - answerable - falsely, all - answered - falsely);
  measures.decided_rightly = Share(answered + all - answerable - falsely, all);
  measures.holds_the_answer = Share(holding, with_text);
  measures.citation_precision = Share(measures.citation_precision, cited_with_rows);
  measures.citation_recall = Share(measures.citation_recall, with_rows);
  measures.at_coverage = AtCoverages(questions, answerable);
  return measures;
}

}  // namespace lakehouse::matrix
