#include "loop_side.h"

#include <sys/resource.h>

#include <utility>
#include <vector>

#include "lakehouse/base/clock.h"
#include "response_head.h"

namespace lakehouse::net {
namespace {

constexpr std::int64_t kRoundUs = 10'000;        // of one round of events for work done here; the rest of the round goes to the workers
constexpr std::int64_t kLongUs = 5'000;          // what "at once" must not take
constexpr std::int64_t kAwayNs = 1'000'000'000;  // how long a route that did goes to the workers

/// Of this thread. Its processor time and not the clock: on a busy machine a thread is often made to wait, which says nothing about its
/// work.
struct Usage {
  std::int64_t cpu_us = 0;
  long disk_reads = 0;  ///< pages that were not in memory
};
Usage UsageOfThisThread() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  constexpr std::int64_t kUsPerSecond = 1'000'000;
  return {(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * kUsPerSecond + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec,
          usage.ru_majflt};
}

}  // namespace

void LoopSide::Run(std::int64_t tick_ms, Listener* listener) {
  loop_->Run(tick_ms, [this, listener] {
    if (listener != nullptr) listener->OnTick();
    for (const auto& [number, connection] : connections_) connection->CheckDeadline(loop_->now_ns());
  });
  for (const auto& [number, connection] : connections_) connection->Close();
  connections_.clear();
}

void LoopSide::Adopt(UniqueFd socket, std::string peer_address) {
  loop_->Post([this, socket = std::move(socket), peer = std::move(peer_address)]() mutable {
    const std::uint64_t number = next_number_++;
    auto connection = std::make_unique<Connection>(*this, number, std::move(socket), std::move(peer));
    Connection& added = *connection;
    connections_.emplace(number, std::move(connection));
    added.Begin();
  });
}

void LoopSide::StopSoon() {
  loop_->Post([this] {
    for (const auto& [number, connection] : connections_) connection->StopSoon();
  });
}

void LoopSide::CloseAll() {
  loop_->Post([this] {
    for (const auto& [number, connection] : connections_) connection->Close();
  });
}

void LoopSide::Report(std::uint64_t connection, Connection::Done what, std::shared_ptr<Exchange> exchange) {
  loop_->Post([this, connection, what, exchange = std::move(exchange)]() mutable {
    if (const auto found = connections_.find(connection); found != connections_.end()) found->second->OnDone(what, exchange.get());
    // The client has left: what the handler made for it may be slow to take apart.
    if (exchange.use_count() == 1 && exchange->is_heavy()) edge.workers.Push([gone = std::move(exchange)] {});
  });
}

bool LoopSide::HandleAtOnce(Exchange& exchange) {
  if (!exchange.route.handle_at_once) return false;
  const std::int64_t round = loop_->now_ns();
  if (std::exchange(round_, round) != round) round_spent_us_ = 0;
  if (round_spent_us_ > kRoundUs || !edge.workers.IsAlone(exchange.context.principal)) return false;
  if (const auto away = workers_until_ns_.find(exchange.route_index); away != workers_until_ns_.end()) {
    if (round < away->second) return false;
    workers_until_ns_.erase(away);
  }
  const Usage before = UsageOfThisThread();
  const bool is_done = exchange.HandleAtOnce();
  const Usage after = UsageOfThisThread();
  const std::int64_t spent_us = after.cpu_us - before.cpu_us;
  round_spent_us_ += spent_us;
  if (spent_us > kLongUs || after.disk_reads != before.disk_reads) workers_until_ns_[exchange.route_index] = round + kAwayNs;
  return is_done;
}

void LoopSide::PumpLater(std::uint64_t connection) {
  loop_->Post([this, connection] {
    if (const auto found = connections_.find(connection); found != connections_.end()) found->second->Pump();
  });
}

void LoopSide::Forget(std::uint64_t connection) {
  loop_->Defer([this, connection] { connections_.erase(connection); });
}

std::string_view LoopSide::date() {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  if (date_.empty() || loop_->now_ns() >= date_until_ns_) {
    date_ = HttpDate(SystemClock().WallMicros());
    date_until_ns_ = loop_->now_ns() + kSecondNs;
  }
  return date_;
}

}  // namespace lakehouse::net
