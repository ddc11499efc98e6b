#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "corpus_image.h"

namespace lakehouse::matrix {

/// What stands between double quotes in a query, as stems; one without a word, or without its end, is none. In a
/// query of more than 32 words quotes are those of prose, and there is none.
std::vector<std::vector<std::string>> PhrasesOf(std::string_view query);

/// For each passage whether it has every phrase: its stems one behind the other, in the passage or its title. Cost: one look at the text of
/// each passage that has all the words.
std::vector<bool> PassagesWith(const CorpusImage& image, const std::vector<std::vector<std::string>>& phrases);

}  // namespace lakehouse::matrix
