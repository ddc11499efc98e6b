#include "lakehouse/embed/provider.h"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "lakehouse/net/http_client.h"
#include "learned_format.h"
#include "provider_health.h"
#include "provider_wire.h"

namespace lakehouse::embed {
namespace {

constexpr std::size_t kMostBatch = 2'048;
constexpr std::size_t kMostTextOctets = 1 << 20;  ///< of one call, unless a single text is longer
constexpr std::uint32_t kMostDimension = 65'536;
/// What every model takes: tells a provider that refuses a text from one that refuses whatever it is sent.
constexpr const char* kSurelyGood = "lakehouse";

bool IsBlank(std::string_view text) { return text.find_first_not_of(std::string_view(" \t\r\n\v\f\0", 7)) == std::string_view::npos; }

Status CheckUrl(const std::string& url) {
  const std::size_t host = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  const std::string_view rest = std::string_view(url).substr(host);
  const std::string_view authority = rest.substr(0, rest.find('/'));
  const bool fits = host > 0 && !authority.empty() && url.find_first_of("?#\\ \t\r\n") == std::string::npos;
  if (fits && authority.find('@') == std::string_view::npos) return Ok{};
  // It may hold a password, so it is not repeated.
  return Error(ErrorCode::kInvalidArgument,
               "the URL of an embedding provider is http(s)://host[:port][/path], without user, password, query or fragment; its key goes "
               "into the secrets");
}

std::optional<std::int64_t> RetryAfterMs(const std::vector<net::HttpHeader>& headers) {
  const auto value = net::FindHeader(headers, "Retry-After");
  std::int64_t seconds = 0;
  if (!value || std::from_chars(value->data(), value->data() + value->size(), seconds).ec != std::errc() || seconds < 0) return std::nullopt;
  return std::min<std::int64_t>(seconds, 1'000'000) * 1'000;
}

class Provider final : public Embedder {
 public:
  Provider(ProviderOptions options, const Clock& clock)
      : options_(std::move(options)),
        id_(std::string(WireName(options_.kind)) + "/" + options_.model),
        endpoint_(EndpointOf(options_)),
        client_({.idle_timeout_ms = options_.timeout_ms, .max_idle_connections = 8, .ca_file = {}}),
        health_(clock, options_.longest_pause_ms),
        dimension_(options_.dimension) {}

  const std::string& id() const override { return id_; }
  std::uint32_t dimension() const override { return dimension_; }

  Result<std::vector<Result<Embedding>>> Embed(const Context& context, std::span<const std::string> texts) override {
    LH_TRY(context.Check());
    std::vector<Result<Embedding>> results(texts.size(), NothingToEmbed());
    Batch batch;
    std::size_t octets = 0;
    for (std::size_t i = 0; i <= texts.size(); ++i) {
      const bool is_full = i == texts.size() || batch.size() == options_.batch || octets + texts[i].size() > kMostTextOctets;
      if (is_full && !batch.empty()) {
        LH_TRY(EmbedBatch(context, texts, batch, results));
        batch.clear();
        octets = 0;
      }
      if (i == texts.size() || IsBlank(texts[i])) continue;
      batch.push_back(i);
      octets += texts[i].size();
    }
    return results;
  }

 private:
  using Batch = std::vector<std::size_t>;  ///< places in the texts
  /// What came of one call.
  struct Outcome {
    std::vector<RawVector> vectors;
    std::optional<Error> refusal;  ///< of this batch, by which nothing is said of others
  };

  Error Trouble(ErrorCode code, const std::string& reason, const std::string& what) const {
    return Error(code, "the embedding provider " + id_ + " at " + options_.url + " " + what).Named(reason);
  }
  /// Of the whole: it is remembered for the pause.
  Error Failed(Error error, std::optional<std::int64_t> pause_ms = {}) {
    if (pause_ms) pause_ms = std::min(*pause_ms, options_.longest_retry_after_ms);
    health_.Failed(error, pause_ms);
    return error;
  }

  /// Fills the results of these places. A batch that is refused is halved until the texts that are to blame are found.
  Status EmbedBatch(const Context& context, std::span<const std::string> texts, const Batch& places, std::vector<Result<Embedding>>& results) {
    std::vector<const std::string*> chosen;
    chosen.reserve(places.size());
    for (const std::size_t place : places) chosen.push_back(&texts[place]);
    Outcome outcome = LH_TRY(Call(context, chosen));
    if (!outcome.refusal) return Take(places, std::move(outcome.vectors), results);
    if (places.size() > 1) {
      const auto middle = places.begin() + static_cast<std::ptrdiff_t>(places.size() / 2);
      LH_TRY(EmbedBatch(context, texts, Batch(places.begin(), middle), results));
      return EmbedBatch(context, texts, Batch(middle, places.end()), results);
    }
    const std::string good = kSurelyGood;
    const std::string* const probe = &good;
    const Outcome other = LH_TRY(Call(context, std::span(&probe, 1)));
    if (other.refusal) return Failed(std::move(*outcome.refusal));
    results[places[0]] = Error(ErrorCode::kUnprocessable, outcome.refusal->message()).Named("text_refused");
    return Ok{};
  }

  Result<Outcome> Call(const Context& context, std::span<const std::string* const> texts) {
    LH_TRY(health_.Check());
    net::HttpClient::Request request;
    request.method = "POST";
    request.url = endpoint_;
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
    if (!options_.key.empty()) request.headers.push_back({"Authorization", "Bearer " + options_.key.Reveal()});
    request.body = RequestBody(options_.kind, options_.model, texts);
    request.max_response_bytes = options_.max_answer_bytes;
    Context limited = context;
    limited.deadline = Deadline::After(options_.timeout_ms).Or(context.deadline);
    auto sent = client_.Send(limited, request);
    if (!sent) return FailureOf(context, sent.error());
    return Read(*sent, texts.size());
  }

  Error FailureOf(const Context& context, const Error& error) {
    if (const Status wanted = context.Check(); !wanted) return wanted.error();  // the caller's own end says nothing of the provider
    if (error.code() == ErrorCode::kDeadlineExceeded)
      return Failed(Trouble(ErrorCode::kUnavailable, "provider_slow", "gave no whole answer in " + std::to_string(options_.timeout_ms) + " ms"));
    if (error.code() == ErrorCode::kTooLarge)
      return Failed(Trouble(ErrorCode::kUnavailable, "provider_bad_answer",
                            "answered with more than " + std::to_string(options_.max_answer_bytes) + " octets"));
    return Failed(Trouble(ErrorCode::kUnavailable, "provider_unavailable", "gave no whole answer: " + error.message()));
  }

  Result<Outcome> Read(const net::HttpClient::Response& response, std::size_t count) {
    const std::string status = "answered with status " + std::to_string(response.status);
    switch (response.status) {
      case 200: break;
      case 401:
      case 403: return Failed(Trouble(ErrorCode::kUnavailable, "provider_denied", status + ": its key is missing or wrong"));
      case 429: return Failed(Busy(response), RetryAfterMs(response.headers));
      case 502:
      case 503:
      case 504: return Failed(Trouble(ErrorCode::kUnavailable, "provider_unavailable", status), RetryAfterMs(response.headers));
      default: {
        std::string words = ErrorWords(response.body);
        if (!options_.key.empty() && words.find(options_.key.Reveal()) != std::string::npos) words.clear();
        return Outcome{{}, Trouble(ErrorCode::kUnavailable, "provider_refused", status + (words.empty() ? "" : ": " + words))};
      }
    }
    auto vectors = ReadAnswer(options_.kind, response.body, count);
    if (!vectors)
      return Outcome{{}, Trouble(ErrorCode::kUnavailable, "provider_bad_answer", "did not answer as such: " + vectors.error().message())};
    health_.Worked();
    return Outcome{std::move(vectors).Take(), {}};
  }

  Error Busy(const net::HttpClient::Response& response) const {
    const auto after = RetryAfterMs(response.headers);
    Error error = Trouble(ErrorCode::kResourceExhausted, "provider_busy", "answered with status 429: too many requests");
    if (!after) return error;
    return std::move(error).WithDetails("{\"retry_after_ms\":" + std::to_string(*after) + "}");
  }

  Status Take(const Batch& places, std::vector<RawVector> vectors, std::vector<Result<Embedding>>& results) {
    const std::uint32_t dimension = LH_TRY(DimensionOf(vectors));
    for (std::size_t i = 0; i < places.size(); ++i) {
      RawVector& raw = vectors[i];
      if (raw.values.size() == dimension && Normalize(raw.values)) {
        results[places[i]] = std::move(raw.values);
        continue;
      }
      const std::string why = !raw.why_not.empty()                                   ? raw.why_not
                              : raw.values.empty()                                   ? "there is none"
                              : raw.values.size() != dimension                       ? "it has " + std::to_string(raw.values.size()) + " dimensions"
                                                                                     : "it has no direction";
      results[places[i]] = Error(ErrorCode::kUnprocessable, "the vector from " + id_ + " is of no use: " + why).Named("bad_vector");
    }
    return Ok{};
  }

  /// What is expected, once something was; else what most of these have. An error when none of them fits.
  Result<std::uint32_t> DimensionOf(const std::vector<RawVector>& vectors) {
    std::uint32_t expected = dimension_;
    std::size_t found = 0;
    for (const RawVector& vector : vectors) {
      if (vector.values.empty()) continue;
      found = vector.values.size();
      if (expected == 0 && found <= kMostDimension && dimension_.compare_exchange_strong(expected, static_cast<std::uint32_t>(found)))
        expected = static_cast<std::uint32_t>(found);
      if (found == expected) return expected;
    }
    if (found == 0) return expected;
    return Failed(Trouble(ErrorCode::kUnavailable, "provider_bad_answer",
                          "answered with vectors of " + std::to_string(found) + " dimensions, expected " +
                              (expected == 0 ? "at most " + std::to_string(kMostDimension) : std::to_string(expected)) +
                              ": is another model behind this name? A restart takes it as it is, unless the configuration says a dimension"));
  }

  const ProviderOptions options_;
  const std::string id_;
  const std::string endpoint_;
  net::HttpClient client_;
  ProviderHealth health_;
  std::atomic<std::uint32_t> dimension_;
};

}  // namespace

Result<std::unique_ptr<Embedder>> MakeProvider(ProviderOptions options, const Clock& clock) {
  LH_TRY(CheckUrl(options.url));
  if (options.model.empty() || options.model.size() > 200)
    return Error(ErrorCode::kInvalidArgument, "the model of an embedding provider: expected a name of 1 to 200 octets");
  if (options.batch < 1 || options.batch > kMostBatch || options.dimension > kMostDimension)
    return Error(ErrorCode::kInvalidArgument, "an embedding provider takes batches of 1 to 2,048 texts, and up to 65,536 dimensions");
  return std::unique_ptr<Embedder>(std::make_unique<Provider>(std::move(options), clock));
}

}  // namespace lakehouse::embed
