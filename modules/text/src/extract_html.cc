#include <algorithm>
#include <iterator>

#include "html_entities.h"
#include "lakehouse/text/extract.h"
#include "text_builder.h"

namespace lakehouse::text {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }

template <std::size_t N>
bool IsOneOf(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

/// Stand apart from what is around them.
constexpr std::string_view kBlocks[] = {"address", "article", "aside",    "blockquote", "body",       "dd",     "details", "div",
                                        "dl",      "dt",      "fieldset", "figure",     "figcaption", "footer", "form",    "header",
                                        "hr",      "main",    "nav",      "ol",         "p",          "pre",    "section", "summary",
                                        "table",   "tbody",   "tfoot",    "thead",      "ul",         "center", "option",  "select"};
/// Hold no text of the page; skipped up to their own end tag.
constexpr std::string_view kSkipped[] = {"script", "style", "noscript", "template", "textarea", "iframe", "object", "svg", "math"};

/// One pass over the octets of a page. No tree is built: whatever is nested in whatever takes no more time or memory.
class HtmlReader {
 public:
  explicit HtmlReader(std::string_view html) : html_(html) {}

  ExtractedDocument Read() {
    while (at_ < html_.size()) {
      const std::size_t open = std::min(html_.find('<', at_), html_.size());
      Text(html_.substr(at_, open - at_));
      at_ = open;
      if (at_ < html_.size()) Markup();
    }
    ExtractedDocument document = builder_.Take();
    document.title = title_.Take().text;
    while (!document.title.empty() && document.title.back() == '\n') document.title.pop_back();
    if (document.title.empty() && !document.headings.empty()) document.title = document.headings[0].title;
    return document;
  }

 private:
  void Text(std::string_view run) {
    std::string plain;
    for (std::size_t i = 0; i < run.size();) {
      if (run[i] == '&') {
        i += AppendEntity(run, i, plain);
        continue;
      }
      plain += run[i++];
    }
    // A blank that does not break is a blank to whoever searches.
    for (std::size_t nbsp = plain.find("\xC2\xA0"); nbsp != std::string::npos; nbsp = plain.find("\xC2\xA0", nbsp))
      plain.replace(nbsp, 2, " ");
    if (in_title_)
      title_.Text(plain);
    else if (preformatted_ > 0)
      builder_.Verbatim(plain);
    else
      builder_.Text(plain);
  }

  /// At a '<'.
  void Markup() {
    const std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) {
      const std::size_t end = html_.find("-->", at_ + 4);
      at_ = end == std::string_view::npos ? html_.size() : end + 3;
      return;
    }
    const std::size_t name_at = rest.size() > 1 && rest[1] == '/' ? 2 : 1;
    if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '?')) {
      const std::size_t end = html_.find('>', at_);
      at_ = end == std::string_view::npos ? html_.size() : end + 1;
      return;
    }
    if (rest.size() <= name_at || !IsLetter(rest[name_at])) {
      Text("<");
      ++at_;
      return;
    }
    std::string name;
    std::size_t i = at_ + name_at;
    for (; i < html_.size() && (IsLetter(html_[i]) || (html_[i] >= '0' && html_[i] <= '9') || html_[i] == '-' || html_[i] == ':'); ++i)
      if (name.size() < 32) name += Lower(html_[i]);
    bool is_empty = false;
    at_ = EndOfTag(i, is_empty);
    if (name_at == 2)
      Close(name);
    else
      Open(name, is_empty);
  }

  /// Behind the '>' of a tag whose attributes begin at `i`; quotes may hold one.
  std::size_t EndOfTag(std::size_t i, bool& is_empty) const {
    while (i < html_.size() && html_[i] != '>') {
      const char c = html_[i];
      if ((c == '"' || c == '\'') && i > 0 && html_[i - 1] == '=') {
        const std::size_t end = html_.find(c, i + 1);
        if (end == std::string_view::npos) return html_.size();
        i = end;
      }
      is_empty = c == '/';
      ++i;
    }
    return std::min(i + 1, html_.size());
  }

  void Open(std::string_view name, bool is_empty) {
    if (name == "title" && !in_body_) {
      in_title_ = true;
      return;
    }
    if (name == "body") in_body_ = true;
    if (IsOneOf(name, kSkipped)) {
      if (!is_empty) Skip(name);
      return;
    }
    if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') return builder_.BeginHeading(name[1] - '0');
    if (name == "br") return builder_.Line();
    if (name == "pre") ++preformatted_;
    if (name == "li") {
      builder_.Line();
      builder_.Prefix("- ");
    } else if (name == "tr") {
      builder_.Line();
      cell_ = 0;
    } else if (name == "td" || name == "th") {
      if (cell_++ > 0) builder_.Text(" | ");
    } else if (IsOneOf(name, kBlocks)) {
      builder_.Block();
    }
  }

  void Close(std::string_view name) {
    if (name == "title") in_title_ = false;
    if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') return builder_.EndHeading();
    if (name == "pre" && preformatted_ > 0) --preformatted_;
    if (name == "li" || name == "tr")
      builder_.Line();
    else if (IsOneOf(name, kBlocks))
      builder_.Block();
  }

  /// Past the end tag of an element whose content is no text.
  void Skip(std::string_view name) {
    while (at_ < html_.size()) {
      const std::size_t end = html_.find("</", at_);
      if (end == std::string_view::npos) break;
      at_ = end + 2;
      if (html_.size() - at_ < name.size()) break;
      if (!std::equal(name.begin(), name.end(), html_.begin() + static_cast<std::ptrdiff_t>(at_),
                      [](char a, char b) { return a == Lower(b); }))
        continue;
      const std::size_t close = html_.find('>', at_);
      at_ = close == std::string_view::npos ? html_.size() : close + 1;
      return;
    }
    at_ = html_.size();
  }

  std::string_view html_;
  std::size_t at_ = 0;
  TextBuilder builder_, title_;
  bool in_title_ = false, in_body_ = false;
  int preformatted_ = 0;
  int cell_ = 0;
};

}  // namespace

ExtractedDocument ExtractHtml(std::string_view utf8) {
  // Whatever is no UTF-8, a byte order mark and control characters go first.
  return HtmlReader(ExtractPlain(utf8).text).Read();
}

}  // namespace lakehouse::text
