#include "statement_refusal.h"

#include <algorithm>

#include "gate.h"
#include "lakehouse/base/json_view.h"
#include "statement_starts.h"

namespace lakehouse::query {
namespace {

constexpr std::string_view kServed = "only SELECT is served here, and DESCRIBE, SUMMARIZE, SHOW TABLES, EXPLAIN and PIVOT";
constexpr std::string_view kReaders[] = {"",          "DESCRIBE", "FROM",    "PIVOT",  "SELECT", "SHOW",
                                         "SUMMARIZE", "TABLE",    "UNPIVOT", "VALUES", "WITH"};

bool Reads(std::string_view word) { return std::ranges::find(kReaders, word) != std::end(kReaders); }

}  // namespace

std::optional<Error> RefuseUnparsed(std::string_view text) {
  for (const StatementStart& start : StatementStarts(text))
    if (start.word == "IMPORT" || start.word == "PRAGMA") return RefuseStatement(text, Error(ErrorCode::kPermissionDenied, "not parsed"));
  return std::nullopt;
}

Error RefuseStatement(std::string_view text, const Error& parser) {
  const std::vector<StatementStart> starts = StatementStarts(text);
  if (starts.empty()) return Error(ErrorCode::kInvalidArgument, "there is no statement in this text").Named("no_statement");
  const auto position = [](const StatementStart& start) { return static_cast<std::int64_t>(start.position); };
  if (starts.size() > 1) {
    const std::string second = starts[1].word.empty() ? "" : " (" + starts[1].word + ")";
    return NotAllowed("statement", "one statement at a time: here a second one begins" + second, position(starts[1]));
  }
  const std::string& word = starts[0].word;
  if (!Reads(word)) return NotAllowed("statement", word + " is not served: " + std::string(kServed), position(starts[0]));
  if (parser.reason() == "not_one_statement")  // the parser itself makes two of such a PIVOT: the first would create a type
    return NotAllowed("statement",
                      "PIVOT without its values is served as a whole statement only, with or without WITH before it: list them, PIVOT … ON "
                      "column IN ('a', 'b') …",
                      position(starts[0]));
  return NotAllowed("statement", std::string(kServed) + ": " + parser.message(), position(starts[0]));
}

Error WithSomePosition(std::string_view text, Error refusal) {
  if (refusal.code() != ErrorCode::kPermissionDenied) return refusal;
  const auto details = JsonDocument::Parse(refusal.details());
  const std::vector<StatementStart> starts = StatementStarts(text);
  if (!details || details->root().Find("position") || starts.empty()) return refusal;
  const auto rule = details->root().Find("rule");
  return NotAllowed(rule ? rule->AsString().value_or("") : "", refusal.message(), static_cast<std::int64_t>(starts[0].position));
}

}  // namespace lakehouse::query
