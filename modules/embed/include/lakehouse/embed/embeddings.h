#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/embed/embedder.h"
#include "lakehouse/embed/vector_cache.h"

namespace lakehouse::embed {

inline constexpr std::size_t kMostTexts = 2'048;  ///< of one request

struct EmbedRequest {
  std::vector<std::string> texts;
  std::optional<std::string> model;  ///< id, or a part of "kind/model"; absent: the first there is
};
/// Why one text has no vector.
struct TextFailure {
  std::uint32_t index = 0;
  std::string code;
  std::string message;
};
struct EmbedResponse {
  std::vector<std::optional<Embedding>> vectors;  ///< of unit length; in the order of the texts
  std::uint32_t dimension = 0;
  std::string model;  ///< the id of what made them
  std::vector<TextFailure> failures;
};
struct EmbedStats {
  std::uint64_t requests = 0;
  std::uint64_t texts = 0;
  std::uint64_t failures = 0;  ///< texts without a vector
  std::vector<std::string> models;
  std::uint64_t hits = 0;    ///< texts whose vectors the cache had; models that are computed here need no cache
  std::uint64_t misses = 0;  ///< texts that a provider was asked for
  std::uint64_t joined = 0;  ///< texts that another request was asking for
  double hit_rate = 0;       ///< of hits and misses
  std::uint64_t size = 0;    ///< vectors in the cache
  std::uint64_t bytes = 0;   ///< of its files
  std::uint64_t damaged = 0;
};

/// The embedders of this process by name. Thread-safe.
class Embeddings {
 public:
  /// `cache`: what the stats tell of; null: none. It must outlive this.
  explicit Embeddings(std::vector<std::shared_ptr<Embedder>> embedders, const VectorCache* cache = nullptr);
  ~Embeddings();
  /// kInvalidArgument: no texts, or more than kMostTexts. kNotFound, reason "no_such_model", with those there are.
  Result<EmbedResponse> Embed(const Context& context, const EmbedRequest& request);
  EmbedStats stats() const;
  /// By id, or by a part of "kind/model". Null: there is none.
  std::shared_ptr<Embedder> Find(std::string_view name) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::embed
