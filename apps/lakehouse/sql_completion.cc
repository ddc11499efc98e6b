#include "sql_completion.h"

#include <algorithm>
#include <filesystem>

#include "command_line.h"
#include "lakehouse/terminal/sql_words.h"
#include "prompt_commands.h"

namespace lakehouse::app {
namespace {

using terminal::Completion;
using terminal::SqlToken;
using terminal::SqlTokenKind;

constexpr std::size_t kMostFiles = 500;

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}
std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string Unquoted(std::string_view name) {
  if (!name.starts_with('"')) return std::string(name);
  name.remove_prefix(1);
  if (name.ends_with('"')) name.remove_suffix(1);
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    out += name[i];
    if (name[i] == '"' && i + 1 < name.size() && name[i + 1] == '"') ++i;
  }
  return out;
}

/// Names that begin with what was typed, in any case, each once.
class Candidates {
 public:
  explicit Candidates(std::string_view typed) : typed_(Lower(Unquoted(typed))) {}
  void AddName(std::string_view name) {
    if (Lower(name).starts_with(typed_)) Put(AsIdentifier(name));
  }
  void AddWord(std::string word) {
    if (Lower(word).starts_with(typed_)) Put(std::move(word));
  }
  std::vector<std::string> Take() && { return std::move(found_); }

 private:
  void Put(std::string text) {
    if (std::find(found_.begin(), found_.end(), text) == found_.end()) found_.push_back(std::move(text));
  }
  const std::string typed_;
  std::vector<std::string> found_;
};

/// The tokens of a text without blanks and comments.
struct SqlWords {
  std::string_view text;
  std::vector<SqlToken> tokens;

  explicit SqlWords(std::string_view of) : text(of) {
    for (const SqlToken& token : terminal::TokenizeSql(of))
      if (token.kind != SqlTokenKind::kSpace && token.kind != SqlTokenKind::kComment) tokens.push_back(token);
  }
  std::string_view Of(const SqlToken& token) const { return text.substr(token.begin, token.end - token.begin); }
  bool IsName(std::size_t i) const {
    return i < tokens.size() && (tokens[i].kind == SqlTokenKind::kQuotedName ||
                                 (tokens[i].kind == SqlTokenKind::kWord && !terminal::IsSqlKeyword(Of(tokens[i]))));
  }
};

struct Mention {
  std::string table, alias;
};

/// Tables that stand after FROM, JOIN or a comma between them, with what they are called there.
std::vector<Mention> MentionsIn(const SqlWords& words) {
  std::vector<Mention> mentions;
  bool in_from = false;
  for (std::size_t i = 0; i < words.tokens.size(); ++i) {
    const std::string word = Upper(words.Of(words.tokens[i]));
    const bool introduces = word == "FROM" || word == "JOIN" || word == "DESCRIBE" || word == "SUMMARIZE" || (in_from && word == ",");
    if (words.tokens[i].kind == SqlTokenKind::kWord && terminal::IsSqlKeyword(word))
      in_from = word == "FROM" || (in_from && word != "WHERE" && word != "GROUP" && word != "ORDER" && word != "SELECT");
    if (!introduces || !words.IsName(i + 1)) continue;
    Mention mention{Unquoted(words.Of(words.tokens[i + 1])), {}};
    std::size_t next = i + 2;
    if (next < words.tokens.size() && Upper(words.Of(words.tokens[next])) == "AS") ++next;
    if (words.IsName(next)) mention.alias = Unquoted(words.Of(words.tokens[next]));
    mentions.push_back(std::move(mention));
  }
  return mentions;
}

const TableNames* FindTable(const std::vector<TableNames>& tables, std::string_view name) {
  for (const TableNames& table : tables)
    if (Lower(table.name) == Lower(name)) return &table;
  return nullptr;
}

bool WantsTable(const SqlWords& before) {
  if (before.tokens.empty()) return false;
  const std::string last = Upper(before.Of(before.tokens.back()));
  if (last == "FROM" || last == "JOIN" || last == "DESCRIBE" || last == "SUMMARIZE" || last == "TABLE") return true;
  if (last != ",") return false;
  for (auto token = before.tokens.rbegin(); token != before.tokens.rend(); ++token) {
    const std::string word = Upper(before.Of(*token));
    if (word == "FROM") return true;
    if (word == "(" || word == ")" || (token->kind == SqlTokenKind::kWord && terminal::IsSqlKeyword(word) && word != "AS")) return false;
  }
  return false;
}

std::vector<std::string> Files(std::string_view typed) {
  const std::filesystem::path path(typed);
  const std::string directory = path.parent_path().string(), beginning = path.filename().string();
  std::vector<std::string> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(directory.empty() ? "." : directory, failed)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(beginning) || (beginning.empty() && name.starts_with('.')) || found.size() >= kMostFiles) continue;
    found.push_back((directory.empty()          ? ""
                     : directory.ends_with('/') ? directory
                                                : directory + "/") +
                    name + (entry.is_directory(failed) ? "/" : ""));
  }
  std::sort(found.begin(), found.end());
  return found;
}

Completion CompleteCommand(std::string_view typed, const SqlNames& names) {
  const std::size_t blank = typed.find(' ');
  if (blank == std::string_view::npos) {
    Candidates candidates(typed);
    for (const PromptCommand& command : PromptCommandTable()) candidates.AddWord(std::string(command.name));
    return {0, std::move(candidates).Take()};
  }
  const PromptCommand* command = FindPromptCommand(typed.substr(0, blank));
  if (command == nullptr) return {};
  const std::size_t begin = typed.find_last_of(' ') + 1;
  Candidates candidates(typed.substr(begin));
  switch (command->value) {
    case ValueKind::kFile: return {begin, Files(typed.substr(begin))};
    case ValueKind::kDataset:
      for (const TableNames& table : names.tables()) candidates.AddName(table.name);
      break;
    case ValueKind::kChoice:
      for (const std::string_view choice : app::Words(command->choices)) candidates.AddWord(std::string(choice));
      break;
    default: break;
  }
  return {begin, std::move(candidates).Take()};
}

}  // namespace

std::string AsIdentifier(std::string_view name) {
  const bool plain =
      !name.empty() && !(name[0] >= '0' && name[0] <= '9') && !terminal::IsSqlKeyword(name) &&
      std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (plain) return std::string(name);
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Completion CompleteSql(std::string_view text, std::size_t cursor, const SqlNames& names) {
  const std::string_view typed_so_far = text.substr(0, cursor);
  if (typed_so_far.starts_with('\\')) return CompleteCommand(typed_so_far, names);
  const auto all = terminal::TokenizeSql(typed_so_far);
  std::size_t begin = cursor;
  if (!all.empty()) {
    const SqlToken& last = all.back();
    const bool line_comment = last.kind == SqlTokenKind::kComment && typed_so_far.substr(last.begin).starts_with("--");
    if (last.kind == SqlTokenKind::kNumber || line_comment || (!last.closed && last.kind != SqlTokenKind::kQuotedName)) return {};
    if (last.kind == SqlTokenKind::kWord || (last.kind == SqlTokenKind::kQuotedName && !last.closed)) begin = last.begin;
  }
  const std::string_view typed = typed_so_far.substr(begin);
  const SqlWords before(typed_so_far.substr(0, begin));
  Candidates candidates(typed);
  const auto mentions = MentionsIn(SqlWords(text));
  const std::size_t count = before.tokens.size();
  if (count >= 2 && before.Of(before.tokens[count - 1]) == "." && before.IsName(count - 2)) {
    std::string table = Unquoted(before.Of(before.tokens[count - 2]));
    for (const Mention& mention : mentions)
      if (Lower(mention.alias) == Lower(table)) table = mention.table;
    if (const TableNames* found = FindTable(names.tables(), table))
      for (const std::string& column : found->columns) candidates.AddName(column);
    return {begin, std::move(candidates).Take()};
  }
  if (WantsTable(before)) {
    for (const TableNames& table : names.tables()) candidates.AddName(table.name);
    return {begin, std::move(candidates).Take()};
  }
  for (const Mention& mention : mentions)
    if (const TableNames* found = FindTable(names.tables(), mention.table))
      for (const std::string& column : found->columns) candidates.AddName(column);
  if (typed.empty() || typed.starts_with('"')) return {begin, std::move(candidates).Take()};
  if (mentions.empty() && count > 0)
    for (const TableNames& table : names.tables())
      for (const std::string& column : table.columns) candidates.AddName(column);
  const bool in_lower_case = typed.back() >= 'a' && typed.back() <= 'z';
  for (const std::string_view keyword : terminal::SqlKeywords()) candidates.AddWord(in_lower_case ? Lower(keyword) : std::string(keyword));
  if (count > 0)
    for (const std::string& function : names.functions) candidates.AddWord(function + "(");
  return {begin, std::move(candidates).Take()};
}

std::vector<terminal::ColouredSpan> ColourSql(std::string_view text) {
  std::vector<terminal::ColouredSpan> spans;
  if (text.starts_with('\\')) return {{0, std::min(text.find(' '), text.size()), "\033[35m"}};
  for (const SqlToken& token : terminal::TokenizeSql(text)) {
    std::string_view colour;
    switch (token.kind) {
      case SqlTokenKind::kComment: colour = "\033[2m"; break;
      case SqlTokenKind::kString: colour = "\033[32m"; break;
      case SqlTokenKind::kNumber: colour = "\033[36m"; break;
      case SqlTokenKind::kQuotedName: colour = "\033[33m"; break;
      case SqlTokenKind::kWord:
        if (terminal::IsSqlKeyword(text.substr(token.begin, token.end - token.begin))) colour = "\033[1;34m";
        break;
      default: break;
    }
    if (!colour.empty()) spans.push_back({token.begin, token.end, colour});
  }
  return spans;
}

}  // namespace lakehouse::app
