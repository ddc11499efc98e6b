#include "open_pivot.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "lakehouse/engine/session.h"
#include "statement_starts.h"

namespace lakehouse::query {
namespace {

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) { return std::ranges::find(words, word) != words.end(); }

bool MentionsPivot(std::string_view sql) {
  constexpr std::string_view word = "PIVOT";
  const auto same = [](char a, char b) { return std::toupper(static_cast<unsigned char>(a)) == b; };
  return std::search(sql.begin(), sql.end(), word.begin(), word.end(), same) != sql.end();
}

}  // namespace

std::optional<OpenPivot> FindOpenPivot(std::string_view sql) {
  if (!MentionsPivot(sql)) return std::nullopt;
  const std::vector<OuterWord> words = OuterWords(sql);
  const auto pivot = std::ranges::find_if(words, [](const OuterWord& word) { return IsOneOf(word.word, {"PIVOT", "PIVOT_WIDER"}); });
  if (pivot == words.end() || (pivot != words.begin() && words.front().word != "WITH")) return std::nullopt;
  const auto on = std::find_if(pivot, words.end(), [](const OuterWord& word) { return word.word == "ON"; });
  if (on == words.end()) return std::nullopt;
  if (std::any_of(pivot, on, [](const OuterWord& word) { return IsOneOf(word.word, {"JOIN", ",", "FOR"}); })) return std::nullopt;
  const std::string source(sql.substr(pivot->end, on->begin - pivot->end));
  const std::string before(sql.substr(0, pivot->begin));

  OpenPivot open;
  std::size_t begin = on->end;
  bool has_values = false;
  for (auto word = on + 1; word != words.end(); ++word) {
    if (word->word == "IN") has_values = true;
    const bool is_last = IsOneOf(word->word, {"USING", "GROUP", "ORDER", "LIMIT", ""});
    if (word->word != "," && !is_last) continue;
    if (!has_values) {
      std::size_t end = word->begin;
      while (end > begin && (sql[end - 1] == ' ' || sql[end - 1] == '\n' || sql[end - 1] == '\t' || sql[end - 1] == '\r')) --end;
      const std::string column(sql.substr(begin, end - begin));
      open.holes.push_back({end, before + "SELECT DISTINCT CAST((" + column + "\n) AS VARCHAR) AS v FROM " + source + "\nWHERE (" + column +
                                     "\n) IS NOT NULL ORDER BY v"});
    }
    if (is_last) break;
    begin = word->end;
    has_values = false;
  }
  if (open.holes.empty()) return std::nullopt;
  return open;
}

std::string FillPivot(std::string_view sql, const OpenPivot& pivot, const std::vector<std::vector<std::string>>& values) {
  std::string filled;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pivot.holes.size(); ++i) {
    filled += sql.substr(at, pivot.holes[i].position - at);
    at = pivot.holes[i].position;
    std::string list;
    for (const std::string& value : values.at(i)) list += (list.empty() ? "" : ", ") + QuoteText(value);
    filled += "\nIN (" + (list.empty() ? "NULL" : list) + ")";
  }
  return filled += sql.substr(at);
}

}  // namespace lakehouse::query
