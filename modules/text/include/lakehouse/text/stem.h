#pragma once
#include <string>
#include <string_view>

namespace lakehouse::text {

/// The stem of an English word by the Porter2 algorithm (snowballstem.org, "English"). The word must be folded (words.h); one that has
/// anything but a-z and apostrophes in it, such as a number or a word of another script, is its own stem.
std::string StemEnglish(std::string_view folded_word);

/// Whether a folded English word says too little to be searched for: "the", "of", "which".
bool IsStopWord(std::string_view folded_word);

}  // namespace lakehouse::text
