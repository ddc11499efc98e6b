#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/embed/embedder.h"

namespace lakehouse::embed {

enum class ProviderKind : unsigned char {
  kOllama,   ///< POST {url}/api/embed
  kOpenAi,   ///< POST {url}/embeddings: OpenAI's, and whatever speaks like it
  kSidecar,  ///< POST {url}/embed: ours, in sidecar/, and the /v1 of another Lakehouse
};
/// "ollama", "openai", "sidecar": also what a corpus says when it wants the provider that is configured.
std::string_view WireName(ProviderKind kind);

struct ProviderOptions {
  ProviderKind kind = ProviderKind::kSidecar;
  std::string url;  ///< http(s)://host[:port][/path]; from the configuration alone, never from a request
  std::string model;
  Secret key;                                  ///< bearer token; empty: none is sent
  std::int64_t timeout_ms = 30'000;            ///< of one call
  std::uint32_t batch = 64;                    ///< texts of one call, at most
  std::uint32_t dimension = 0;                 ///< that vectors must have; 0: what the first answer has
  std::uint64_t max_answer_bytes = 32 << 20;   ///< of one call
  std::int64_t longest_pause_ms = 10'000;      ///< that a provider in trouble is not asked again; see MakeProvider
  std::int64_t longest_retry_after_ms = 300'000;  ///< that it may ask for itself
};

/// A model behind HTTP. Its id is kind and model: "ollama/nomic-embed-text". Redirects are not followed.
///
/// Errors of the whole, after which nothing was embedded:
///   kUnavailable, reason  "provider_unavailable"  no connection, no whole answer, or its server says it cannot
///                         "provider_slow"         no whole answer within timeout_ms
///                         "provider_denied"       401 or 403: the key is missing or wrong
///                         "provider_refused"      it refuses every text, one that is surely good among them: the model's name, mostly
///                         "provider_bad_answer"   too large, no vectors, or of another dimension
///   kResourceExhausted, reason "provider_busy": 429; details {"retry_after_ms"}.
/// After one of them the provider is not asked for a while (1 s, then twice as long each time, or what it asks for in Retry-After), and the
/// same error comes at once.
/// Errors of one text: kUnprocessable, reason "nothing_to_embed" (it is blank), "text_refused" (the provider takes others, not this one),
/// "bad_vector" (its vector has no length, a number that is none, or another dimension than the others).
/// kInvalidArgument of this function: the URL, the model or the batch.
Result<std::unique_ptr<Embedder>> MakeProvider(ProviderOptions options, const Clock& clock = SystemClock());

}  // namespace lakehouse::embed
