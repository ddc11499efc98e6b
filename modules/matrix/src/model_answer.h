#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/chat/chat_provider.h"
#include "lakehouse/matrix/answers.h"
#include "lakehouse/text/sentences.h"
#include "verifier.h"

/// What a language model is asked, and what is read out of its reply. Nothing it says is believed before the verifier.
namespace lakehouse::matrix {

/// The passage as a model and the verifier see it: without sentences that read like instructions.
std::string CleanPassage(const Hit& hit);

/// Passages are data between marks that no document can know (`mark`: the request's own).
chat::ChatRequest PromptOf(std::string_view question, const std::vector<std::string>& passages, std::string_view mark);

/// Reads claims out of a reply that arrives in pieces: lines, or parts of one that end with citations, "… [1][3]".
class ClaimReader {
 public:
  /// The claims that are whole now.
  std::vector<Claim> Feed(std::string_view piece);
  /// The last one, after the end.
  std::vector<Claim> End();

 private:
  void Take(std::string_view line, std::vector<Claim>& claims);
  std::string rest_;
};

/// Whether the model says that the passages do not answer.
bool Declines(const Claim& claim);

/// Only the passages that the claim has something in common with: a citation of anything else is no support.
std::vector<std::uint32_t> RelatedCites(const Claim& claim, const std::vector<std::string>& passages, const TermWeights& weights);

/// The sentence of the passage that says most of what the claim does.
text::Span NearestSentence(std::string_view claim, std::string_view passage, const TermWeights& weights);

}  // namespace lakehouse::matrix
