#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "connection.h"
#include "edge.h"
#include "event_loop.h"
#include "listener.h"

namespace lakehouse::net {

/// One event loop with its connections. Everything but Adopt, StopSoon and CloseAll belongs to the loop's thread.
class LoopSide {
 public:
  LoopSide(Edge& shared, std::unique_ptr<EventLoop> loop) : edge(shared), loop_(std::move(loop)) {}

  EventLoop& loop() { return *loop_; }
  /// Runs the loop until EventLoop::Stop, then closes what is left.
  /// `listener`: the one that accepts on this loop, or null.
  void Run(std::int64_t tick_ms, Listener* listener);
  /// Any thread: takes over a connected socket.
  void Adopt(UniqueFd socket, std::string peer_address);
  /// Any thread: see Connection.
  void StopSoon();
  void CloseAll();

  /// Any thread: tells the connection, when it is still there, that a worker is done.
  void Report(std::uint64_t connection, Connection::Done what, std::shared_ptr<Exchange> exchange);
  /// Has the route do its work here and now, if it can and nobody else would wait for long. False: a worker is to do it.
  bool HandleAtOnce(Exchange& exchange);
  /// The connection has more to do, after the others had their turn.
  void PumpLater(std::uint64_t connection);
  /// The connection goes at the end of this round of events.
  void Forget(std::uint64_t connection);
  /// Of the Date header, at most a second old.
  std::string_view date();

  Edge& edge;
  std::array<char, 64 * 1024> scratch;  ///< what a read fills, so that idle connections hold no memory

 private:
  std::unique_ptr<EventLoop> loop_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_number_ = 1;
  std::string date_;
  std::int64_t date_until_ns_ = 0;
  std::int64_t round_ = 0;                                          ///< the round of events in which
  std::int64_t round_spent_us_ = 0;                                 ///< this much processor time went into handlers
  std::unordered_map<std::size_t, std::int64_t> workers_until_ns_;  ///< routes that were slow here lately
};

}  // namespace lakehouse::net
