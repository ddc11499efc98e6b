// Plain text, Markdown, and what pdftotext makes of a PDF.
#include <algorithm>

#include "lakehouse/text/extract.h"
#include "lakehouse/text/utf8.h"

namespace lakehouse::text {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t'; }

/// LF line ends, well-formed UTF-8, no byte order mark, no control characters; form feeds stay when asked for.
std::string Clean(std::string_view octets, bool keep_form_feeds) {
  if (octets.starts_with("\xEF\xBB\xBF")) octets.remove_prefix(3);
  std::string text;
  text.reserve(octets.size());
  for (std::size_t i = 0; i < octets.size();) {
    const char c = octets[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      const CodePoint point = DecodeAt(octets, i);
      if (point.value >= 0xA0) AppendUtf8(text, point.value);
      i += point.length;
      continue;
    }
    ++i;
    if (c == '\r') {
      if (i >= octets.size() || octets[i] != '\n') text += '\n';
    } else if (!(IsControl(c) || c == 0x7F) || (c == '\f' && keep_form_feeds)) {
      text += c;
    }
  }
  return text;
}

/// Pages out of form feeds, which go. A last one without text after it ends the last page and begins none.
void SplitPages(std::string_view text, ExtractedDocument& document) {
  std::size_t at = 0;
  while (at <= text.size()) {
    const std::size_t end = std::min(text.find('\f', at), text.size());
    if (end == text.size() && at == end && !document.page_starts.empty()) break;
    document.page_starts.push_back(document.text.size());
    document.text += text.substr(at, end - at);
    if (end < text.size() && !document.text.empty() && document.text.back() != '\n') document.text += '\n';
    at = end + 1;
  }
}

std::string_view Trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// "## Title ##": its level and title; 0 when the line is none.
int AtxLevel(std::string_view line, std::string_view& title) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return 0;
  line.remove_prefix(indent);
  const std::size_t level = std::min(line.find_first_not_of('#'), line.size());
  if (level == 0 || level > 6 || (level < line.size() && line[level] != ' ' && line[level] != '\t')) return 0;
  title = Trim(line.substr(level));
  const std::size_t body = title.find_last_not_of('#');
  if (body == std::string_view::npos)
    title = {};
  else if (body + 1 < title.size() && (title[body] == ' ' || title[body] == '\t'))
    title = Trim(title.substr(0, body));
  return static_cast<int>(level);
}

bool IsUnderline(std::string_view line, char mark) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return false;
  line = Trim(line);
  return !line.empty() && line.find_first_not_of(mark) == std::string_view::npos;
}

/// The length of a fence's mark ("```" or "~~~"), 0: the line is none.
std::size_t FenceLength(std::string_view line, char& mark) {
  const std::size_t indent = line.find_first_not_of(' ');
  if (indent == std::string_view::npos || indent > 3) return 0;
  line.remove_prefix(indent);
  if (line[0] != '`' && line[0] != '~') return 0;
  mark = line[0];
  const std::size_t length = std::min(line.find_first_not_of(mark), line.size());
  if (mark == '`' && line.find('`', length) != std::string_view::npos) return 0;
  return length >= 3 ? length : 0;
}

/// Whether a line may be the title above an underline: a paragraph's only line.
bool CanBeTitle(std::string_view line) {
  const std::string_view text = Trim(line);
  return !text.empty() && !line.starts_with("    ") && text[0] != '>' && text[0] != '|' && !text.starts_with("- ") &&
         !text.starts_with("* ");
}

}  // namespace

ExtractedDocument ExtractPlain(std::string_view utf8) {
  ExtractedDocument document;
  const std::string text = Clean(utf8, true);
  if (text.find('\f') != std::string::npos)
    SplitPages(text, document);
  else
    document.text = text;
  return document;
}

ExtractedDocument ExtractMarkdown(std::string_view utf8) {
  ExtractedDocument document;
  document.text = Clean(utf8, false);
  const std::string_view text = document.text;
  std::size_t fence = 0, previous_at = 0;
  char fence_mark = 0;
  std::string_view previous;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    std::string_view title;
    char mark = 0;
    const std::size_t length = FenceLength(line, mark);
    if (fence > 0) {
      if (length >= fence && mark == fence_mark && Trim(line).find_first_not_of(mark) == std::string_view::npos) fence = 0;
      previous = {};
    } else if (length > 0) {
      fence = length;
      fence_mark = mark;
      previous = {};
    } else if (const int level = AtxLevel(line, title); level > 0) {
      if (!title.empty()) document.headings.push_back({level, std::string(title), at});
      previous = {};
    } else if (CanBeTitle(previous) && (IsUnderline(line, '=') || IsUnderline(line, '-'))) {
      document.headings.push_back({Trim(line)[0] == '=' ? 1 : 2, std::string(Trim(previous)), previous_at});
      previous = {};
    } else {
      previous = line;
      previous_at = at;
    }
    at = end + 1;
  }
  for (const Heading& heading : document.headings)
    if (heading.level == 1 && document.title.empty()) document.title = heading.title;
  return document;
}

ExtractedDocument ExtractPdfText(std::string_view text, std::string_view info) {
  ExtractedDocument document;
  SplitPages(Clean(text, true), document);
  const std::string facts = Clean(info, false);
  constexpr std::pair<std::string_view, const char*> kKept[] = {{"Author", "author"},     {"Subject", "subject"},
                                                                {"Keywords", "keywords"}, {"CreationDate", "created"},
                                                                {"ModDate", "modified"},  {"Producer", "producer"}};
  for (std::size_t at = 0; at < facts.size();) {
    const std::size_t end = std::min(facts.find('\n', at), facts.size());
    const std::string_view line = std::string_view(facts).substr(at, end - at);
    at = end + 1;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view value = Trim(line.substr(colon + 1));
    if (value.empty()) continue;
    if (line.substr(0, colon) == "Title") document.title = value;
    for (const auto& [name, key] : kKept)
      if (line.substr(0, colon) == name) document.metadata[key] = value;
  }
  return document;
}

}  // namespace lakehouse::text
