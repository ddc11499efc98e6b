#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::embed {

using Embedding = std::vector<float>;  ///< of unit length

/// Turns texts into vectors that are near when the texts are about the same. Thread-safe. Every implementation passes
/// embed_testing/embedder_contract.h. How to add one: implement this, name it by everything that its vectors rest on, register it in main.
class Embedder {
 public:
  virtual ~Embedder() = default;
  /// Same id, same vectors. Vectors of different ids are never compared.
  virtual const std::string& id() const = 0;
  /// 0: not known before a provider has answered.
  virtual std::uint32_t dimension() const = 0;
  /// One result for each text, in their order. A text that has no vector fails alone: kUnprocessable, reason "nothing_to_embed" (no word
  /// in it that the embedder knows). The error of the whole: nothing was embedded; kUnavailable: retry with backoff.
  virtual Result<std::vector<Result<Embedding>>> Embed(const Context& context, std::span<const std::string> texts) = 0;
};

/// Whether a caller's `name` means the embedder of this id: the id, or a part of "kind/model".
bool IsNamed(std::string_view id, std::string_view name);

/// One whose knowledge was learned from texts, and can be kept.
class LearnedEmbedder : public Embedder {
 public:
  virtual std::string Encode() const = 0;
};

/// `chargram-v1`: hashed pieces of 3 to 5 characters of each word; forgives typing errors, knows no meaning. 1,024 dimensions. Needs no
/// learning; with `texts` rare pieces count more, as they are rare there. Cost: some 20 µs a paragraph.
std::unique_ptr<LearnedEmbedder> MakeChargram(std::span<const std::string> texts = {});

struct LsaOptions {
  std::uint32_t dimensions = 256;      ///< at most; never more than a quarter of the texts or half of the words
  std::uint32_t texts = 10'000;        ///< of more than these, a sample is learned from
  std::uint32_t vocabulary = 100'000;  ///< the stems that most texts have
  unsigned threads = 2;                ///< change how long it takes, never the result
};

/// `lsa-v1`: latent semantic analysis. Learns from the texts themselves which words are about the same. kUnprocessable, reason
/// "too_few_texts": fewer than 40, or too few words in common. Cost: some seconds for 10,000 texts; memory: 16 octets per dimension, word
/// and text.
Result<std::unique_ptr<LearnedEmbedder>> LearnLsa(const Context& context, std::span<const std::string> texts,
                                                  const LsaOptions& options = {});

/// What Encode() wrote. kCorruption: damaged, or of a version that this program does not know.
Result<std::unique_ptr<LearnedEmbedder>> DecodeEmbedder(std::string_view octets);

}  // namespace lakehouse::embed
