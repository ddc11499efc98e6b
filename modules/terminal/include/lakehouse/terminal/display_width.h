#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace lakehouse::terminal {

/// The first character of a text: one code point, or one octet that is no UTF-8.
struct Character {
  std::string_view octets;
  char32_t point = 0;       ///< U+FFFD for what is no UTF-8
  std::size_t width = 0;    ///< columns: 2 for wide scripts, 0 for marks that sit on the character before and for controls
  bool is_control = false;  ///< would move the cursor, change colours, turn the direction of writing or hide: never send it as it is
};

/// `text` must not be empty.
Character FirstCharacter(std::string_view text);

/// Columns that a terminal gives to this text, which holds no controls.
std::size_t DisplayWidth(std::string_view text);

/// Somebody's data as it may be sent to a terminal: one line in which nothing is a command. Controls are shown as pictures (␛, ␊)
/// or as U+FFFD; of marks piled on one character the first four stay.
std::string Harmless(std::string_view data);
/// The same, line ends kept: for a message or a file that is shown.
std::string HarmlessLines(std::string_view text);

/// At most `width` columns of a harmless text; what was cut ends in "…".
std::string CutToWidth(std::string_view text, std::size_t width);

}  // namespace lakehouse::terminal
