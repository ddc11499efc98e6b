#include "xml_reader.h"

#include <cstdint>
#include <utility>

namespace lakehouse::storage {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool BeginsName(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' || static_cast<unsigned char>(c) >= 0x80;
}
bool ContinuesName(char c) { return BeginsName(c) || IsDigit(c) || c == '-' || c == '.'; }

void AppendUtf8(std::uint32_t point, std::string& text) {
  const auto add = [&text](std::uint32_t octet) { text += static_cast<char>(octet); };
  if (point < 0x80) return add(point);
  if (point < 0x800) return add(0xC0U | (point >> 6U)), add(0x80U | (point & 63U));
  if (point < 0x10000) return add(0xE0U | (point >> 12U)), add(0x80U | ((point >> 6U) & 63U)), add(0x80U | (point & 63U));
  add(0xF0U | (point >> 18U)), add(0x80U | ((point >> 12U) & 63U)), add(0x80U | ((point >> 6U) & 63U)), add(0x80U | (point & 63U));
}

/// What XML 1.0 calls a Char.
bool IsXmlCharacter(std::uint32_t point) {
  return point == 9 || point == 10 || point == 13 || (point >= 0x20 && point < 0xD800) || (point >= 0xE000 && point < 0xFFFE) ||
         (point >= 0x10000 && point < 0x110000);
}

class XmlReader {
 public:
  XmlReader(std::string_view octets, const XmlLimits& limits) : rest_(octets), whole_(octets.size()), limits_(limits) {}

  Result<XmlElement> ReadDocument() {
    if (whole_ > limits_.max_octets) return Bad("is larger than " + std::to_string(limits_.max_octets) + " octets");
    Take("\xEF\xBB\xBF");
    if (rest_.starts_with("<?xml") && rest_.size() > 5 && IsSpace(rest_[5])) {
      const std::size_t end = rest_.find("?>");
      if (end == std::string_view::npos) return Bad("has a declaration without end");
      rest_.remove_prefix(end + 2);
    }
    LH_TRY(SkipBetween());
    XmlElement root;
    LH_TRY(ReadElement(root, 1));
    LH_TRY(SkipBetween());
    if (!rest_.empty()) return Bad("goes on after its root");
    return root;
  }

 private:
  Error Bad(const std::string& what) const {
    return Error(ErrorCode::kCorruption, "XML " + what + " (at octet " + std::to_string(whole_ - rest_.size()) + ")").Named("bad_xml");
  }
  bool Take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void SkipSpace() {
    while (!rest_.empty() && IsSpace(rest_.front())) rest_.remove_prefix(1);
  }
  Result<std::string_view> TakeUntil(std::string_view end, const char* what) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return Bad(std::string("has ") + what + " without end");
    const std::string_view inside = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return inside;
  }
  /// Blanks and comments outside of the root.
  Status SkipBetween() {
    SkipSpace();
    while (Take("<!--")) {
      LH_TRY(TakeUntil("-->", "a comment"));
      SkipSpace();
    }
    return Ok{};
  }

  Result<std::string> ReadName() {
    if (rest_.empty() || !BeginsName(rest_.front())) return Bad("has no name where one must stand");
    std::size_t length = 1;
    while (length < rest_.size() && ContinuesName(rest_[length])) ++length;
    std::string name(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return name;
  }

  /// Behind '&'.
  Status ReadReference(std::string& text) {
    static constexpr std::pair<std::string_view, char> kNamed[] = {
        {"lt;", '<'}, {"gt;", '>'}, {"amp;", '&'}, {"quot;", '"'}, {"apos;", '\''}};
    for (const auto& [name, character] : kNamed)
      if (Take(name)) return text += character, Ok{};
    if (!Take("#")) return Bad("has a reference that is none of the five");
    const bool is_hex = Take("x");
    std::uint32_t point = 0;
    std::size_t digits = 0;
    for (; !rest_.empty() && rest_.front() != ';'; rest_.remove_prefix(1), ++digits) {
      const char c = rest_.front();
      const auto lower = static_cast<char>(c | 0x20);
      const bool is_letter = is_hex && lower >= 'a' && lower <= 'f';
      if ((!IsDigit(c) && !is_letter) || point > 0x10FFFF) return Bad("has a reference that is no number");
      point = point * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(is_letter ? lower - 'a' + 10 : c - '0');
    }
    if (digits == 0 || !Take(";") || !IsXmlCharacter(point)) return Bad("has a reference to no character");
    AppendUtf8(point, text);
    return Ok{};
  }

  Status ReadAttributes() {
    while (true) {
      const std::size_t before = rest_.size();
      SkipSpace();
      if (rest_.empty()) return Bad("ends inside a tag");
      if (rest_.front() == '>' || rest_.front() == '/') return Ok{};
      if (rest_.size() == before) return Bad("has no blank before an attribute");
      LH_TRY(ReadName());
      SkipSpace();
      if (!Take("=")) return Bad("has an attribute without a value");
      SkipSpace();
      const char quote = rest_.empty() ? '\0' : rest_.front();
      if (quote != '"' && quote != '\'') return Bad("has an attribute without quotes");
      rest_.remove_prefix(1);
      const std::string_view value = LH_TRY(TakeUntil(std::string_view(&quote, 1), "an attribute"));
      if (value.find('<') != std::string_view::npos) return Bad("has '<' inside an attribute");
    }
  }

  Status ReadElement(XmlElement& element, std::size_t depth) {
    if (depth > limits_.max_depth) return Bad("is nested deeper than " + std::to_string(limits_.max_depth));
    if (++elements_ > limits_.max_elements) return Bad("has more than " + std::to_string(limits_.max_elements) + " elements");
    if (!Take("<")) return Bad("has no element where one must stand");
    element.name = LH_TRY(ReadName());
    LH_TRY(ReadAttributes());
    if (Take("/>")) return Ok{};
    if (!Take(">")) return Bad("has a tag without end");
    LH_TRY(ReadContent(element, depth));
    if (LH_TRY(ReadName()) != element.name) return Bad("closes another element than <" + element.name + ">");
    SkipSpace();
    if (!Take(">")) return Bad("has a closing tag without end");
    if (!element.children.empty() && element.text.find_first_not_of(" \t\r\n") == std::string::npos) element.text.clear();
    return Ok{};
  }

  /// Up to and with the "</" of this element.
  Status ReadContent(XmlElement& element, std::size_t depth) {
    while (true) {
      const std::size_t length = rest_.find_first_of("<&");
      if (length == std::string_view::npos) return Bad("ends inside <" + element.name + ">");
      for (const char c : rest_.substr(0, length))
        if (static_cast<unsigned char>(c) < 0x20 && !IsSpace(c)) return Bad("has a control character in <" + element.name + ">");
      element.text.append(rest_.substr(0, length));
      rest_.remove_prefix(length);
      if (Take("</")) return Ok{};
      if (Take("&")) {
        LH_TRY(ReadReference(element.text));
      } else if (Take("<!--")) {
        LH_TRY(TakeUntil("-->", "a comment"));
      } else if (Take("<![CDATA[")) {
        element.text.append(LH_TRY(TakeUntil("]]>", "a CDATA section")));
      } else if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
        return Bad("has a declaration or instruction inside");
      } else {
        LH_TRY(ReadElement(element.children.emplace_back(), depth + 1));
      }
    }
  }

  std::string_view rest_;
  const std::size_t whole_;
  const XmlLimits& limits_;
  std::size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::Find(std::string_view child) const {
  for (const XmlElement& candidate : children)
    if (candidate.name == child) return &candidate;
  return nullptr;
}

std::string_view XmlElement::TextOf(std::string_view child) const {
  const XmlElement* found = Find(child);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

Result<XmlElement> ReadXml(std::string_view octets, const XmlLimits& limits) { return XmlReader(octets, limits).ReadDocument(); }

}  // namespace lakehouse::storage
