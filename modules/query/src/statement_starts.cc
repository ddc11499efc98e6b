#include "statement_starts.h"

#include <algorithm>
#include <cctype>

namespace lakehouse::query {
namespace {

bool IsSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Past a comment that nests.
std::size_t SkipComment(std::string_view sql, std::size_t at) {
  int depth = 0;
  while (at < sql.size()) {
    const std::string_view two = sql.substr(at, 2);
    if (two == "/*" || two == "*/") {
      depth += two == "/*" ? 1 : -1;
      at += 2;
      if (depth == 0) return at;
    } else {
      ++at;
    }
  }
  return sql.size();
}

/// Past 'text' or "name", where a doubled quote is part of it.
std::size_t SkipQuoted(std::string_view sql, std::size_t at, bool backslash) {
  const char quote = sql[at++];
  while (at < sql.size()) {
    if (backslash && sql[at] == '\\')
      ++at;
    else if (sql[at] == quote)
      return at + 1;  // the second of a doubled quote opens the rest
    ++at;
  }
  return sql.size();
}

/// Past $tag$ … $tag$; the next octet when no such text begins here.
std::size_t SkipDollars(std::string_view sql, std::size_t at) {
  std::size_t tag_end = at + 1;
  while (tag_end < sql.size() && IsWord(sql[tag_end])) ++tag_end;
  if (tag_end == sql.size() || sql[tag_end] != '$') return at + 1;
  const std::string_view tag = sql.substr(at, tag_end + 1 - at);
  const std::size_t close = sql.find(tag, tag_end + 1);
  return close == std::string_view::npos ? sql.size() : close + tag.size();
}

std::string FirstWord(std::string_view sql, std::size_t at) {
  std::string word;
  for (; at < sql.size() && IsWord(sql[at]); ++at) word += static_cast<char>(std::toupper(static_cast<unsigned char>(sql[at])));
  return word;
}

std::size_t BeginOf(std::string_view sql) { return sql.starts_with("\xEF\xBB\xBF") ? 3 : 0; }

/// Past one space or comment; `at` when neither stands there.
std::size_t SkipBlank(std::string_view sql, std::size_t at) {
  const std::string_view two = sql.substr(at, 2);
  if (IsSpace(sql[at])) return at + 1;
  if (two == "--") return std::min(sql.find('\n', at), sql.size());
  return two == "/*" ? SkipComment(sql, at) : at;
}

/// Past a quoted text, or one character.
std::size_t SkipText(std::string_view sql, std::size_t at) {
  const char c = sql[at];
  if (c == '\'' || c == '"') return SkipQuoted(sql, at, c == '\'' && at > 0 && (sql[at - 1] == 'e' || sql[at - 1] == 'E'));
  return c == '$' ? SkipDollars(sql, at) : at + 1;
}

}  // namespace

std::vector<StatementStart> StatementStarts(std::string_view sql) {
  std::vector<StatementStart> starts;
  bool inside = false;
  for (std::size_t at = BeginOf(sql); at < sql.size();) {
    if (const std::size_t code = SkipBlank(sql, at); code != at) {
      at = code;
    } else if (sql[at] == ';') {
      inside = false;
      ++at;
    } else {
      if (!inside) starts.push_back({at, FirstWord(sql, at)});
      inside = true;
      at = SkipText(sql, at);
    }
  }
  return starts;
}

std::vector<OuterWord> OuterWords(std::string_view sql) {
  std::vector<OuterWord> words;
  int depth = 0;
  std::size_t code_end = 0;
  for (std::size_t at = BeginOf(sql); at < sql.size() && sql[at] != ';';) {
    if (const std::size_t code = SkipBlank(sql, at); code != at) {
      at = code;
      continue;
    }
    const char c = sql[at];
    depth += c == '(' || c == '[' || c == '{' ? 1 : c == ')' || c == ']' || c == '}' ? -1 : 0;
    std::size_t end = SkipText(sql, at);
    if (IsWord(c)) {
      while (end < sql.size() && IsWord(sql[end])) ++end;
      const bool quotes = end < sql.size() && sql[end] == '\'';  // e'…'
      if (depth == 0 && !quotes) words.push_back({at, end, FirstWord(sql, at)});
    } else if (c == ',' && depth == 0) {
      words.push_back({at, end, ","});
    }
    code_end = at = end;
  }
  words.push_back({code_end, code_end, ""});
  return words;
}

}  // namespace lakehouse::query
