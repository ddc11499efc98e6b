#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/storage/error_sink.h"

namespace lakehouse::storage {

/// The last failures of this process. Memory is bounded: `capacity` records with texts of at most 4 KiB each; the oldest goes
/// when a new one comes. Thread-safe.
class ErrorJournal final : public ErrorSink {
 public:
  struct Options {
    std::size_t capacity = 10'000;
  };
  explicit ErrorJournal(const Clock& clock = SystemClock()) : ErrorJournal(Options{}, clock) {}
  explicit ErrorJournal(Options options, const Clock& clock = SystemClock());

  void Record(const Context& ctx, std::string service, std::string object, const Error& error) override;

  struct Query {
    std::optional<std::int64_t> since_micros;  ///< this time or later
    std::string kind;                          ///< empty: all
    std::size_t limit = 1'000;                 ///< the newest of those that fit
  };
  /// Oldest first.
  std::vector<ErrorRecord> Find(const Query& query) const;
  /// Those behind this sequence, oldest first, at most `limit`.
  std::vector<ErrorRecord> FindAfter(std::int64_t sequence, std::size_t limit) const;
  /// How many were recorded since the start, those that are gone included.
  std::int64_t count() const;

 private:
  struct State {
    std::deque<ErrorRecord> records;
    std::int64_t count = 0;
  };
  const Options options_;
  const Clock& clock_;
  mutable Guarded<State> state_;
};

/// The text without what looks like a secret: values behind key=, password=, token=, secret=, signature= and their kin (also as
/// JSON members and HTTP headers), what follows Authorization: or Bearer, and the password in a URL. Each becomes "[redacted]".
std::string RedactSecrets(std::string_view text);

}  // namespace lakehouse::storage
