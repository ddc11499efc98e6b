#include "question.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "lakehouse/text/stem.h"
#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

/// What people say around numbers, and what says nothing about which rows.
const std::set<std::string_view>& Fillers() {
  static const std::set<std::string_view> words{
      "the",  "of",   "in",    "are",   "there",   "is",    "do",   "does", "live", "lives",  "living",    "work", "works", "working",
      "have", "has",  "a",     "an",    "we",      "our",   "with", "who",  "that", "which",  "were",      "was",  "at",    "on",
      "for",  "all",  "each",  "what",  "s",       "me",    "tell", "show", "give", "please", "from",      "and",  "or",    "be",
      "been", "they", "their", "based", "located", "whose", "to",   "by",   "per",  "i",      "currently", "now",  "many",  "it",
      "its",  "how",  "us",    "row",   "rows",    "every", "did",  "had",  "hold", "holds"};
  return words;
}

bool IsCapitalPair(const QuestionWord& word) {
  return word.written.size() == 2 && std::all_of(word.written.begin(), word.written.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
bool IsFiller(const QuestionWord& word) { return !IsCapitalPair(word) && Fillers().contains(word.folded); }

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> StemsOf(std::string_view name) {
  std::string spaced;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_hump = i > 0 && name[i] >= 'A' && name[i] <= 'Z' && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (is_hump) spaced += ' ';
    spaced += name[i] == '_' || name[i] == '-' ? ' ' : name[i];
  }
  std::vector<std::string> stems;
  for (const text::Word& word : text::WordsOf(spaced)) stems.push_back(text::StemEnglish(word.folded));
  return stems;
}

/// The words of one question while they are being accounted for.
class Reading {
 public:
  Reading(const std::vector<QuestionWord>& words, const catalog::Dataset& dataset)
      : words_(words), dataset_(dataset), used_(words.size()), column_at_(words.size(), -1), column_end_(words.size()) {}

  bool Measures() { return FindMeasure(); }
  std::optional<NumericQuestion> Read() {
    if (!FindMeasure()) return {};
    FindDataset();
    FindColumns();
    FindComparisons();
    FindGroup();
    if (!FindTarget()) return {};
    TakeHints();
    CollectValues();
    const bool is_of_this = found_.names_dataset || !found_.values.empty() || !found_.target.empty() || !found_.group.empty();
    return is_of_this ? std::optional(found_) : std::nullopt;
  }

 private:
  bool Is(std::size_t at, std::initializer_list<std::string_view> any) const {
    return at < words_.size() && std::find(any.begin(), any.end(), std::string_view(words_[at].folded)) != any.end();
  }
  void Use(std::size_t begin, std::size_t end) {
    std::fill(used_.begin() + static_cast<std::ptrdiff_t>(begin), used_.begin() + static_cast<std::ptrdiff_t>(end), true);
  }

  bool FindMeasure() {
    static const std::map<std::string_view, Aggregate> kWords{
        {"average", Aggregate::kAverage}, {"mean", Aggregate::kAverage},  {"avg", Aggregate::kAverage},   {"total", Aggregate::kSum},
        {"sum", Aggregate::kSum},         {"highest", Aggregate::kMost},  {"maximum", Aggregate::kMost},  {"max", Aggregate::kMost},
        {"largest", Aggregate::kMost},    {"lowest", Aggregate::kLeast},  {"minimum", Aggregate::kLeast}, {"min", Aggregate::kLeast},
        {"smallest", Aggregate::kLeast},  {"median", Aggregate::kMedian}, {"count", Aggregate::kCount},   {"number", Aggregate::kCount}};
    int measures = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (Is(i, {"how"}) && Is(i + 1, {"many"})) {
        Measured(Aggregate::kCount, i, i + 2);
        ++measures;
      } else if (const auto known = kWords.find(words_[i].folded);
                 known != kWords.end() && (words_[i].folded != "number" || Is(i + 1, {"of"}))) {
        Measured(known->second, i, i + 1);
        ++measures;
      } else if (Is(0, {"which", "what"}) && i > 1 && Is(i, {"most", "fewest", "least"})) {
        found_.best = Is(i, {"most"}) ? 1 : -1;
        Measured(Aggregate::kCount, i, i + 1);
        ++measures;
      }
    }
    return measures == 1;
  }
  void Measured(Aggregate measure, std::size_t begin, std::size_t end) {
    found_.measure = measure;
    measured_ = end;
    Use(begin, end);
  }

  bool StandsAt(std::size_t at, const std::vector<std::string>& stems) const {
    if (stems.empty() || at + stems.size() > words_.size()) return false;
    for (std::size_t i = 0; i < stems.size(); ++i)
      if (used_[at + i] || words_[at + i].stem != stems[i]) return false;
    return true;
  }
  void FindDataset() {
    const auto stems = StemsOf(dataset_.name);
    for (std::size_t at = 0; at < words_.size(); ++at) {
      if (!StandsAt(at, stems)) continue;
      found_.names_dataset = true;
      Use(at, at + stems.size());
    }
  }
  /// Longer names first; then the last word of a name, where no other column ends so.
  void FindColumns() {
    const auto& columns = dataset_.head.schema.columns;
    std::vector<std::vector<std::string>> stems;
    std::map<std::string, int> endings;
    for (const catalog::Column& column : columns) {
      stems.push_back(StemsOf(column.name));
      if (!stems.back().empty()) ++endings[stems.back().back()];
    }
    const auto mark = [&](std::size_t at, std::size_t length, std::size_t column) {
      column_at_[at] = static_cast<int>(column);
      column_end_[at] = at + length;
      Use(at, at + length);
    };
    for (std::size_t length = 4; length > 0; --length)
      for (std::size_t at = 0; at < words_.size(); ++at)
        for (std::size_t i = 0; i < columns.size(); ++i)
          if (stems[i].size() == length && StandsAt(at, stems[i])) mark(at, length, i);
    for (std::size_t at = 0; at < words_.size(); ++at)
      for (std::size_t i = 0; i < columns.size(); ++i)
        if (stems[i].size() > 1 && endings[stems[i].back()] == 1 && StandsAt(at, {stems[i].back()})) mark(at, 1, i);
  }
  const catalog::Column& ColumnAt(std::size_t at) const { return dataset_.head.schema.columns[static_cast<std::size_t>(column_at_[at])]; }

  std::string NumberAt(std::size_t at, std::size_t& end) const {
    if (at >= words_.size() || !IsDigits(words_[at].folded)) return {};
    end = at + 1;
    std::string number = words_[at].folded;
    const bool has_fraction = end < words_.size() && IsDigits(words_[end].folded) && words_[end].begin == words_[at].end + 1;
    if (!has_fraction) return number;
    number += "." + words_[end++].folded;
    return number;
  }
  void FindComparisons() {
    for (std::size_t at = 0; at < words_.size(); ++at) {
      if (column_at_[at] < 0 || !IsNumberType(ColumnAt(at).type)) continue;
      std::size_t next = column_end_[at];
      while (Is(next, {"is", "are", "of"})) ++next;
      std::string sign;
      if (Is(next, {"over", "above"}))
        sign = ">", next += 1;
      else if (Is(next, {"under", "below"}))
        sign = "<", next += 1;
      else if (Is(next, {"more", "greater", "higher"}) && Is(next + 1, {"than"}))
        sign = ">", next += 2;
      else if (Is(next, {"less", "lower"}) && Is(next + 1, {"than"}))
        sign = "<", next += 2;
      else if (Is(next, {"at"}) && Is(next + 1, {"least"}))
        sign = ">=", next += 2;
      else if (Is(next, {"at"}) && Is(next + 1, {"most"}))
        sign = "<=", next += 2;
      else
        sign = "=";
      std::size_t end = next;
      const std::string number = NumberAt(next, end);
      if (number.empty()) continue;
      found_.comparisons.push_back({ColumnAt(at).name, sign, number});
      Use(at, end);
      column_at_[at] = -1;
    }
  }
  void FindGroup() {
    for (std::size_t at = 0; at < words_.size() && found_.group.empty(); ++at) {
      if (column_at_[at] < 0) continue;
      std::size_t before = at;
      while (before > 0 && Is(before - 1, {"the", "each", "every"}) && !Is(before - 1, {"by", "per"})) --before;
      const bool each = before < at && Is(before, {"each", "every"});
      const bool asked = found_.best != 0 && before == 1;  // "which city has the most …"
      if (!each && !asked && (before == 0 || !Is(before - 1, {"by", "per"}))) continue;
      found_.group = ColumnAt(at).name;
      column_at_[at] = -1;
    }
  }
  bool FindTarget() {
    if (found_.best != 0 && found_.group.empty()) return false;
    if (found_.measure == Aggregate::kCount) {
      std::size_t at = measured_;
      while (Is(at, {"of", "the", "different", "distinct", "unique"})) Use(at, at + 1), ++at;
      if (at >= words_.size() || column_at_[at] < 0 || found_.best != 0) return true;
      found_.measure = Aggregate::kDistinct;
      found_.target = ColumnAt(at).name;
      column_at_[at] = -1;
      return true;
    }
    for (std::size_t at = 0; at < words_.size(); ++at) {
      if (column_at_[at] < 0 || !IsNumberType(ColumnAt(at).type)) continue;
      if (!found_.target.empty()) return false;  // which of the two?
      found_.target = ColumnAt(at).name;
      column_at_[at] = -1;
    }
    return !found_.target.empty();
  }
  /// "in the city of Chicago": the column's name is said beside its value. One without a value is not understood.
  void TakeHints() {
    for (std::size_t at = 0; at < words_.size(); ++at) {
      if (column_at_[at] < 0) continue;
      std::size_t next = column_end_[at];
      while (next < words_.size() && IsFiller(words_[next])) ++next;
      const bool before = at > 0 && !used_[at - 1] && !IsFiller(words_[at - 1]);
      const bool behind = next < words_.size() && !used_[next];
      if (!before && !behind)
        std::fill(used_.begin() + static_cast<std::ptrdiff_t>(at), used_.begin() + static_cast<std::ptrdiff_t>(column_end_[at]), false);
    }
  }
  void CollectValues() {
    std::vector<QuestionWord> run;
    for (std::size_t at = 0; at <= words_.size(); ++at) {
      const bool is_value = at < words_.size() && !used_[at] && !IsFiller(words_[at]);
      if (is_value) {
        run.push_back(words_[at]);
      } else if (!run.empty()) {
        found_.values.push_back(std::move(run));
        run.clear();
      }
    }
  }

  const std::vector<QuestionWord>& words_;
  const catalog::Dataset& dataset_;
  std::vector<bool> used_;
  std::vector<int> column_at_;  ///< of the word at which a column's name begins; -1: none, or accounted for
  std::vector<std::size_t> column_end_;
  std::size_t measured_ = 0;
  NumericQuestion found_;
};

}  // namespace

bool IsNumberType(std::string_view type) {
  constexpr std::array<std::string_view, 12> kTypes{"TINYINT",   "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                                                    "USMALLINT", "UINTEGER", "UBIGINT", "DOUBLE", "FLOAT",   "DECIMAL"};
  return std::any_of(kTypes.begin(), kTypes.end(), [&](std::string_view one) { return type.starts_with(one) && !type.ends_with("]"); });
}

std::vector<QuestionWord> QuestionWords(std::string_view question) {
  std::vector<QuestionWord> words;
  for (text::Word& word : text::WordsOf(question)) {
    std::string stem = text::StemEnglish(word.folded);
    words.push_back(
        {std::string(question.substr(word.begin, word.end - word.begin)), std::move(word.folded), std::move(stem), word.begin, word.end});
  }
  return words;
}

bool AsksForNumber(const std::vector<QuestionWord>& words) {
  const catalog::Dataset any;
  return Reading(words, any).Measures();
}

std::optional<NumericQuestion> ReadFor(const std::vector<QuestionWord>& words, const catalog::Dataset& dataset) {
  return Reading(words, dataset).Read();
}

}  // namespace lakehouse::matrix
