#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/catalog/types.h"

/// Questions that a number answers, understood by rules alone. What a rule does not account for makes the whole question not understood.
namespace lakehouse::matrix {

struct QuestionWord {
  std::string written, folded, stem;
  std::size_t begin = 0, end = 0;  ///< octets of the question
};
std::vector<QuestionWord> QuestionWords(std::string_view question);

enum class Aggregate { kCount, kDistinct, kAverage, kSum, kLeast, kMost, kMedian };

/// "rate over 30"
struct Comparison {
  std::string column;
  std::string sign;    ///< of SQL
  std::string number;  ///< as SQL takes it
};

/// A question as it reads for one dataset.
struct NumericQuestion {
  Aggregate measure = Aggregate::kCount;
  std::string target;  ///< the column that is measured; empty for kCount
  std::string group;   ///< the column by which; empty: all rows together
  int best = 0;        ///< 1: only the group with the most; -1: with the least
  bool names_dataset = false;
  std::vector<Comparison> comparisons;
  std::vector<std::vector<QuestionWord>> values;  ///< words next to each other that must be values of columns
};
/// Nothing: it asks for no number, or not of this dataset.
std::optional<NumericQuestion> ReadFor(const std::vector<QuestionWord>& words, const catalog::Dataset& dataset);

/// Whether it does at all; of which dataset is another question.
bool AsksForNumber(const std::vector<QuestionWord>& words);

bool IsNumberType(std::string_view type);

}  // namespace lakehouse::matrix
