#include "lakehouse/base/failpoint.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <mutex>

namespace lakehouse {
namespace {

constexpr const char* kFailpointVariable = "LAKEHOUSE_FAILPOINTS";

// Failpoints register while static objects are made, in no known order: both of these are ready before any of them.
constinit Failpoint* first_failpoint = nullptr;
constinit std::mutex failpoint_mutex;

template <typename Int>
bool ParsePositive(std::string_view text, Int& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && out > 0;
}

struct NamedRule {
  std::string_view name;
  FailpointRule rule;
};

Error BadRule(std::string_view rule, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, "failpoint \"" + std::string(rule) + "\": " + std::string(what) +
                                                "; expected name:nth:action with kill, error, errors, stop or delay_<milliseconds>");
}

Result<NamedRule> ParseRule(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = first == text.npos ? text.npos : text.find(':', first + 1);
  if (second == text.npos || first == 0) return BadRule(text, "has not three parts");
  NamedRule parsed{text.substr(0, first), {}};
  if (!ParsePositive(text.substr(first + 1, second - first - 1), parsed.rule.nth)) return BadRule(text, "nth counts from 1");

  std::string_view action = text.substr(second + 1);
  constexpr std::string_view kDelay = "delay_";
  if (action == "kill") {
    parsed.rule.action = FailpointRule::Action::kKill;
  } else if (action == "error") {
    parsed.rule.action = FailpointRule::Action::kError;
  } else if (action == "errors") {
    parsed.rule.action = FailpointRule::Action::kErrors;
  } else if (action == "stop") {
    parsed.rule.action = FailpointRule::Action::kStop;
  } else if (action.starts_with(kDelay) && ParsePositive(action.substr(kDelay.size()), parsed.rule.delay_ms)) {
    parsed.rule.action = FailpointRule::Action::kDelay;
  } else {
    return BadRule(text, "has an unknown action");
  }
  return parsed;
}

Result<std::vector<NamedRule>> ParseRules(std::string_view text) {
  std::vector<NamedRule> rules;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    rules.push_back(LH_TRY(ParseRule(text.substr(0, comma))));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return rules;
}

/// A test must see that its rule was met, also where the error is mended further up. One write: whole lines, also from a
/// process that dies in the next moment.
void Report(const char* name, std::int64_t hit, const char* action) {
  const std::string line = "failpoint " + std::string(name) + ": " + action + " at hit " + std::to_string(hit) + "\n";
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

void SleepMs(std::int64_t ms) {
  timespec left{ms / 1000, ms % 1000 * 1'000'000};
  while (nanosleep(&left, &left) != 0) {
  }
}

}  // namespace

Failpoint::Failpoint(const char* name) : name_(name) {
  const std::scoped_lock lock(failpoint_mutex);
  next_ = first_failpoint;
  first_failpoint = this;
  const char* variable = std::getenv(kFailpointVariable);
  if (variable == nullptr) return;
  const auto rules = ParseRules(variable);
  if (!rules) return;  // CheckFailpoints() says so
  for (const auto& [wanted, rule] : *rules)
    if (wanted == name_) rules_.push_back(rule);
  armed_.store(!rules_.empty(), std::memory_order_relaxed);
}

Failpoint::~Failpoint() {
  const std::scoped_lock lock(failpoint_mutex);
  Failpoint** link = &first_failpoint;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
}

Status Failpoint::HitArmed() {
  bool fails = false;
  std::int64_t delay_ms = 0;
  std::int64_t hit = 0;
  {
    const std::scoped_lock lock(failpoint_mutex);
    hit = ++hits_;
    for (const FailpointRule& rule : rules_) {
      const bool now = hits_ == rule.nth;
      const bool from_now = hits_ >= rule.nth;
      if (rule.action == FailpointRule::Action::kKill && now) Report(name_, hits_, "kill"), kill(getpid(), SIGKILL);
      if (rule.action == FailpointRule::Action::kStop && now) Report(name_, hits_, "stop"), kill(getpid(), SIGSTOP);
      if (rule.action == FailpointRule::Action::kDelay && from_now) delay_ms += rule.delay_ms;
      fails = fails || (rule.action == FailpointRule::Action::kError && now) || (rule.action == FailpointRule::Action::kErrors && from_now);
    }
  }
  if (delay_ms > 0) SleepMs(delay_ms);
  if (!fails) return Ok{};
  Report(name_, hit, "error");
  return Error(ErrorCode::kUnavailable, std::string("failpoint ") + name_).Named("failpoint");
}

Status ArmFailpoints(std::string_view rules_text) {
  const auto rules = LH_TRY(ParseRules(rules_text));
  const auto known = AllFailpoints();
  for (const auto& [name, rule] : rules)
    if (!std::binary_search(known.begin(), known.end(), name))
      return Error(ErrorCode::kInvalidArgument, "there is no failpoint \"" + std::string(name) + "\" in this program");

  const std::scoped_lock lock(failpoint_mutex);
  for (Failpoint* point = first_failpoint; point != nullptr; point = point->next_) {
    point->hits_ = 0;
    point->rules_.clear();
    for (const auto& [name, rule] : rules)
      if (name == point->name_) point->rules_.push_back(rule);
    point->armed_.store(!point->rules_.empty(), std::memory_order_relaxed);
  }
  return Ok{};
}

Status CheckFailpoints() {
  const char* variable = std::getenv(kFailpointVariable);
  if (variable == nullptr) return Ok{};
  return ArmFailpoints(variable);
}

std::vector<std::string> AllFailpoints() {
  const std::scoped_lock lock(failpoint_mutex);
  std::vector<std::string> names;
  for (const Failpoint* point = first_failpoint; point != nullptr; point = point->next_) names.emplace_back(point->name_);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace lakehouse
