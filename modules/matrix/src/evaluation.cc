#include "lakehouse/matrix/evaluation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kSamples = 10'000;

std::vector<std::string_view> Fields(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0;;) {
    at = line.find_first_not_of(" \t\r", at);
    if (at == std::string_view::npos) return fields;
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    fields.push_back(line.substr(at, end - at));
    at = end;
  }
}

template <typename T>
bool ReadWhole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

Status EachLine(std::string_view text, const std::function<Status(std::size_t number, const std::vector<std::string_view>& fields)>& take) {
  for (std::size_t number = 1, begin = 0; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (const auto fields = Fields(text.substr(begin, end - begin)); !fields.empty()) LH_TRY(take(number, fields));
    begin = end + 1;
  }
  return Ok{};
}

Error BadLine(std::size_t number, const std::string& expected) {
  return Error(ErrorCode::kInvalidArgument, "line " + std::to_string(number) + ": expected " + expected);
}

bool HasRelevant(const std::map<std::string, int>& grades) {
  return std::any_of(grades.begin(), grades.end(), [](const auto& one) { return one.second > 0; });
}

double Discount(std::size_t rank) { return 1 / std::log2(static_cast<double>(rank) + 1); }

double IdealGain(const std::map<std::string, int>& grades) {
  std::vector<int> best;
  for (const auto& [document, grade] : grades) best.push_back(grade);
  std::sort(best.rbegin(), best.rend());
  double gain = 0;
  for (std::size_t i = 0; i < best.size() && i < 10 && best[i] > 0; ++i) gain += best[i] * Discount(i + 1);
  return gain;
}

/// Each query's figure, in the order of the queries.
std::vector<double> Ndcg10Of(const Judgements& judgements, const Rankings& rankings) {
  std::vector<double> figures;
  for (const auto& [query, grades] : judgements) {
    if (!HasRelevant(grades)) continue;
    const auto ranking = rankings.find(query);
    figures.push_back(ranking == rankings.end() ? 0 : Measure(grades, ranking->second).ndcg10);
  }
  return figures;
}

double MeanOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

Interval Bootstrap(const std::vector<double>& values) {
  Interval interval{.mean = MeanOf(values)};
  if (values.empty()) return interval;
  std::uint64_t state = 42;
  const auto next = [&state] {  // SplitMix64
    state += 0x9e3779b97f4a7c15;
    std::uint64_t z = state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  };
  std::vector<double> means(kSamples);
  for (double& mean : means) {
    for (std::size_t i = 0; i < values.size(); ++i) mean += values[next() % values.size()];
    mean /= static_cast<double>(values.size());
  }
  std::sort(means.begin(), means.end());
  interval.low = means[kSamples / 40];
  interval.high = means[kSamples - kSamples / 40 - 1];
  return interval;
}

}  // namespace

Result<Judgements> ReadJudgements(std::string_view text) {
  Judgements judgements;
  LH_TRY(EachLine(text, [&](std::size_t number, const std::vector<std::string_view>& fields) -> Status {
    int grade = 0;
    const bool has_grade = fields.size() >= 3 && ReadWhole(fields.back(), grade);
    if (!has_grade && number == 1) return Ok{};  // the heading
    if (!has_grade || fields.size() > 4) return BadLine(number, "query, document and grade, or query, 0, document and grade");
    judgements[std::string(fields[0])][std::string(fields[fields.size() - 2])] = grade;
    return Ok{};
  }));
  return judgements;
}

Result<Rankings> ReadRankings(std::string_view text) {
  std::map<std::string, std::vector<std::pair<double, std::string>>> scored;
  LH_TRY(EachLine(text, [&](std::size_t number, const std::vector<std::string_view>& fields) -> Status {
    double score = 0;
    if (fields.size() != 6 || !ReadWhole(fields[4], score)) return BadLine(number, "query, Q0, document, rank, score and a name");
    scored[std::string(fields[0])].emplace_back(score, fields[2]);
    return Ok{};
  }));
  Rankings rankings;
  for (auto& [query, documents] : scored) {
    std::sort(documents.rbegin(), documents.rend());
    for (auto& [score, document] : documents) rankings[query].push_back(std::move(document));
  }
  return rankings;
}

RetrievalMeasures Measure(const std::map<std::string, int>& grades, const std::vector<std::string>& ranking) {
  RetrievalMeasures measures;
  const auto relevant = static_cast<double>(std::count_if(grades.begin(), grades.end(), [](const auto& one) { return one.second > 0; }));
  if (relevant == 0) return measures;
  double gain = 0, found = 0;
  for (std::size_t rank = 1; rank <= ranking.size(); ++rank) {
    const auto grade = grades.find(ranking[rank - 1]);
    if (grade == grades.end() || grade->second <= 0) continue;
    ++found;
    measures.map += found / static_cast<double>(rank);
    if (measures.mrr == 0) measures.mrr = 1 / static_cast<double>(rank);
    if (rank <= 10) gain += grade->second * Discount(rank);
    if (rank <= 10) measures.recall10 = found / relevant;
    if (rank <= 100) measures.recall100 = found / relevant;
  }
  measures.map /= relevant;
  measures.ndcg10 = gain / IdealGain(grades);
  return measures;
}

Evaluation Evaluate(const Judgements& judgements, const Rankings& rankings) {
  Evaluation evaluation;
  for (const auto& [query, grades] : judgements) {
    if (!HasRelevant(grades)) continue;
    ++evaluation.queries;
    const auto ranking = rankings.find(query);
    if (ranking == rankings.end()) continue;
    const RetrievalMeasures one = Measure(grades, ranking->second);
    for (double RetrievalMeasures::* figure : {&RetrievalMeasures::ndcg10, &RetrievalMeasures::map, &RetrievalMeasures::recall10,
                                               &RetrievalMeasures::recall100, &RetrievalMeasures::mrr})
      evaluation.mean.*figure += one.*figure;
  }
  const auto queries = static_cast<double>(std::max<std::uint64_t>(evaluation.queries, 1));
  for (double RetrievalMeasures::* figure : {&RetrievalMeasures::ndcg10, &RetrievalMeasures::map, &RetrievalMeasures::recall10,
                                             &RetrievalMeasures::recall100, &RetrievalMeasures::mrr})
    evaluation.mean.*figure /= queries;
  evaluation.ndcg10 = Bootstrap(Ndcg10Of(judgements, rankings));
  return evaluation;
}

Interval CompareNdcg10(const Judgements& judgements, const Rankings& rankings, const Rankings& baseline) {
  std::vector<double> differences = Ndcg10Of(judgements, rankings);
  const std::vector<double> before = Ndcg10Of(judgements, baseline);
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= before[i];
  return Bootstrap(differences);
}

}  // namespace lakehouse::matrix
