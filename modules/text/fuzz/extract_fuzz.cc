// Any octets as a document of any format: places that are given lie in the text, on the boundaries of characters, in order.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lakehouse/text/extract.h"
#include "lakehouse/text/utf8.h"

namespace {

using namespace lakehouse;

void Require(bool holds) {
  if (!holds) std::abort();
}

bool IsBoundary(const std::string& text, std::size_t at) {
  return at <= text.size() && (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80);
}

void Check(const text::ExtractedDocument& document) {
  for (std::size_t i = 0; i < document.text.size();) {
    const text::CodePoint point = text::DecodeAt(document.text, i);
    Require(point.value != 0xFFFD || point.length == 3);
    Require(point.value >= 0x20 || point.value == '\n' || point.value == '\t');
    i += point.length;
  }
  std::size_t last = 0;
  for (const text::Heading& heading : document.headings) {
    Require(IsBoundary(document.text, heading.start) && heading.start >= last && heading.level >= 1);
    last = heading.start;
  }
  last = 0;
  for (const std::size_t page : document.page_starts) {
    Require(IsBoundary(document.text, page) && page >= last);
    last = page;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 6) {
    case 0: Check(text::ExtractPlain(octets)); break;
    case 1: Check(text::ExtractMarkdown(octets)); break;
    case 2: Check(text::ExtractHtml(octets)); break;
    case 3: Check(text::ExtractPdfText(octets, octets.substr(octets.size() / 2))); break;
    case 4: {
      const auto mail = text::ExtractMail(octets);
      Require(mail.ok() || !mail.error().reason().empty());
      if (mail) Check(*mail);
      break;
    }
    default: {
      const std::size_t third = octets.size() / 3;
      const auto whole = text::ExtractDocx({std::string(octets), "", ""});
      if (whole) Check(*whole);
      const auto parts = text::ExtractDocx(
          {std::string(octets.substr(0, third)), std::string(octets.substr(third, third)), std::string(octets.substr(2 * third))});
      if (parts) Check(*parts);
    }
  }
  return 0;
}
