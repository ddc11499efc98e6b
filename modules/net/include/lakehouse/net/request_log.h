#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"

namespace lakehouse::net {

/// The requests in flight and the last 200 that ended, for /debug/requests. Thread-safe; shared by the servers of a process.
class RequestLog {
 public:
  explicit RequestLog(const Clock& clock = SystemClock()) : clock_(clock) {}

  struct Entry {
    std::string request_id;
    std::string method;
    std::string path;  ///< cut at 200 octets
    std::string route;
    std::string principal;
    std::string peer;
  };
  /// Returns the number by which it ends. `cancel` is what asks it to stop; without one it cannot be asked.
  std::uint64_t Begin(Entry entry, std::stop_source cancel = std::stop_source(std::nostopstate));
  void End(std::uint64_t number, int status, std::uint64_t sent_bytes);
  /// Asks what is in flight under this id to stop, as if its client had left, and returns how many requests that are. What was
  /// to be told runs on the calling thread.
  std::size_t Cancel(std::string_view request_id);
  /// {"in_flight":[…],"recent":[…]}, newest first, times in milliseconds.
  std::string ToJson() const;

 private:
  struct Running {
    Entry entry;
    std::stop_source cancel{std::nostopstate};
    std::int64_t wall_micros = 0;
    std::int64_t steady_nanos = 0;
  };
  struct Ended {
    Running running;
    std::int64_t elapsed_nanos = 0;
    int status = 0;
    std::uint64_t sent_bytes = 0;
  };
  struct State {
    std::uint64_t next = 1;
    std::map<std::uint64_t, Running> running;
    std::deque<Ended> ended;
  };
  const Clock& clock_;
  mutable Guarded<State> state_;
};

}  // namespace lakehouse::net
