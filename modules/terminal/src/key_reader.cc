#include "key_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "lakehouse/terminal/display_width.h"

namespace lakehouse::terminal {
namespace {

using enum KeyKind;

constexpr std::string_view kPasteBegins = "\033[200~", kPasteEnds = "\033[201~";
constexpr std::size_t kLongestSequence = 16;

constexpr std::array<std::pair<std::string_view, KeyKind>, 30> kSequences = {{
    {"[A", kUp},          {"[B", kDown},         {"[C", kRight},       {"[D", kLeft},
    {"[H", kHome},        {"[F", kEnd},          {"OA", kUp},          {"OB", kDown},
    {"OC", kRight},       {"OD", kLeft},         {"OH", kHome},        {"OF", kEnd},
    {"[1~", kHome},       {"[4~", kEnd},         {"[7~", kHome},       {"[8~", kEnd},
    {"[3~", kDelete},     {"[5~", kOlder},       {"[6~", kNewer},      {"[1;5C", kWordRight},
    {"[1;5D", kWordLeft}, {"[1;3C", kWordRight}, {"[1;3D", kWordLeft}, {"[3;5~", kKillWordRight},
    {"[13;2u", kNewLine}, {"[13;3u", kNewLine},  {"[13;5u", kNewLine}, {"[27;5;13~", kNewLine},
    {"[Z", kUnknown},     {"[2~", kUnknown},
}};

KeyKind OfControl(char c) {
  switch (c) {
    case 1: return kHome;
    case 2: return kLeft;
    case 3: return kInterrupt;
    case 4: return kEndOfInput;
    case 5: return kEnd;
    case 6: return kRight;
    case 7: return kAbort;
    case 8:
    case 127: return kBackspace;
    case 9: return kTab;
    case 10:
    case 13: return kEnter;
    case 11: return kKillToEnd;
    case 12: return kClearScreen;
    case 14: return kNewer;
    case 16: return kOlder;
    case 18: return kSearch;
    case 21: return kKillToStart;
    case 23: return kKillWordLeft;
    case 25: return kYank;
    case 26: return kSuspend;
    case 31: return kUndo;
    default: return kUnknown;
  }
}

KeyKind OfAlt(char c) {
  switch (c) {
    case 'b':
    case 'B': return kWordLeft;
    case 'f':
    case 'F': return kWordRight;
    case 'd':
    case 'D': return kKillWordRight;
    case 8:
    case 127: return kKillWordLeft;
    case 10:
    case 13: return kNewLine;
    default: return kUnknown;
  }
}

/// Octets of the control sequence after an escape, 0 when its end has not come.
std::size_t SequenceLength(std::string_view rest) {
  if (rest.front() == 'O') return rest.size() < 2 ? 0 : 2;
  for (std::size_t i = 1; i < std::min(rest.size(), kLongestSequence); ++i)
    if (rest[i] >= 0x40 && rest[i] <= 0x7E) return i + 1;
  return rest.size() < kLongestSequence ? 0 : kLongestSequence;
}

/// Line ends become \n; other controls are dropped, tabs become blanks: nothing pasted is a command.
std::string CleanPaste(std::string_view raw) {
  std::string clean;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '\r')
      clean += i + 1 < raw.size() && raw[i + 1] == '\n' ? "" : "\n";
    else if (c == '\t')
      clean += "  ";
    else if (c == '\n' || static_cast<unsigned char>(c) >= 0x20)
      clean += c == 127 ? "" : std::string(1, c);
  }
  return clean;
}

Key Taken(std::string& input, std::size_t length, KeyKind kind, std::string text = {}) {
  input.erase(0, length);
  return {kind, std::move(text)};
}

std::optional<Key> TakePaste(std::string& input, bool no_more) {
  const std::size_t end = input.find(kPasteEnds);
  if (end == std::string::npos && !no_more) return std::nullopt;
  const std::size_t length = std::min(end, input.size());
  std::string text = CleanPaste(std::string_view(input).substr(kPasteBegins.size(), length - kPasteBegins.size()));
  return Taken(input, end == std::string::npos ? length : end + kPasteEnds.size(), kPaste, std::move(text));
}

std::optional<Key> TakeEscape(std::string& input, bool no_more) {
  if (input.size() == 1) return no_more ? std::optional(Taken(input, 1, kEscape)) : std::nullopt;
  if (input.starts_with(kPasteBegins)) return TakePaste(input, no_more);
  const char second = input[1];
  if (second == '\033') return Taken(input, 1, kEscape);
  if (second != '[' && second != 'O') return Taken(input, 2, OfAlt(second));
  const std::size_t length = SequenceLength(std::string_view(input).substr(1));
  if (length == 0) return no_more ? std::optional(Taken(input, input.size(), kUnknown)) : std::nullopt;
  const std::string sequence = input.substr(1, length);
  const auto* found = std::find_if(kSequences.begin(), kSequences.end(), [&](const auto& one) { return one.first == sequence; });
  return Taken(input, length + 1, found == kSequences.end() ? kUnknown : found->second);
}

}  // namespace

std::optional<Key> TakeKey(std::string& input, bool no_more) {
  if (input.empty()) return std::nullopt;
  if (input.front() == '\033') return TakeEscape(input, no_more);
  const auto first = static_cast<unsigned char>(input.front());
  if (first < 0x20 || first == 0x7F) return Taken(input, 1, OfControl(input.front()));
  const std::size_t wanted = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 1;
  if (input.size() < wanted && !no_more) return std::nullopt;
  const Character next = FirstCharacter(input);
  if ((first >= 0x80 && next.octets.size() == 1) || next.is_control) return Taken(input, next.octets.size(), kUnknown);
  return Taken(input, next.octets.size(), kText, std::string(next.octets));
}

}  // namespace lakehouse::terminal
