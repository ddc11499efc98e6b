#include <algorithm>
#include <charconv>
#include <map>

#include "lakehouse/text/extract.h"
#include "lakehouse/text/xml.h"
#include "text_builder.h"

namespace lakehouse::text {
namespace {

int NumberIn(std::string_view text, int otherwise) {
  int value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// "Heading 2", "heading2" → 2; "Title" → 1; 0: no heading.
int LevelOfStyleName(std::string_view name) {
  std::string folded;
  for (const char c : name)
    if (c != ' ') folded += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (folded == "title") return 1;
  if (!folded.starts_with("heading") || folded.size() != 8 || folded[7] < '1' || folded[7] > '9') return 0;
  return folded[7] - '0';
}

/// Ids of the styles that make a heading, whatever they are called in the writer's language.
class StyleReader final : public XmlHandler {
 public:
  void Start(std::string_view name, const Attributes& attributes) override {
    if (name == "style") id_ = AttributeOf(attributes, "styleId");
    if (name == "name" && !id_.empty())
      if (const int level = LevelOfStyleName(AttributeOf(attributes, "val")); level > 0) levels_[id_] = level;
    if (name == "outlineLvl" && !id_.empty())
      if (const int level = NumberIn(AttributeOf(attributes, "val"), 9); level >= 0 && level < 9) levels_.emplace(id_, level + 1);
  }
  void End(std::string_view name) override {
    if (name == "style") id_.clear();
  }
  void Text(std::string_view) override {}
  /// 0: no heading.
  int LevelOf(std::string_view id) const {
    const auto found = levels_.find(id);
    return found != levels_.end() ? found->second : LevelOfStyleName(id);
  }

 private:
  std::string id_;
  std::map<std::string, int, std::less<>> levels_;
};

class BodyReader final : public XmlHandler {
 public:
  explicit BodyReader(const StyleReader& styles) : styles_(styles) {}

  void Start(std::string_view name, const Attributes& attributes) override {
    if (name == "Fallback" || skipped_ > 0) {  // says again, for old programs, what stood in Choice
      ++skipped_;
      return;
    }
    if (name == "body") has_body_ = true;
    if (name == "p") BeginParagraph();
    if (name == "pStyle") level_ = styles_.LevelOf(AttributeOf(attributes, "val"));
    if (name == "outlineLvl") level_ = level_ == 0 ? NumberIn(AttributeOf(attributes, "val"), 8) % 9 + 1 : level_;
    if (name == "numPr" && level_ == 0) is_item_ = true;
    if (name == "r" && level_ > 0 && !heading_open_) {
      builder_.BeginHeading(level_);
      heading_open_ = true;
    } else if (name == "r" && is_item_) {
      builder_.Prefix("- ");
      is_item_ = false;
    }
    if (name == "t") in_text_ = true;
    if (name == "tab") builder_.Text(" ");
    if (name == "cr") builder_.Line();
    if (name == "br") {
      if (AttributeOf(attributes, "type") == "page")
        rendered_pages_ ? builder_.Line() : builder_.Page();
      else
        builder_.Line();
    }
    if (name == "lastRenderedPageBreak" && rendered_pages_) builder_.Page();
    if (name == "tbl") {
      ++tables_;
      builder_.Block();
    }
    if (name == "tr") {
      builder_.Line();
      cell_ = 0;
    }
    if (name == "tc" && cell_++ > 0) builder_.Text(" | ");
  }
  void End(std::string_view name) override {
    if (skipped_ > 0) {
      --skipped_;
      return;
    }
    if (name == "t") in_text_ = false;
    if (name == "p") EndParagraph();
    if (name == "tr") builder_.Line();
    if (name == "tbl") {
      --tables_;
      builder_.Block();
    }
  }
  void Text(std::string_view text) override {
    if (in_text_ && skipped_ == 0) builder_.Text(text);
  }
  void UseRenderedPages() { rendered_pages_ = true; }
  bool has_body() const { return has_body_; }
  ExtractedDocument Take() { return builder_.Take(); }

 private:
  void BeginParagraph() {
    if (tables_ == 0) builder_.Block();
    level_ = 0;
    is_item_ = false;
  }
  void EndParagraph() {
    if (heading_open_) builder_.EndHeading();
    heading_open_ = false;
    if (tables_ > 0)
      builder_.Text(" ");
    else
      builder_.Block();
  }

  const StyleReader& styles_;
  TextBuilder builder_;
  bool in_text_ = false, heading_open_ = false, is_item_ = false, has_body_ = false, rendered_pages_ = false;
  int level_ = 0, tables_ = 0, cell_ = 0, skipped_ = 0;
};

class CoreReader final : public XmlHandler {
 public:
  explicit CoreReader(ExtractedDocument& document) : document_(document) {}
  void Start(std::string_view name, const Attributes&) override {
    name_ = name;
    text_.clear();
  }
  void End(std::string_view name) override {
    if (name != name_ || text_.empty()) return;
    constexpr std::pair<std::string_view, const char*> kKept[] = {
        {"creator", "author"}, {"created", "created"}, {"modified", "modified"}, {"subject", "subject"}, {"keywords", "keywords"}};
    if (name == "title") document_.title = text_;
    for (const auto& [member, key] : kKept)
      if (name == member) document_.metadata[key] = text_;
  }
  void Text(std::string_view text) override {
    if (text_.size() < 1'000) text_ += text;
  }

 private:
  ExtractedDocument& document_;
  std::string name_, text_;
};

}  // namespace

Result<ExtractedDocument> ExtractDocx(const DocxParts& parts) {
  StyleReader styles;
  if (!parts.styles.empty()) LH_TRY_WHILE(ReadXml(parts.styles, styles), "read the styles of the document");
  BodyReader body(styles);
  if (parts.document.find("lastRenderedPageBreak") != std::string::npos) body.UseRenderedPages();
  LH_TRY_WHILE(ReadXml(parts.document, body), "read the text of the document");
  if (!body.has_body()) return Error(ErrorCode::kUnprocessable, "the document has no body").Named("bad_docx");
  ExtractedDocument document = body.Take();
  CoreReader core(document);
  // What a file says about itself is a courtesy.
  if (!parts.core.empty() && !ReadXml(parts.core, core)) document.notes.emplace_back("the document's properties cannot be read");
  if (document.title.empty() && !document.headings.empty()) document.title = document.headings[0].title;
  return document;
}

}  // namespace lakehouse::text
