#pragma once
#include <memory>
#include <string_view>

#include "lakehouse/base/octets.h"
#include "lakehouse/embed/embedder.h"

/// What a kept embedder begins with; docs/formats/corpus.md.
namespace lakehouse::embed {

inline constexpr std::string_view kEmbedderMagic = "LHEMBED1";
inline constexpr std::string_view kChargram = "chargram-v1";
inline constexpr std::string_view kLsa = "lsa-v1";

/// Each reads what follows the kind.
Result<std::unique_ptr<LearnedEmbedder>> DecodeChargram(OctetReader reader);
Result<std::unique_ptr<LearnedEmbedder>> DecodeLsa(OctetReader reader);

/// The kind and what of the content tells one from another: "lsa-v1@1f2e3d4c".
std::string EmbedderId(std::string_view kind, std::string_view encoded);

/// Scales to unit length; false when there is nothing to scale.
bool Normalize(Embedding& vector);
Error NothingToEmbed();

/// Embed() of one whose texts are embedded one at a time by `embed_one`, which gives false for a text without a vector.
template <typename EmbedOne>
Result<std::vector<Result<Embedding>>> EmbedEach(const Context& context, std::span<const std::string> texts, std::uint32_t dimension,
                                                 EmbedOne embed_one) {
  std::vector<Result<Embedding>> vectors;
  vectors.reserve(texts.size());
  for (const std::string& text : texts) {
    LH_TRY(context.Check());
    Embedding vector(dimension, 0.0F);
    if (embed_one(text, vector) && Normalize(vector)) {
      vectors.emplace_back(std::move(vector));
    } else {
      vectors.emplace_back(NothingToEmbed());
    }
  }
  return vectors;
}

}  // namespace lakehouse::embed
