#include "loop_side.h"

#include <vector>

#include "lakehouse/base/clock.h"
#include "response_head.h"

namespace lakehouse::net {

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
