#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_map>

#include "lakehouse/base/hash.h"
#include "lakehouse/text/stem.h"
#include "lakehouse/text/words.h"
#include "learned_format.h"

namespace lakehouse::embed {
namespace {

constexpr std::uint32_t kChargramDimension = 1'024;
/// How often pieces occur is kept per slot of a hash: those that share one count as one, and the model stays 256 KiB.
constexpr std::size_t kSlots = 1 << 16;
constexpr double kPieceWeight = .4;  ///< beside 1 of a whole word

using Pieces = std::unordered_map<std::uint64_t, double>;  ///< weight by hash

/// Pieces of 3 to 5 characters of <word>, cut at code points, and the word itself.
void AddPieces(const std::string& word, Pieces& pieces) {
  const std::string marked = "<" + word + ">";
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < marked.size(); ++i)
    if ((static_cast<unsigned char>(marked[i]) & 0xC0) != 0x80) starts.push_back(i);
  starts.push_back(marked.size());
  const std::size_t characters = starts.size() - 1;
  for (std::size_t length = 3; length <= 5; ++length)
    for (std::size_t i = 0; i + length <= characters; ++i)
      pieces[Xxh3(std::string_view(marked).substr(starts[i], starts[i + length] - starts[i]))] += kPieceWeight;
  pieces[Xxh3("=" + marked)] += 1;
}

Pieces PiecesOf(std::string_view text) {
  Pieces pieces;
  for (const text::Word& word : text::WordsOf(text))
    if (!text::IsStopWord(word.folded)) AddPieces(word.folded, pieces);
  return pieces;
}

class Chargram final : public LearnedEmbedder {
 public:
  Chargram(std::uint32_t texts, std::vector<std::uint32_t> frequencies) : texts_(texts), frequencies_(std::move(frequencies)) {
    id_ = frequencies_.empty() ? std::string(kChargram) : EmbedderId(kChargram, Encode());
  }

  const std::string& id() const override { return id_; }
  std::uint32_t dimension() const override { return kChargramDimension; }

  Result<std::vector<Result<Embedding>>> Embed(const Context& context, std::span<const std::string> texts) override {
    return EmbedEach(context, texts, kChargramDimension, [this](const std::string& text, Embedding& out) { return EmbedOne(text, out); });
  }

  std::string Encode() const override {
    OctetWriter writer(kEmbedderMagic);
    writer.Text(kChargram);
    writer.Value(texts_);
    writer.Values(std::span<const std::uint32_t>(frequencies_));
    return std::move(writer).Take();
  }

 private:
  bool EmbedOne(const std::string& text, Embedding& out) const {
    const Pieces pieces = PiecesOf(text);
    // Sums of floats depend on their order, and that of a hash table may change with the library.
    std::vector<std::pair<std::uint64_t, double>> ordered(pieces.begin(), pieces.end());
    std::sort(ordered.begin(), ordered.end());
    for (const auto& [hash, count] : ordered) {
      const double weight = (count >= 1 ? 1 + std::log(count) : count) * Rarity(hash);
      out[hash % kChargramDimension] += static_cast<float>(hash >> 63 ? -weight : weight);
    }
    return !ordered.empty();
  }
  double Rarity(std::uint64_t hash) const {
    if (frequencies_.empty()) return 1;
    return std::log((texts_ + 1.0) / (frequencies_[(hash >> 20) % kSlots] + .5));
  }

  std::string id_;
  std::uint32_t texts_;
  std::vector<std::uint32_t> frequencies_;
};

}  // namespace

std::unique_ptr<LearnedEmbedder> MakeChargram(std::span<const std::string> texts) {
  std::vector<std::uint32_t> frequencies(texts.empty() ? 0 : kSlots);
  for (const std::string& text : texts) {
    std::vector<std::uint64_t> slots;
    for (const auto& [hash, count] : PiecesOf(text)) slots.push_back((hash >> 20) % kSlots);
    std::sort(slots.begin(), slots.end());
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    for (const std::uint64_t slot : slots) ++frequencies[slot];
  }
  return std::make_unique<Chargram>(static_cast<std::uint32_t>(texts.size()), std::move(frequencies));
}

Result<std::unique_ptr<LearnedEmbedder>> DecodeChargram(OctetReader reader) {
  const auto texts = reader.Value<std::uint32_t>();
  auto frequencies = reader.Values<std::uint32_t>();
  LH_TRY(reader.Finish());
  if (!frequencies.empty() && frequencies.size() != kSlots)
    return Error(ErrorCode::kCorruption, "a chargram-v1 model with " + std::to_string(frequencies.size()) + " slots; expected 65,536");
  return std::unique_ptr<LearnedEmbedder>(std::make_unique<Chargram>(texts, std::move(frequencies)));
}

}  // namespace lakehouse::embed
