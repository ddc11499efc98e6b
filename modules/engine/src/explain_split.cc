#include <cctype>

#include "lakehouse/engine/session.h"

namespace lakehouse::engine {

namespace {

/// Past white space and comments.
std::size_t SkipBlank(std::string_view sql, std::size_t at) {
  for (;;) {
    while (at < sql.size() && std::isspace(static_cast<unsigned char>(sql[at])) != 0) ++at;
    const std::string_view rest = sql.substr(at);
    if (rest.starts_with("--")) {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (rest.starts_with("/*")) {
      // Comments nest in this dialect: what looks closed here may not be for the parser, so a nested one is left for it to judge.
      const std::size_t end = sql.find("*/", at + 2);
      if (end == std::string_view::npos || sql.substr(at + 2, end - at - 2).find("/*") != std::string_view::npos) return at;
      at = end + 2;
    } else {
      return at;
    }
  }
}

/// Past this word, in any case, and the blank behind it; the same place when another word stands there.
std::size_t SkipWord(std::string_view sql, std::size_t at, std::string_view word) {
  if (sql.size() - at < word.size()) return at;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (std::toupper(static_cast<unsigned char>(sql[at + i])) != word[i]) return at;
  const std::size_t end = at + word.size();
  const bool goes_on =
      end < sql.size() && (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 || sql[end] == '_' || (sql[end] & 0x80) != 0);
  return goes_on ? at : SkipBlank(sql, end);
}

}  // namespace

ExplainSplit SplitExplain(std::string_view sql) {
  const std::size_t begin = SkipBlank(sql, 0);
  const std::size_t after_explain = SkipWord(sql, begin, "EXPLAIN");
  if (after_explain == begin) return {Explain::kNo, sql, 0};
  const std::size_t after_analyze = SkipWord(sql, after_explain, "ANALYZE");
  return {after_analyze == after_explain ? Explain::kPlan : Explain::kAnalyze, sql.substr(after_analyze), after_analyze};
}

std::string AttachPath(std::string_view file) { return "/proc/self/cwd/" + std::string(file); }

}  // namespace lakehouse::engine
