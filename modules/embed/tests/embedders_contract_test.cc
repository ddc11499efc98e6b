#include "embed_testing/embedder_contract.h"

#include <filesystem>

#include "base_testing/seeded_random.h"
#include "embed_testing/fake_provider.h"
#include "lakehouse/base/file.h"
#include "lakehouse/embed/vector_cache.h"

namespace lakehouse::embed {
namespace {

std::vector<std::string> LearnedFrom() {
  const std::vector<std::vector<std::string>> topics = {{"forklift", "pallet", "warehouse", "dock"}, {"nurse", "patient", "clinic", "ward"}};
  std::vector<std::string> texts;
  SeededRandom random(7);
  for (std::size_t i = 0; i < 200; ++i) {
    std::string text = "forklift number" + std::to_string(i % 50) + " ";
    if (i % 2 == 1) text = "nurse number" + std::to_string(i % 50) + " ";
    for (int w = 0; w < 4; ++w) text += topics[i % 2][random.Below(4)] + " ";
    texts.push_back(text);
  }
  return texts;
}

/// A provider and whatever it needs, as one thing.
struct Behind {
  FakeProvider server;
  Log log{"test", LogLevel::kError, [](std::string_view) {}};
  std::optional<TemporaryDirectory> directory;
  std::unique_ptr<VectorCache> cache;
  std::shared_ptr<Embedder> embedder;
};

std::function<std::shared_ptr<Embedder>()> Remote(ProviderKind kind, bool is_cached) {
  return [kind, is_cached] {
    auto behind = std::make_shared<Behind>();
    behind->embedder = Must(MakeProvider(behind->server.OptionsOf(kind)));
    if (is_cached) {
      behind->directory = Must(TemporaryDirectory::Create(std::filesystem::temp_directory_path().string(), "lakehouse-test-"));
      behind->cache = std::make_unique<VectorCache>(VectorCache::Options{.directory = behind->directory->path()}, behind->log);
      behind->embedder = MakeCached(std::move(behind->embedder), *behind->cache, 16);
    }
    return std::shared_ptr<Embedder>(behind, behind->embedder.get());
  };
}

INSTANTIATE_TEST_SUITE_P(All, EmbedderContract,
                         testing::Values(EmbedderCase{"chargram", [] { return std::shared_ptr<Embedder>(MakeChargram()); }},
                                         EmbedderCase{"counted_chargram", [] { return std::shared_ptr<Embedder>(MakeChargram(LearnedFrom())); }},
                                         EmbedderCase{"lsa", [] { return std::shared_ptr<Embedder>(Must(LearnLsa({}, LearnedFrom()))); }},
                                         EmbedderCase{"ollama", Remote(ProviderKind::kOllama, false)},
                                         EmbedderCase{"openai", Remote(ProviderKind::kOpenAi, false)},
                                         EmbedderCase{"sidecar", Remote(ProviderKind::kSidecar, false)},
                                         EmbedderCase{"cached_ollama", Remote(ProviderKind::kOllama, true)},
                                         EmbedderCase{"cached_sidecar", Remote(ProviderKind::kSidecar, true)}),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace lakehouse::embed
