#pragma once
#include <span>
#include <string_view>

namespace lakehouse::demo {

/// Sentences with {places} for names, for the notes. How a placement went:
std::span<const std::string_view> CompletedPhrases();
std::span<const std::string_view> ExtendedPhrases();
std::span<const std::string_view> RunningPhrases();
std::span<const std::string_view> NoShowPhrases();
std::span<const std::string_view> QuitPhrases();
std::span<const std::string_view> TerminatedPhrases();
/// What else was said, and what is to be done.
std::span<const std::string_view> DetailPhrases();
std::span<const std::string_view> NextStepPhrases();
/// In a worker's record.
std::span<const std::string_view> RemarkPhrases();

}  // namespace lakehouse::demo
