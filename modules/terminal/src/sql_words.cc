#include "lakehouse/terminal/sql_words.h"

#include <algorithm>
#include <array>

namespace lakehouse::terminal {
namespace {

constexpr std::array<std::string_view, 105> kKeywordTable = {
    "ALL",          "AND",      "ANTI",    "ANY",       "AS",        "ASC",      "ASOF",        "AT",        "BETWEEN",  "BY",
    "CASE",         "CAST",     "COLLATE", "CROSS",     "CUBE",      "CURRENT",  "DATE",        "DESC",      "DESCRIBE", "DISTINCT",
    "ELSE",         "END",      "ESCAPE",  "EXCEPT",    "EXCLUDE",   "EXISTS",   "EXPLAIN",     "FALSE",     "FILTER",   "FIRST",
    "FOLLOWING",    "FOR",      "FROM",    "FULL",      "GROUP",     "GROUPING", "HAVING",      "ILIKE",     "IN",       "INNER",
    "INTERSECT",    "INTERVAL", "IS",      "ISNULL",    "JOIN",      "LAST",     "LATERAL",     "LEFT",      "LIKE",     "LIMIT",
    "MATERIALIZED", "NATURAL",  "NOT",     "NOTNULL",   "NULL",      "NULLS",    "OFFSET",      "ON",        "OR",       "ORDER",
    "ORDINALITY",   "OUTER",    "OVER",    "PARTITION", "PERCENT",   "PIVOT",    "POSITIONAL",  "PRECEDING", "QUALIFY",  "RANGE",
    "RECURSIVE",    "RENAME",   "REPLACE", "RIGHT",     "ROLLUP",    "ROW",      "ROWS",        "SAMPLE",    "SELECT",   "SEMI",
    "SETS",         "SHOW",     "SIMILAR", "SUMMARIZE", "TABLE",     "TABLES",   "TABLESAMPLE", "THEN",      "TIES",     "TIME",
    "TIMESTAMP",    "TO",       "TRUE",    "TRY_CAST",  "UNBOUNDED", "UNION",    "UNPIVOT",     "USING",     "VALUES",   "VERSION",
    "WHEN",         "WHERE",    "WINDOW",  "WITH",      "WITHIN"};
static_assert(std::is_sorted(kKeywordTable.begin(), kKeywordTable.end()));

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

/// Finds where the token at `at` ends.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  SqlToken Next(std::size_t at) const {
    const char c = text_[at];
    const auto here = [&](char wanted, std::size_t ahead) { return at + ahead < text_.size() && text_[at + ahead] == wanted; };
    if (IsBlank(c)) return {SqlTokenKind::kSpace, at, While(at, IsBlank), true};
    if (c == '-' && here('-', 1)) return {SqlTokenKind::kComment, at, std::min(text_.find('\n', at), text_.size()), true};
    if (c == '/' && here('*', 1)) return BlockComment(at);
    if (c == '\'') return Quoted(SqlTokenKind::kString, at, at + 1, '\'', false);
    if (c == '"') return Quoted(SqlTokenKind::kQuotedName, at, at + 1, '"', false);
    if ((c == 'e' || c == 'E') && here('\'', 1)) return Quoted(SqlTokenKind::kString, at, at + 2, '\'', true);
    if (c == '$')
      if (const SqlToken dollar = DollarQuoted(at); dollar.end > at) return dollar;
    if (IsDigit(c) || (c == '.' && at + 1 < text_.size() && IsDigit(text_[at + 1]))) return Number(at);
    if (IsLetter(c)) return {SqlTokenKind::kWord, at, While(at, [](char w) { return IsLetter(w) || IsDigit(w) || w == '$'; }), true};
    return {SqlTokenKind::kSymbol, at, at + 1, true};
  }

 private:
  template <typename Predicate>
  std::size_t While(std::size_t at, Predicate matches) const {
    while (at < text_.size() && matches(text_[at])) ++at;
    return at;
  }

  SqlToken Quoted(SqlTokenKind kind, std::size_t begin, std::size_t at, char quote, bool backslash) const {
    for (; at < text_.size(); ++at) {
      if (backslash && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (at + 1 >= text_.size() || text_[at + 1] != quote) return {kind, begin, at + 1, true};
        ++at;
      }
    }
    return {kind, begin, text_.size(), false};
  }

  SqlToken BlockComment(std::size_t begin) const {
    std::size_t depth = 1, at = begin + 2;
    for (; at + 1 < text_.size(); ++at) {
      if (text_[at] == '/' && text_[at + 1] == '*') {
        ++depth, ++at;
      } else if (text_[at] == '*' && text_[at + 1] == '/') {
        if (--depth == 0) return {SqlTokenKind::kComment, begin, at + 2, true};
        ++at;
      }
    }
    return {SqlTokenKind::kComment, begin, text_.size(), false};
  }

  /// $$…$$ and $tag$…$tag$; a token of no length when this is no such quote ($1 is a parameter).
  SqlToken DollarQuoted(std::size_t begin) const {
    std::size_t at = begin + 1;
    if (at < text_.size() && IsLetter(text_[at])) at = While(at, [](char c) { return IsLetter(c) || IsDigit(c); });
    if (at >= text_.size() || text_[at] != '$') return {SqlTokenKind::kSymbol, begin, begin, true};
    const std::string_view tag = text_.substr(begin, at + 1 - begin);
    const std::size_t end = text_.find(tag, at + 1);
    if (end == std::string_view::npos) return {SqlTokenKind::kString, begin, text_.size(), false};
    return {SqlTokenKind::kString, begin, end + tag.size(), true};
  }

  SqlToken Number(std::size_t begin) const {
    std::size_t at = While(begin, [](char c) { return IsDigit(c) || IsLetter(c) || c == '.'; });
    const char last = text_[at - 1];
    if ((last == 'e' || last == 'E') && at < text_.size() && (text_[at] == '+' || text_[at] == '-')) at = While(at + 1, IsDigit);
    return {SqlTokenKind::kNumber, begin, at, true};
  }

  const std::string_view text_;
};

}  // namespace

std::vector<SqlToken> TokenizeSql(std::string_view text) {
  std::vector<SqlToken> tokens;
  const Scanner scanner(text);
  for (std::size_t at = 0; at < text.size(); at = tokens.back().end) tokens.push_back(scanner.Next(at));
  return tokens;
}

std::span<const std::string_view> SqlKeywords() { return kKeywordTable; }

bool IsSqlKeyword(std::string_view word) {
  std::string upper(word);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return std::binary_search(kKeywordTable.begin(), kKeywordTable.end(), upper);
}

Script SplitScript(std::string_view text) {
  Script script;
  const Scanner scanner(text);
  std::size_t begin = 0;
  bool has_words = false, open = false;
  for (std::size_t at = 0; at < text.size();) {
    if (!has_words && text[at] == '\\') {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string_view line = text.substr(at, end - at);
      while (!line.empty() && (IsBlank(line.back()) || line.back() == ';')) line.remove_suffix(1);
      script.parts.push_back({std::string(line), at, true});
      at = begin = end;
      continue;
    }
    const SqlToken token = scanner.Next(at);
    at = token.end;
    open = !token.closed;
    if (token.kind == SqlTokenKind::kSymbol && text[token.begin] == ';') {
      if (has_words) script.parts.push_back({std::string(text.substr(begin, token.begin - begin)), begin, false});
      begin = at;
      has_words = false;
    } else if (token.kind != SqlTokenKind::kSpace && token.kind != SqlTokenKind::kComment) {
      if (!has_words) begin = token.begin;
      has_words = true;
    }
  }
  if (has_words) script.parts.push_back({std::string(text.substr(begin)), begin, false});
  script.whole = !has_words && !open;
  return script;
}

}  // namespace lakehouse::terminal
