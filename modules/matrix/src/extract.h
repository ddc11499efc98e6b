#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/matrix/answers.h"
#include "lakehouse/text/sentences.h"
#include "verifier.h"

/// `extract-v1`: the sentences of passages that answer a question.
namespace lakehouse::matrix {

/// What a question is about.
struct Asked {
  std::set<std::string> terms;    ///< stems
  std::set<std::string> guessed;  ///< those of them that stand for a word no text has: finding them is worth half as much
  double weight = 0;              ///< of all of them
  bool lists = false;             ///< "find me …": one sentence of each document, in the order of the documents
};
Asked Understand(std::string_view question, const SearchResponse& found);

/// How much of the question the text speaks of, 0 to 1.
double CoverageOf(const Asked& asked, std::string_view text, const TermWeights& weights);

/// A sentence that may be said.
struct Candidate {
  std::size_t hit = 0;  ///< of the results
  text::Span span;      ///< of the passage
  double coverage = 0;
};
/// Best first, none of them an instruction: those are counted, and their passages noted in `suspicious`. Sentences that say too little
/// beside the best one, or again what another said, are left out.
std::vector<Candidate> SentencesFor(const Asked& asked, const std::vector<Hit>& hits, const TermWeights& weights,
                                    std::set<std::size_t>& suspicious, Grounding& grounding);

}  // namespace lakehouse::matrix
