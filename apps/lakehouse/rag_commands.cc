#include "rag_commands.h"

#include <iostream>

#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/matrix/tuning.h"
#include "server_client.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kAnswerMs = 5 * 60'000;

Result<std::vector<matrix::JudgedQuestion>> ReadQuestions(const RagOptions& options) {
  if (options.corpus.empty()) return Error(ErrorCode::kInvalidArgument, "--corpus names the corpus; it is missing").Named("usage");
  return LH_TRY_WHILE(matrix::ReadJudgedQuestions(LH_TRY(ReadFile(options.questions))), "read " + options.questions);
}

void WriteFields(JsonWriter& writer, const std::vector<std::pair<std::string_view, double>>& fields) {
  for (const auto& [key, value] : fields) {
    writer.Key(key);
    writer.Number(value);
  }
}
void WriteCount(JsonWriter& writer, std::string_view key, std::uint64_t count) {
  writer.Key(key);
  writer.Unsigned(count);
}

/// The question, the corpus, and what else is asked for.
JsonWriter BodyOf(std::string_view question_field, const std::string& question, const RagOptions& options) {
  JsonWriter body;
  body.Open('{');
  body.Key(question_field);
  body.String(question);
  body.Key("corpora");
  body.Open('[');
  body.String(options.corpus);
  body.Close(']');
  return body;
}

Result<JsonDocument> Post(ServerClient& client, const std::string& path, JsonWriter body) {
  body.Close('}');
  net::HttpClient::Request request = client.Request("POST", path);
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body).Take();
  return JsonDocument::Parse(LH_TRY(client.SendWithin(request, kAnswerMs)).body);
}

Result<matrix::GivenAnswer> Ask(ServerClient& client, const std::string& question, const RagOptions& options) {
  JsonWriter body = BodyOf("question", question, options);
  WriteCount(body, "passages", options.passages);
  const JsonDocument document = LH_TRY_WHILE(Post(client, "/v1/rag", std::move(body)), "ask \"" + question + "\"");
  matrix::GivenAnswer given;
  given.is_answered = !document.root().Find("no_answer");
  given.text = TextOf(document.root(), "answer");
  given.coverage = document.root().Find("coverage").value_or(JsonView()).AsNumber().value_or(0);
  LH_TRY(document.root().Find("citations").value_or(JsonView()).ForEachElement([&](JsonView citation) -> Status {
    given.cited.push_back(TextOf(citation, "id"));
    return Ok{};
  }));
  return given;
}

Result<std::vector<std::string>> Search(ServerClient& client, const std::string& question, const matrix::SearchWay& way,
                                        const RagOptions& options) {
  JsonWriter body = BodyOf("query_text", question, options);
  WriteCount(body, "k", matrix::kTunedHits);
  if (way.alpha) WriteFields(body, {{"alpha", *way.alpha}});
  if (way.feedback) WriteFields(body, {{"feedback", *way.feedback}});
  const JsonDocument document = LH_TRY_WHILE(Post(client, "/v1/matrix/search", std::move(body)), "search \"" + question + "\"");
  std::vector<std::string> ids;
  LH_TRY(document.root().Find("results").value_or(JsonView()).ForEachElement([&](JsonView hit) -> Status {
    ids.push_back(TextOf(hit, "id"));
    return Ok{};
  }));
  return ids;
}

/// {"alpha":…,"feedback":…}; {}: the usual ones.
void WriteWay(JsonWriter& writer, const matrix::SearchWay& way) {
  if (way.alpha) WriteFields(writer, {{"alpha", *way.alpha}});
  if (way.feedback) WriteFields(writer, {{"feedback", *way.feedback}});
}

std::string AdviceOf(const matrix::Tuning& tuning) {
  if (!tuning.winner.alpha) return "nothing on the grid is better than what is usual for this corpus: leave alpha and feedback out";
  if (!tuning.IsSure())
    return "the winner is not surely better on the questions that were held out: leave alpha and feedback out, or bring more questions";
  return "put what stands in \"request\" into POST /v1/matrix/search, and k as passages into POST /v1/rag";
}

}  // namespace

Status RunEvalRag(const ServerAddress& server, const RagOptions& options) {
  ServerClient client(server);
  std::vector<matrix::AnsweredQuestion> answered;
  for (matrix::JudgedQuestion& judged : LH_TRY(ReadQuestions(options))) {
    matrix::GivenAnswer given = LH_TRY(Ask(client, judged.question, options));
    answered.push_back({std::move(judged), std::move(given)});
  }
  const matrix::AnswerMeasures measures = matrix::MeasureAnswers(answered);
  JsonWriter writer;
  writer.Open('{');
  WriteCount(writer, "questions", measures.questions);
  WriteCount(writer, "answerable", measures.answerable);
  WriteFields(writer, {{"answered", measures.answered},
                       {"false_answers", measures.false_answers},
                       {"rightly_abstained", measures.rightly_abstained},
                       {"decided_rightly", measures.decided_rightly},
                       {"holds_the_answer", measures.holds_the_answer},
                       {"citation_precision", measures.citation_precision},
                       {"citation_recall", measures.citation_recall}});
  writer.Key("at_coverage");
  writer.Open('[');
  for (const matrix::AtCoverage& step : measures.at_coverage) {
    writer.Open('{');
    WriteFields(writer, {{"least_coverage", step.least_coverage}, {"answered", step.answered}, {"false_answers", step.false_answers}});
    writer.Close('}');
  }
  writer.Close(']');
  writer.Close('}');
  std::cout << std::move(writer).Take() << "\n";
  return Ok{};
}

Status RunRagTune(const ServerAddress& server, const RagOptions& options) {
  ServerClient client(server);
  const auto questions = LH_TRY(ReadQuestions(options));
  const matrix::Tuning tuning = LH_TRY(matrix::Tune(
      questions, [&](const std::string& question, const matrix::SearchWay& way) { return Search(client, question, way, options); }));
  JsonWriter writer;
  writer.Open('{');
  writer.Key("request");
  writer.Open('{');
  if (tuning.IsSure()) WriteWay(writer, tuning.winner);
  writer.Close('}');
  WriteCount(writer, "k", tuning.k);
  writer.Key("advice");
  writer.String(AdviceOf(tuning));
  writer.Key("winner");
  writer.Open('{');
  WriteWay(writer, tuning.winner);
  writer.Close('}');
  writer.Key("held_out");
  writer.Open('{');
  WriteCount(writer, "questions", tuning.held_out);
  WriteFields(writer, {{"usual_ndcg10", tuning.usual_ndcg10}, {"winner_ndcg10", tuning.winner_ndcg10}, {"found_at_k", tuning.found_at_k}});
  writer.Key("over_usual");
  writer.Open('{');
  WriteFields(writer, {{"mean", tuning.over_usual.mean}, {"low", tuning.over_usual.low}, {"high", tuning.over_usual.high}});
  writer.Close('}');
  writer.Close('}');
  WriteCount(writer, "tuned_on", tuning.tuned_on);
  writer.Key("tried");
  writer.Open('[');
  for (const matrix::TriedWay& tried : tuning.tried) {
    writer.Open('{');
    WriteWay(writer, tried.way);
    WriteFields(writer, {{"ndcg10", tried.ndcg10}});
    writer.Close('}');
  }
  writer.Close(']');
  writer.Close('}');
  std::cout << std::move(writer).Take() << "\n";
  return Ok{};
}

}  // namespace lakehouse::app
