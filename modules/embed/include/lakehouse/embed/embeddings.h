#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/embed/embedder.h"

namespace lakehouse::embed {

inline constexpr std::size_t kMostTexts = 2'048;  ///< of one request

struct EmbedRequest {
  std::vector<std::string> texts;
  std::optional<std::string> model;  ///< absent: the first there is
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
};

/// The embedders of this process by name. Thread-safe.
class Embeddings {
 public:
  explicit Embeddings(std::vector<std::shared_ptr<Embedder>> embedders);
  ~Embeddings();
  /// kInvalidArgument: no texts, or more than kMostTexts. kNotFound, reason "no_such_model", with those there are.
  Result<EmbedResponse> Embed(const Context& context, const EmbedRequest& request);
  EmbedStats stats() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::embed
