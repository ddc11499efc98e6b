#include "lakehouse/terminal/display_width.h"

#include <clocale>
#include <cwchar>

namespace lakehouse::terminal {
namespace {

constexpr char32_t kReplacement = 0xFFFD;
constexpr std::size_t kMostMarks = 4;

/// The C library's table of widths belongs to a locale; this thread borrows it for one question, whatever the user's is.
std::size_t TableWidth(char32_t point) {
  static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t());
  if (utf8 == locale_t()) return 1;
  const locale_t before = uselocale(utf8);
  const int width = wcwidth(static_cast<wchar_t>(point));
  uselocale(before);
  return width < 0 ? 1 : static_cast<std::size_t>(width);
}

bool IsControl(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || point == 0xAD || point == 0x61C || (point >= 0x200B && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202E) || (point >= 0x2060 && point <= 0x206F) || point == 0xFEFF ||
         (point >= 0xFFF9 && point <= 0xFFFB) || (point >= 0xE0000 && point <= 0xE007F);
}

/// Octets of the well-formed sequence at the start, its code point in `point`; 0 when there is none.
std::size_t Decode(std::string_view text, char32_t& point) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = octet(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  static constexpr unsigned kPayload[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  point = first & kPayload[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xC0) != 0x80) return 0;
    point = (point << 6) | (octet(i) & 0x3F);
  }
  const bool too_long = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  return too_long || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF) ? 0 : length;
}

void AppendPicture(std::string& out, char32_t control) {
  if (control < 0x20) {  // U+2400 and on
    out += {'\xE2', '\x90', static_cast<char>(0x80 + control)};
    return;
  }
  out += control == 0x7F ? "\xE2\x90\xA1" : "\xEF\xBF\xBD";
}

std::string Defused(std::string_view text, bool keep_lines) {
  std::string out;
  std::size_t marks = 0;
  while (!text.empty()) {
    const Character next = FirstCharacter(text);
    text.remove_prefix(next.octets.size());
    if (next.point == '\n' && keep_lines)
      out += '\n';
    else if (next.is_control)
      AppendPicture(out, next.point);
    else if (next.width > 0 || ++marks <= kMostMarks)
      out += next.point == kReplacement ? std::string_view("\xEF\xBF\xBD") : next.octets;
    if (next.width > 0 || next.is_control) marks = 0;
  }
  return out;
}

}  // namespace

Character FirstCharacter(std::string_view text) {
  char32_t point = 0;
  const std::size_t length = Decode(text, point);
  if (length == 0) return {text.substr(0, 1), kReplacement, 1, false};
  const bool control = IsControl(point);
  return {text.substr(0, length), point, control ? 0 : point < 0x7F ? 1 : TableWidth(point), control};
}

std::size_t DisplayWidth(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = FirstCharacter(text);
    width += next.width;
    text.remove_prefix(next.octets.size());
  }
  return width;
}

std::string Harmless(std::string_view data) { return Defused(data, false); }
std::string HarmlessLines(std::string_view text) { return Defused(text, true); }

std::string CutToWidth(std::string_view text, std::size_t width) {
  std::size_t seen = 0, fits_with_mark = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const Character next = FirstCharacter(rest);
    seen += next.width;
    if (seen > width) return width == 0 ? "" : std::string(text.substr(0, fits_with_mark)) + "…";
    rest.remove_prefix(next.octets.size());
    if (seen + 1 <= width) fits_with_mark = text.size() - rest.size();
  }
  return std::string(text);
}

}  // namespace lakehouse::terminal
