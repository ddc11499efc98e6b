#include "lakehouse/embed/embeddings.h"

#include <atomic>

namespace lakehouse::embed {

bool IsNamed(std::string_view id, std::string_view name) {
  const std::size_t slash = id.find('/');
  return name == id || (slash != std::string_view::npos && (name == id.substr(0, slash) || name == id.substr(slash + 1)));
}

struct Embeddings::State {
  std::vector<std::shared_ptr<Embedder>> embedders;
  const VectorCache* cache = nullptr;
  std::atomic<std::uint64_t> requests{0}, texts{0}, failures{0};
};

Embeddings::Embeddings(std::vector<std::shared_ptr<Embedder>> embedders, const VectorCache* cache) : state_(std::make_unique<State>()) {
  state_->embedders = std::move(embedders);
  state_->cache = cache;
}
Embeddings::~Embeddings() = default;

Result<EmbedResponse> Embeddings::Embed(const Context& context, const EmbedRequest& request) {
  if (request.texts.empty() || request.texts.size() > kMostTexts)
    return Error(ErrorCode::kInvalidArgument, "texts: found " + std::to_string(request.texts.size()) + "; expected 1 to 2,048")
        .Named("bad_texts");
  std::string known;
  for (const auto& embedder : state_->embedders) known += (known.empty() ? "" : ", ") + embedder->id();
  const std::shared_ptr<Embedder> chosen =
      request.model || state_->embedders.empty() ? Find(request.model.value_or("")) : state_->embedders.front();
  if (chosen == nullptr)
    return Error(ErrorCode::kNotFound, "there is no model \"" + request.model.value_or("") + "\"; there are " + known)
        .Named("no_such_model");
  ++state_->requests;
  state_->texts += request.texts.size();
  auto embedded = LH_TRY(chosen->Embed(context, request.texts));
  EmbedResponse response{.vectors = {}, .dimension = chosen->dimension(), .model = chosen->id(), .failures = {}};
  for (std::size_t i = 0; i < embedded.size(); ++i) {
    if (embedded[i]) {
      response.vectors.emplace_back(std::move(embedded[i]).Take());
      continue;
    }
    const Error& error = embedded[i].error();
    response.vectors.emplace_back();
    response.failures.push_back({static_cast<std::uint32_t>(i), std::string(error.reason()), error.message()});
  }
  state_->failures += response.failures.size();
  return response;
}

std::shared_ptr<Embedder> Embeddings::Find(std::string_view name) const {
  for (const auto& embedder : state_->embedders)
    if (IsNamed(embedder->id(), name)) return embedder;
  return nullptr;
}

EmbedStats Embeddings::stats() const {
  EmbedStats stats;
  stats.requests = state_->requests;
  stats.texts = state_->texts;
  stats.failures = state_->failures;
  for (const auto& embedder : state_->embedders) stats.models.push_back(embedder->id());
  if (state_->cache == nullptr) return stats;
  const VectorCache::Stats cache = state_->cache->stats();
  stats.hits = cache.hits;
  stats.misses = cache.misses;
  stats.joined = cache.joined;
  stats.hit_rate = cache.hits == 0 ? 0 : static_cast<double>(cache.hits) / static_cast<double>(cache.hits + cache.misses);
  stats.size = cache.entries;
  stats.bytes = cache.bytes;
  stats.damaged = cache.damaged;
  return stats;
}

}  // namespace lakehouse::embed
