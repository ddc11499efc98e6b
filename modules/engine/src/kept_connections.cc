#include "kept_connections.h"

#include <algorithm>
#include <utility>

namespace lakehouse::engine {

namespace {

constexpr std::size_t kMaxConnections = 4;
constexpr std::size_t kMaxPlans = 8;              // of one connection
constexpr std::size_t kMaxTextBytes = 64u << 10;  // longer preludes and statements are rare, and rarely the same
constexpr std::size_t kMaxTexts = 64;

}  // namespace

KeptConnections::Lent KeptConnections::Take(const std::string& prelude, const std::string& statement) {
  lent_.clear();  // of a statement that failed
  Lent lent;
  const auto entry = std::ranges::find(entries_, prelude, &Entry::prelude);
  if (entry == entries_.end()) return lent;
  lent_.splice(lent_.begin(), entries_, entry);
  if (const auto plan = std::ranges::find(entry->plans, statement, &Plan::statement); plan != entry->plans.end()) {
    lent.plan = std::move(plan->prepared);
    entry->plans.erase(plan);
  }
  lent.connection = std::move(entry->connection);
  return lent;
}

void KeptConnections::Give(std::string prelude, std::string statement, Lent lent) {
  if (prelude.size() > kMaxTextBytes) return;
  if (lent_.empty()) {
    lent_.emplace_front();
    lent_.front().prelude = std::move(prelude);
  }
  Entry& entry = lent_.front();
  entry.connection = std::move(lent.connection);
  if (lent.plan && statement.size() <= kMaxTextBytes) {
    entry.plans.push_front({std::move(statement), std::move(lent.plan)});
    if (entry.plans.size() > kMaxPlans) entry.plans.pop_back();
  }
  entries_.splice(entries_.begin(), lent_);
  if (entries_.size() > kMaxConnections) entries_.pop_back();
}

const std::string* TextMemo::Find(std::string_view from) {
  const auto entry = std::ranges::find(entries_, from, &Entry::from);
  if (entry == entries_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->to;
}

void TextMemo::Put(std::string_view from, std::string_view to) {
  if (from.size() > kMaxTextBytes) return;
  entries_.push_front({std::string(from), std::string(to)});
  if (entries_.size() > kMaxTexts) entries_.pop_back();
}

}  // namespace lakehouse::engine
