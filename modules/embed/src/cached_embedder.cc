#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <optional>

#include "lakehouse/base/guarded.h"
#include "lakehouse/embed/vector_cache.h"

namespace lakehouse::embed {
namespace {

using CacheKey = VectorCache::Key;

/// A text that one caller is embedding, and others may wait for.
struct Flight {
  std::optional<Result<Embedding>> landed;
  bool abandoned = false;  ///< its caller left: those who wait do it themselves
};

class Cached final : public Embedder {
 public:
  Cached(std::shared_ptr<Embedder> inner, VectorCache& cache, std::uint32_t batch)
      : inner_(std::move(inner)), cache_(cache), batch_(std::max<std::uint32_t>(batch, 1)) {}

  const std::string& id() const override { return inner_->id(); }
  std::uint32_t dimension() const override {
    const std::uint32_t known = inner_->dimension();
    return known != 0 ? known : seen_dimension_.load();
  }

  Result<std::vector<Result<Embedding>>> Embed(const Context& context, std::span<const std::string> texts) override {
    LH_TRY(context.Check());
    Job job;
    for (std::size_t i = 0; i < texts.size(); ++i) job.places[VectorCache::KeyOf(id(), texts[i])].push_back(i);
    job.results.resize(texts.size());
    bool first = true;
    while (!job.places.empty()) {
      Claims claims = Claim(job, first);
      std::exchange(first, false);
      const Status done = EmbedOwn(context, texts, job, claims);
      if (!done) return done.error();
      LH_TRY(WaitFor(context, job, claims));
    }
    std::vector<Result<Embedding>> results;
    results.reserve(texts.size());
    for (auto& result : job.results) results.push_back(std::move(*result));
    return results;
  }

 private:
  struct Job {
    std::map<CacheKey, std::vector<std::size_t>> places;  ///< of the texts that have no result yet
    std::vector<std::optional<Result<Embedding>>> results;
    void Settle(const CacheKey& key, const Result<Embedding>& result) {
      for (const std::size_t place : places.at(key)) results[place] = result;
      places.erase(key);
    }
  };
  struct Claims {
    std::vector<std::pair<CacheKey, std::shared_ptr<Flight>>> own, others;
  };

  std::optional<Embedding> Kept(const CacheKey& key) {
    auto vector = cache_.Find(key);
    if (!vector || (dimension() != 0 && vector->size() != dimension())) return std::nullopt;
    std::uint32_t none = 0;
    seen_dimension_.compare_exchange_strong(none, static_cast<std::uint32_t>(vector->size()));
    return vector;
  }

  /// Settles what is kept, and says who embeds the rest.
  Claims Claim(Job& job, bool counts) {
    Claims claims;
    std::vector<std::pair<CacheKey, Embedding>> kept;
    std::uint64_t joined = 0, misses = 0;
    for (const auto& [key, places] : job.places) {
      if (auto vector = Kept(key)) {
        kept.emplace_back(key, std::move(*vector));
        continue;
      }
      auto flights = flights_.Lock();
      auto& flight = (*flights)[key];
      const bool is_own = flight == nullptr;
      if (is_own) {
        // One that landed since we looked has left its vector.
        if (auto vector = Kept(key)) {
          kept.emplace_back(key, std::move(*vector));
          flights->erase(key);
          continue;
        }
        flight = std::make_shared<Flight>();
      }
      (is_own ? claims.own : claims.others).emplace_back(key, flight);
      ++(is_own ? misses : joined);
    }
    for (const auto& [key, vector] : kept) job.Settle(key, vector);
    if (counts) cache_.Count(kept.size(), misses, joined);
    return claims;
  }

  /// Lets those who wait know, whichever way this ends.
  void Land(const CacheKey& key, Flight& flight, std::optional<Result<Embedding>> result) {
    {
      auto flights = flights_.Lock();
      flight.abandoned = !result;
      flight.landed = std::move(result);
      flights->erase(key);
    }
    landed_.notify_all();
  }

  Status EmbedOwn(const Context& context, std::span<const std::string> texts, Job& job, Claims& claims) {
    // In the order of the texts, so that calls are the same ones every time.
    std::sort(claims.own.begin(), claims.own.end(),
              [&job](const auto& a, const auto& b) { return job.places.at(a.first).front() < job.places.at(b.first).front(); });
    std::vector<std::string> batch;
    for (std::size_t begin = 0; begin < claims.own.size();) {
      const std::size_t end = std::min<std::size_t>(begin + batch_, claims.own.size());
      batch.clear();
      for (std::size_t i = begin; i < end; ++i) batch.push_back(texts[job.places.at(claims.own[i].first).front()]);
      auto vectors = inner_->Embed(context, batch);
      if (!vectors) {
        const bool left = !context.Check();
        for (std::size_t i = begin; i < claims.own.size(); ++i)
          Land(claims.own[i].first, *claims.own[i].second, left ? std::optional<Result<Embedding>>() : Result<Embedding>(vectors.error()));
        return vectors.error();
      }
      for (std::size_t i = begin; i < end; ++i) {
        Result<Embedding>& vector = (*vectors)[i - begin];
        const CacheKey key = claims.own[i].first;
        if (vector) cache_.Put(key, *vector);
        job.Settle(key, vector);
        Land(key, *claims.own[i].second, std::move(vector));
      }
      begin = end;
    }
    return Ok{};
  }

  Status WaitFor(const Context& context, Job& job, const Claims& claims) {
    constexpr std::int64_t kMostWaitMs = 60'000;
    for (const auto& [key, flight] : claims.others) {
      std::optional<Result<Embedding>> landed;
      {
        auto flights = flights_.Lock();
        const auto is_over = [&flight] { return flight->landed || flight->abandoned; };
        while (!is_over()) {
          LH_TRY(context.Check());
          const std::int64_t wait_ms = std::min(kMostWaitMs, context.deadline.RemainingMs().value_or(kMostWaitMs));
          landed_.wait_for(flights.lock(), context.cancel, std::chrono::milliseconds(wait_ms + 1), is_over);
        }
        landed = flight->landed;
      }
      if (!landed) continue;  // asked for again, by us
      if (!*landed && !IsOfOneText(landed->error())) return landed->error();
      job.Settle(key, *landed);
    }
    return Ok{};
  }
  static bool IsOfOneText(const Error& error) { return error.code() == ErrorCode::kUnprocessable; }

  const std::shared_ptr<Embedder> inner_;
  VectorCache& cache_;
  const std::size_t batch_;
  std::atomic<std::uint32_t> seen_dimension_{0};
  Guarded<std::map<CacheKey, std::shared_ptr<Flight>>> flights_;
  std::condition_variable_any landed_;
};

}  // namespace

std::unique_ptr<Embedder> MakeCached(std::shared_ptr<Embedder> inner, VectorCache& cache, std::uint32_t batch) {
  return std::make_unique<Cached>(std::move(inner), cache, batch);
}

}  // namespace lakehouse::embed
