#include "eval_command.h"

#include <iostream>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/matrix/evaluation.h"

namespace lakehouse::app {
namespace {

using Figures = std::vector<std::pair<std::string_view, double>>;

Result<matrix::Rankings> ReadRun(const std::string& path) {
  return LH_TRY_WHILE(matrix::ReadRankings(LH_TRY(ReadFile(path))), "read " + path);
}

void WriteInterval(JsonWriter& writer, std::string_view name, const matrix::Interval& interval) {
  writer.Key(name);
  writer.Open('{');
  for (const auto& [key, value] : Figures{{"mean", interval.mean}, {"low", interval.low}, {"high", interval.high}}) {
    writer.Key(key);
    writer.Number(value);
  }
  writer.Close('}');
}

}  // namespace

Status RunEvalRetrieval(const std::string& run, const std::string& judgements, const std::string& baseline) {
  if (judgements.empty()) return Error(ErrorCode::kInvalidArgument, "--qrels names the judgements; it is missing").Named("usage");
  const auto judged = LH_TRY_WHILE(matrix::ReadJudgements(LH_TRY(ReadFile(judgements))), "read " + judgements);
  const auto rankings = LH_TRY(ReadRun(run));
  const matrix::Evaluation evaluation = matrix::Evaluate(judged, rankings);
  JsonWriter writer;
  writer.Open('{');
  writer.Key("queries");
  writer.Unsigned(evaluation.queries);
  const matrix::RetrievalMeasures& mean = evaluation.mean;
  for (const auto& [key, value] :
       Figures{{"ndcg10", mean.ndcg10}, {"map", mean.map}, {"recall10", mean.recall10}, {"recall100", mean.recall100}, {"mrr", mean.mrr}}) {
    writer.Key(key);
    writer.Number(value);
  }
  WriteInterval(writer, "ndcg10_interval", evaluation.ndcg10);
  if (!baseline.empty()) WriteInterval(writer, "ndcg10_over_baseline", matrix::CompareNdcg10(judged, rankings, LH_TRY(ReadRun(baseline))));
  writer.Close('}');
  std::cout << std::move(writer).Take() << "\n";
  return Ok{};
}

}  // namespace lakehouse::app
