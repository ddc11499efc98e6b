#include "sql_route.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "lakehouse/base/json_view.h"
#include "lakehouse/base/sql_quote.h"
#include "question.h"
#include "sql_rows.h"

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kMostTextColumns = 32, kMostWordsOfValue = 4, kMostValueWords = 12, kMostCandidates = 4;
constexpr std::int64_t kMostRowsLookedThrough = 5'000'000;
constexpr int kMostGroups = 100, kGroupsSaid = 5;

std::string From(const catalog::Dataset& dataset) {
  return " FROM " + QuoteName(dataset.name) + " AT (VERSION => " + std::to_string(dataset.head.version) + ")";
}

/// A value of a column, and the words of the question that it is.
struct Value {
  std::string column, stored;
};
using Values = std::map<std::string, std::vector<Value>>;  ///< by folded words

/// "forklift operators" is the value "Forklift operator".
std::vector<std::string> Spellings(const std::string& words) {
  std::vector<std::string> all{words};
  if (words.size() > 3 && words.ends_with("s")) all.push_back(words.substr(0, words.size() - 1));
  if (words.size() > 4 && words.ends_with("es")) all.push_back(words.substr(0, words.size() - 2));
  if (words.size() > 4 && words.ends_with("ies")) all.push_back(words.substr(0, words.size() - 3) + "y");
  return all;
}
std::string Joined(const std::vector<QuestionWord>& run, std::size_t begin, std::size_t end) {
  std::string words;
  for (std::size_t i = begin; i < end; ++i) words += (i > begin ? " " : "") + run[i].folded;
  return words;
}

/// Which of the words are values, by one statement that looks through the columns of texts.
Result<Values> FindValues(const Context& context, query::Query& query, const catalog::Dataset& dataset,
                          const std::vector<std::vector<QuestionWord>>& runs) {
  std::map<std::string, std::set<std::string>> asked;  // spelling → words
  for (const auto& run : runs)
    for (std::size_t begin = 0; begin < run.size(); ++begin)
      for (std::size_t end = begin + 1; end <= std::min(run.size(), begin + kMostWordsOfValue); ++end) {
        const std::string words = Joined(run, begin, end);
        for (const std::string& spelling : Spellings(words)) asked[spelling].insert(words);
      }
  std::string list;
  for (const auto& [spelling, words] : asked) list += (list.empty() ? "" : ", ") + QuoteText(spelling);
  std::string sql;
  std::size_t columns = 0;
  for (const catalog::Column& column : dataset.head.schema.columns) {
    if (column.type != "VARCHAR" || ++columns > kMostTextColumns) continue;
    sql += (sql.empty() ? "" : " UNION ALL ") +
           ("SELECT DISTINCT " + QuoteText(column.name) + " AS c, " + QuoteName(column.name) + " AS v") + From(dataset) +
           " WHERE lower(replace(" + QuoteName(column.name) + ", '-', ' ')) IN (" + list + ")";
  }
  Values values;
  if (sql.empty()) return values;
  for (const auto& row : LH_TRY(RunSql(context, query, sql)).rows) {
    std::string folded;
    for (const QuestionWord& word : QuestionWords(row[1])) folded += (folded.empty() ? "" : " ") + word.folded;
    for (const std::string& words : asked[folded]) values[words].push_back({row[0], row[1]});
  }
  return values;
}

using Filters = std::map<std::string, std::set<std::string>>;  ///< column → values

/// The longest values first; every word must be part of one, and each of one column only. Nothing: unsure.
bool Cover(const std::vector<QuestionWord>& run, const Values& values, Filters& filters) {
  for (std::size_t begin = 0; begin < run.size();) {
    std::size_t end = std::min(run.size(), begin + kMostWordsOfValue);
    while (end > begin && !values.contains(Joined(run, begin, end))) --end;
    if (end == begin) return false;
    std::set<std::string> columns;
    const auto& found = values.at(Joined(run, begin, end));
    for (const Value& value : found) columns.insert(value.column);
    if (columns.size() != 1) return false;
    for (const Value& value : found) filters[value.column].insert(value.stored);
    begin = end;
  }
  return true;
}

std::string MeasureSql(const NumericQuestion& question) {
  switch (question.measure) {
    case Aggregate::kCount: return "count(*) AS count";
    case Aggregate::kDistinct: return "count(DISTINCT " + QuoteName(question.target) + ") AS count";
    case Aggregate::kAverage: return "avg(" + QuoteName(question.target) + ") AS average";
    case Aggregate::kSum: return "sum(" + QuoteName(question.target) + ") AS total";
    case Aggregate::kLeast: return "min(" + QuoteName(question.target) + ") AS lowest";
    case Aggregate::kMost: return "max(" + QuoteName(question.target) + ") AS highest";
    case Aggregate::kMedian: return "median(" + QuoteName(question.target) + ") AS median";
  }
  return {};
}

std::string SqlOf(const NumericQuestion& question, const catalog::Dataset& dataset, const Filters& filters) {
  std::string sql = "SELECT " + (question.group.empty() ? "" : QuoteName(question.group) + ", ") + MeasureSql(question) + From(dataset),
              where;
  for (const auto& [column, values] : filters) {
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : ", ") + QuoteText(value);
    where += (where.empty() ? " WHERE " : " AND ") + QuoteName(column) + (values.size() == 1 ? " = " + list : " IN (" + list + ")");
  }
  for (const Comparison& one : question.comparisons)
    where += (where.empty() ? " WHERE " : " AND ") + QuoteName(one.column) + " " + one.sign + " " + one.number;
  sql += where;
  if (question.group.empty()) return sql;
  return sql + " GROUP BY 1 ORDER BY 2 " + (question.best < 0 ? "ASC" : "DESC") + " NULLS LAST, 1 LIMIT " +
         std::to_string(question.best != 0 ? 1 : kMostGroups);
}

/// 12345 as "12,345"; a fraction to six digits.
std::string Spoken(const std::string& json) {
  const auto document = JsonDocument::Parse(json);
  const auto number = document ? document->root().AsNumber() : std::nullopt;
  if (!number) return json == "null" ? "none" : json;
  char text[64];
  const bool is_whole = *number == std::floor(*number) && std::abs(*number) < 1e15;
  std::snprintf(text, sizeof text, is_whole ? "%.0f" : "%.6g", *number);
  std::string spoken = text;
  const std::size_t first = spoken.starts_with("-") ? 1 : 0;
  if (spoken.find_first_of(".e") != std::string::npos) return spoken;
  for (std::size_t at = spoken.size(); at > first + 3;) spoken.insert(at -= 3, ",");
  return spoken;
}

std::string Condition(const NumericQuestion& question, const Filters& filters) {
  std::string words;
  const auto add = [&](const std::string& one) { words += (words.empty() ? " with " : " and ") + one; };
  for (const auto& [column, values] : filters) {
    std::string list;
    for (const std::string& value : values) list += (list.empty() ? "" : " or ") + value;
    add(column + " = " + list);
  }
  for (const Comparison& one : question.comparisons) add(one.column + " " + one.sign + " " + one.number);
  return words;
}

std::string SentenceOf(const NumericQuestion& question, const catalog::Dataset& dataset, const Filters& filters, const SqlRows& ran) {
  static const std::map<Aggregate, std::string> kWords{{Aggregate::kAverage, "average"},
                                                       {Aggregate::kSum, "total"},
                                                       {Aggregate::kLeast, "lowest"},
                                                       {Aggregate::kMost, "highest"},
                                                       {Aggregate::kMedian, "median"}};
  const std::string of = " of " + dataset.name + Condition(question, filters);
  std::string what;
  if (question.measure == Aggregate::kCount)
    what = "number of rows" + of;
  else if (question.measure == Aggregate::kDistinct)
    what = "number of different values of " + question.target + of;
  else
    what = kWords.at(question.measure) + " " + question.target + of;
  if (question.group.empty()) return "The " + what + " is " + Spoken(ran.rows[0][0]) + ".";
  std::string list;
  for (std::size_t i = 0; i < ran.rows.size() && i < kGroupsSaid; ++i)
    list += (list.empty() ? "" : ", ") + Spoken(ran.rows[i][0]) + " " + Spoken(ran.rows[i][1]);
  if (ran.rows.size() > kGroupsSaid) list += " and " + std::to_string(ran.rows.size() - kGroupsSaid) + " more";
  return "The " + what + " by " + question.group + ": " + (list.empty() ? "none" : list) + ".";
}

/// What a dataset can answer, and how.
struct Understood {
  const catalog::Dataset* dataset;
  NumericQuestion question;
  Filters filters;
};

Result<std::vector<catalog::Dataset>> Datasets(const Context& context, catalog::Catalog& catalog) {
  std::vector<catalog::Dataset> all;
  catalog::ListDatasetsRequest request;
  request.limit = 1'000;
  for (;;) {
    auto page = LH_TRY(catalog.ListDatasets(context, request));
    for (catalog::Dataset& dataset : page.datasets)
      if (!dataset.name.ends_with("_rejects") && !dataset.name.starts_with("vectors_")) all.push_back(std::move(dataset));
    if (!page.more || page.datasets.empty()) return all;
    request.after = page.datasets.back().name;
  }
}

/// Of the datasets for which the question reads, those that it names.
std::vector<Understood> Candidates(const std::vector<catalog::Dataset>& datasets, std::string_view asked) {
  const auto words = QuestionWords(asked);
  std::vector<Understood> candidates;
  for (const catalog::Dataset& dataset : datasets)
    if (auto question = ReadFor(words, dataset)) candidates.push_back({&dataset, std::move(*question), {}});
  const auto names = [](const Understood& one) { return one.question.names_dataset; };
  if (std::any_of(candidates.begin(), candidates.end(), names))
    std::erase_if(candidates, [&](const Understood& one) { return !names(one); });
  return candidates;
}

}  // namespace

Result<std::optional<RoutedAnswer>> AnswerBySql(const Context& context, catalog::Catalog& catalog, query::Query& query,
                                                std::string_view question) {
  using Nothing = std::optional<RoutedAnswer>;
  // A cheap look first: most questions ask for no number.
  if (!AsksForNumber(QuestionWords(question))) return Nothing();
  const auto datasets = LH_TRY(Datasets(context, catalog));
  std::vector<Understood> candidates = Candidates(datasets, question);
  std::vector<Understood> sure;
  if (candidates.size() > kMostCandidates) return Nothing();
  for (Understood& one : candidates) {
    std::size_t words = 0;
    for (const auto& run : one.question.values) words += run.size();
    if (words > kMostValueWords || (words > 0 && one.dataset->head.rows > kMostRowsLookedThrough)) continue;
    const Values values = words > 0 ? LH_TRY(FindValues(context, query, *one.dataset, one.question.values)) : Values();
    if (std::ranges::all_of(one.question.values, [&](const auto& run) { return Cover(run, values, one.filters); }))
      sure.push_back(std::move(one));
  }
  if (sure.size() != 1) return Nothing();
  const Understood& one = sure.front();
  RoutedAnswer answer;
  answer.sql.sql = SqlOf(one.question, *one.dataset, one.filters);
  const SqlRows ran = LH_TRY(RunSql(context, query, answer.sql.sql));
  if (ran.rows.empty() && one.question.group.empty()) return Nothing();
  answer.sql.dataset = one.dataset->name;
  answer.sql.version = one.dataset->head.version;
  answer.sql.columns = ran.columns;
  answer.sql.rows = RawJson{ran.json};
  answer.sql.row_count = static_cast<std::int64_t>(ran.rows.size());
  answer.sentence = SentenceOf(one.question, *one.dataset, one.filters, ran);
  return Nothing(std::move(answer));
}

}  // namespace lakehouse::matrix
