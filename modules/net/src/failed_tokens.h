#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "lakehouse/base/guarded.h"

namespace lakehouse::net {

/// How often each address came with a token that is none, in its current minute. Thread-safe. Good tokens are never refused for the bad
/// ones of their neighbours; whoever guesses is told less, and to wait.
class FailedTokens {
 public:
  explicit FailedTokens(unsigned most_in_a_minute) : most_(most_in_a_minute) {}
  /// Books one; true when there were too many. `now_ns` is steady.
  bool Book(const std::string& address, std::int64_t now_ns) {
    constexpr std::int64_t kMinuteNs = 60'000'000'000;
    constexpr std::size_t kMostAddresses = 10'000;
    auto seen = seen_.Lock();
    if (seen->size() >= kMostAddresses) std::erase_if(*seen, [&](const auto& one) { return now_ns - one.second.since_ns > kMinuteNs; });
    if (seen->size() >= kMostAddresses) seen->clear();
    Minute& minute = seen->try_emplace(address, Minute{now_ns, 0}).first->second;
    if (now_ns - minute.since_ns > kMinuteNs) minute = {now_ns, 0};
    return ++minute.failures > most_;
  }

 private:
  struct Minute {
    std::int64_t since_ns = 0;
    unsigned failures = 0;
  };
  const unsigned most_;
  Guarded<std::map<std::string, Minute>> seen_;
};

}  // namespace lakehouse::net
