#pragma once
#include <string_view>

namespace lakehouse::text {

/// Which language a text is in, as ISO 639-1: de, en, es, fr, it, nl or pt by their small words; el, ru, ar, he, ja, ko, zh by their
/// script. "und" where too little speaks for any. Looks at the first 64 KiB.
std::string_view GuessLanguage(std::string_view text);

}  // namespace lakehouse::text
