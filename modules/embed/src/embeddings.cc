#include "lakehouse/embed/embeddings.h"

#include <atomic>

namespace lakehouse::embed {

struct Embeddings::State {
  std::vector<std::shared_ptr<Embedder>> embedders;
  std::atomic<std::uint64_t> requests{0}, texts{0}, failures{0};
};

Embeddings::Embeddings(std::vector<std::shared_ptr<Embedder>> embedders) : state_(std::make_unique<State>()) {
  state_->embedders = std::move(embedders);
}
Embeddings::~Embeddings() = default;

Result<EmbedResponse> Embeddings::Embed(const Context& context, const EmbedRequest& request) {
  if (request.texts.empty() || request.texts.size() > kMostTexts)
    return Error(ErrorCode::kInvalidArgument, "texts: found " + std::to_string(request.texts.size()) + "; expected 1 to 2,048")
        .Named("bad_texts");
  Embedder* chosen = nullptr;
  std::string known;
  for (const auto& embedder : state_->embedders) {
    if (chosen == nullptr && (!request.model || *request.model == embedder->id())) chosen = embedder.get();
    known += (known.empty() ? "" : ", ") + embedder->id();
  }
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

EmbedStats Embeddings::stats() const {
  EmbedStats stats{.requests = state_->requests, .texts = state_->texts, .failures = state_->failures, .models = {}};
  for (const auto& embedder : state_->embedders) stats.models.push_back(embedder->id());
  return stats;
}

}  // namespace lakehouse::embed
