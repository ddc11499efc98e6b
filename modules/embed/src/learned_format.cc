#include "learned_format.h"

#include <cmath>

namespace lakehouse::embed {

std::string EmbedderId(std::string_view kind, std::string_view encoded) {
  return std::string(kind) + "@" + Sha256Hex(encoded).substr(0, 12);
}

bool Normalize(Embedding& vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * static_cast<double>(value);
  if (!(squares > 0) || !std::isfinite(squares)) return false;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(static_cast<double>(value) * scale);
  return true;
}

Error NothingToEmbed() {
  return Error(ErrorCode::kUnprocessable, "the text has no word that the embedder knows, so it has no vector").Named("nothing_to_embed");
}

Result<std::unique_ptr<LearnedEmbedder>> DecodeEmbedder(std::string_view octets) {
  OctetReader reader = LH_TRY(OctetReader::Open(octets, kEmbedderMagic));
  const std::string kind = reader.Text();
  if (kind == kChargram) return DecodeChargram(reader);
  if (kind == kLsa) return DecodeLsa(reader);
  return Error(ErrorCode::kCorruption, "an embedder of kind \"" + kind + "\"; expected chargram-v1 or lsa-v1: a newer program wrote it");
}

}  // namespace lakehouse::embed
