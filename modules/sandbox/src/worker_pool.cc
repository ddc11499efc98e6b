#include "lakehouse/sandbox/worker_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/task_group.h"
#include "worker_root.h"

namespace lakehouse::sandbox {

namespace {

constexpr std::int64_t kCompanyNs = 10'000'000'000;  // how long a principal that asked counts as being here

constexpr std::chrono::milliseconds kFirstPause{100};  // after a start that failed
constexpr std::chrono::milliseconds kLongestPause{5'000};

/// A worker that has a tenant and waits for its next request.
struct IdleWorker {
  std::unique_ptr<Worker> worker;
  std::string tenant;
  unsigned uses = 0;
};

/// A request that waits.
struct Waiter {
  std::string tenant;
  std::unique_ptr<Worker> worker;
  unsigned uses = 0;
  std::optional<Error> error;
  std::condition_variable_any changed;
};

/// The requests of one principal.
struct Line {
  std::deque<Waiter*> waiting;
  unsigned running = 0;
};

struct PoolMetrics {
  PoolMetrics(Metrics& metrics, const std::string& pool)
      : started(metrics.counter("lakehouse_sandbox_workers_started_total", "Worker processes started", {{"pool", pool}})),
        unhealthy(
            metrics.counter("lakehouse_sandbox_workers_unhealthy_total", "Worker processes killed, lost or failed", {{"pool", pool}})),
        refused(metrics.counter("lakehouse_sandbox_refused_total", "Requests refused because the pool was full", {{"pool", pool}})),
        wait(metrics.histogram("lakehouse_sandbox_wait_seconds", "Time until a request has a worker", {{"pool", pool}})),
        busy(metrics.gauge("lakehouse_sandbox_workers_busy", "Workers in use", {{"pool", pool}})),
        idle(metrics.gauge("lakehouse_sandbox_workers_idle", "Workers kept for their tenant", {{"pool", pool}})),
        waiting(metrics.gauge("lakehouse_sandbox_waiting", "Requests that wait for a worker", {{"pool", pool}})) {}
  Counter& started;
  Counter& unhealthy;
  Counter& refused;
  Histogram& wait;
  Gauge& busy;
  Gauge& idle;
  Gauge& waiting;
};

}  // namespace

/// Everything below `mutex` is protected by it; so are the members of the waiters.
struct WorkerPool::State {
  State(Options o, Metrics& m, Log& l, WorkerRoot r) : options(std::move(o)), log(l), metrics(m, options.name), root(std::move(r)) {}

  const Options options;
  Log& log;
  PoolMetrics metrics;
  WorkerRoot root;  // outlives the workers, whose directories are in it

  std::mutex mutex;
  std::condition_variable_any work;  // for the background threads
  std::vector<std::unique_ptr<Worker>> fresh;
  std::list<IdleWorker> idle;                  // least recently used first
  std::vector<std::unique_ptr<Worker>> ended;  // to be destroyed in the background: that can take a second
  std::map<std::string, Line, std::less<>> lines;
  std::list<std::string> turns;  // principals with waiting requests, the next to be served first
  unsigned busy = 0;
  unsigned starting = 0;
  unsigned waiting = 0;
  unsigned renewals = 0;
  std::uint64_t started = 0;
  std::uint64_t unhealthy = 0;
  JailReport jail;
  std::string last_error;

  TaskGroup threads;

  /// The last two principals that asked, the newest first.
  struct Seen {
    std::string principal;
    std::int64_t at_ns = 0;
  };
  Seen seen[2];
  void See(const std::string& principal);
  bool LeavesOne(const std::string& principal, const Line& line) const;

  unsigned bound() const { return busy + static_cast<unsigned>(idle.size()); }
  unsigned FreshWanted() const;
  std::unique_ptr<Worker> TakeFresh();
  bool MakeRoom();
  bool Serve(Waiter& waiter);
  void Dispatch();
  void FailAll(const Error& error);
  void Forget(const std::string& principal);
  void Withdraw(const std::string& principal, Waiter& waiter);
  void ShowGauges();
  void RunStarter(std::stop_token stop);
  void RunReaper(std::stop_token stop);
};

unsigned WorkerPool::State::FreshWanted() const {
  if (waiting == 0) return options.min_warm;
  const unsigned room = options.max_workers - std::min(options.max_workers, busy);
  return std::max({options.min_warm, 1u, std::min(waiting, room)});
}

std::unique_ptr<Worker> WorkerPool::State::TakeFresh() {
  while (!fresh.empty()) {
    std::unique_ptr<Worker> worker = std::move(fresh.back());
    fresh.pop_back();
    if (worker->Alive()) return worker;
    ended.push_back(std::move(worker));
  }
  return nullptr;
}

/// True when one more worker may get a tenant, for which the least recently used idle one may have to go.
bool WorkerPool::State::MakeRoom() {
  if (bound() < options.max_workers) return true;
  if (idle.empty()) return false;
  ended.push_back(std::move(idle.front().worker));
  idle.pop_front();
  return true;
}

bool WorkerPool::State::Serve(Waiter& waiter) {
  for (auto own = idle.end(); own != idle.begin();) {
    --own;
    if (own->tenant != waiter.tenant) continue;
    std::unique_ptr<Worker> worker = std::move(own->worker);
    waiter.uses = own->uses + 1;
    own = idle.erase(own);
    if (worker->Alive()) {
      waiter.worker = std::move(worker);
      ++busy;
      return true;
    }
    ended.push_back(std::move(worker));
  }
  if (fresh.empty() || (bound() >= options.max_workers && idle.empty())) return false;
  waiter.worker = TakeFresh();
  if (!waiter.worker) return false;
  MakeRoom();
  waiter.uses = 1;
  ++busy;
  return true;
}

void WorkerPool::State::See(const std::string& principal) {
  if (seen[0].principal != principal) seen[1] = std::exchange(seen[0], {principal, 0});
  seen[0].at_ns = SystemClock().SteadyNanos();
}

/// Nobody who works for seconds can be made to stop, so where others were here lately a principal never holds all workers: they find
/// one that is not busy with it.
bool WorkerPool::State::LeavesOne(const std::string& principal, const Line& line) const {
  if (options.max_workers < 2 || line.running + 1 < options.max_workers) return true;
  const std::int64_t now = SystemClock().SteadyNanos();
  return std::ranges::none_of(
      seen, [&](const Seen& other) { return other.at_ns > 0 && other.principal != principal && now - other.at_ns < kCompanyNs; });
}

/// Gives workers to waiting requests, the lines taking turns, until nobody can be served.
void WorkerPool::State::Dispatch() {
  bool served = true;
  while (served) {
    served = false;
    for (auto turn = turns.begin(); turn != turns.end(); ++turn) {
      Line& line = lines[*turn];
      Waiter& waiter = *line.waiting.front();
      if (!LeavesOne(*turn, line) || !Serve(waiter)) continue;
      line.waiting.pop_front();
      ++line.running;
      --waiting;
      waiter.changed.notify_one();
      turns.splice(turns.end(), turns, turn);  // its next request stands behind everybody else's
      if (line.waiting.empty()) turns.pop_back();
      served = true;
      break;
    }
  }
  ShowGauges();
  if (!ended.empty() || fresh.size() < FreshWanted()) work.notify_all();  // most requests leave them nothing to do
}

void WorkerPool::State::FailAll(const Error& error) {
  for (const std::string& principal : turns) {
    Line& line = lines[principal];
    for (Waiter* waiter : line.waiting) {
      waiter->error = error;
      waiter->changed.notify_one();
    }
    line.waiting.clear();
    Forget(principal);
  }
  turns.clear();
  waiting = 0;
  ShowGauges();
}

void WorkerPool::State::Forget(const std::string& principal) {
  const auto line = lines.find(principal);
  if (line != lines.end() && line->second.running == 0 && line->second.waiting.empty()) lines.erase(line);
}

/// A request that gave up leaves its line.
void WorkerPool::State::Withdraw(const std::string& principal, Waiter& waiter) {
  Line& line = lines[principal];
  std::erase(line.waiting, &waiter);
  --waiting;
  if (line.waiting.empty()) std::erase(turns, principal);
  Forget(principal);
  ShowGauges();
}

void WorkerPool::State::ShowGauges() {
  metrics.busy.Set(busy);
  metrics.idle.Set(static_cast<std::int64_t>(idle.size()));
  metrics.waiting.Set(waiting);
}

void WorkerPool::State::RunStarter(std::stop_token stop) {
  unsigned number = 0;
  std::chrono::milliseconds pause{0};
  std::unique_lock lock(mutex);
  while (!stop.stop_requested()) {
    if (pause.count() > 0) work.wait_for(lock, stop, pause, [] { return false; });
    work.wait(lock, stop, [this] { return fresh.size() < FreshWanted(); });
    if (stop.stop_requested()) return;
    ++starting;
    lock.unlock();
    Context context;
    context.cancel = stop;
    const unsigned this_number = number++;
    Result<std::unique_ptr<Worker>> worker =
        Worker::Start(context, options.worker, root.WorkerId(this_number), root.user_offset() + this_number);
    lock.lock();
    --starting;
    if (worker) {
      pause = {};
      last_error.clear();
      jail = (*worker)->jail();
      ++started;
      metrics.started.Add();
      fresh.push_back(std::move(worker).Take());
      Dispatch();
      continue;
    }
    if (stop.stop_requested()) return;
    pause = std::min(std::max(pause * 2, kFirstPause), kLongestPause);
    last_error = worker.error().message();
    log.Error("a worker process could not be started", {{"pool", std::string_view(options.name)}, {"error", std::string_view(last_error)}});
    FailAll(worker.error());
  }
}

void WorkerPool::State::RunReaper(std::stop_token stop) {
  std::unique_lock lock(mutex);
  while (work.wait(lock, stop, [this] { return !ended.empty(); })) {
    std::vector<std::unique_ptr<Worker>> going = std::exchange(ended, {});
    lock.unlock();
    going.clear();
    lock.lock();
  }
}

WorkerPool::WorkerPool(std::unique_ptr<State> state) : state_(std::move(state)) {
  state_->threads.Start("worker-starter", [s = state_.get()](std::stop_token stop) { s->RunStarter(std::move(stop)); });
  state_->threads.Start("worker-reaper", [s = state_.get()](std::stop_token stop) { s->RunReaper(std::move(stop)); });
}

WorkerPool::~WorkerPool() { state_->threads.StopAndJoin(); }

Result<std::unique_ptr<WorkerPool>> WorkerPool::Start(Options options, Metrics& metrics, Log& log) {
  WorkerRoot root = LH_TRY(WorkerRoot::Open(options.worker.root));
  return std::unique_ptr<WorkerPool>(new WorkerPool(std::make_unique<State>(std::move(options), metrics, log, std::move(root))));
}

Result<WorkerPool::Lease> WorkerPool::Acquire(const Context& context, std::string_view principal, std::string_view profile_version) {
  LH_TRY(context.Check());
  State& s = *state_;
  const std::int64_t began = SystemClock().SteadyNanos();
  const std::string name(principal);
  Waiter waiter;
  waiter.tenant = fmt::format("{}\n{}", principal, profile_version);

  std::unique_lock lock(s.mutex);
  s.See(name);
  Line& line = s.lines[name];
  if (line.running + line.waiting.size() >= s.options.principal_capacity) {
    s.metrics.refused.Add();
    return Error(
        ErrorCode::kResourceExhausted,
        fmt::format("{} requests of this principal are running or waiting here, the most that are allowed", s.options.principal_capacity));
  }
  line.waiting.push_back(&waiter);
  ++s.waiting;
  if (line.waiting.size() == 1) s.turns.push_back(name);
  s.Dispatch();
  if (!waiter.worker && s.waiting > s.options.queue_capacity) {
    s.Withdraw(name, waiter);
    s.metrics.refused.Add();
    return Error(ErrorCode::kUnavailable, fmt::format("{} requests wait for a worker already, try again later", s.options.queue_capacity))
        .Named("overloaded");
  }
  const auto served = [&waiter] { return waiter.worker || waiter.error; };
  while (!served() && context.Check()) {
    const std::int64_t remaining_ms = context.deadline.RemainingMs().value_or(60'000);
    waiter.changed.wait_for(lock, context.cancel, std::chrono::milliseconds(remaining_ms + 1), served);
  }
  if (waiter.error) return std::move(*waiter.error);
  if (!waiter.worker) {
    s.Withdraw(name, waiter);
    LH_TRY_WHILE(context.Check(), "wait for a worker");
  }
  const unsigned renewals = s.renewals;
  lock.unlock();
  s.metrics.wait.Observe(static_cast<double>(SystemClock().SteadyNanos() - began) / 1e9);
  return Lease(*this, std::move(waiter.worker), name, std::move(waiter.tenant), waiter.uses, renewals);
}

WorkerPool::Lease& WorkerPool::Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  if (worker_) pool_->GiveBack(*this);
  pool_ = other.pool_;
  worker_ = std::move(other.worker_);
  principal_ = std::move(other.principal_);
  tenant_ = std::move(other.tenant_);
  uses_ = other.uses_;
  renewals_ = other.renewals_;
  return *this;
}

WorkerPool::Lease::~Lease() {
  if (worker_) pool_->GiveBack(*this);
}

void WorkerPool::GiveBack(Lease& lease) {
  State& s = *state_;
  Worker& worker = *lease.worker_;
  const bool healthy = worker.healthy() && worker.Alive();
  const bool reusable =
      healthy && !worker.retired() && lease.uses_ < s.options.max_uses && worker.PrivateBytes() <= s.options.memory_mark_bytes;
  if (reusable && worker.links() > s.options.max_links) worker.UnlinkAll();

  const std::lock_guard lock(s.mutex);
  --s.busy;
  --s.lines[lease.principal_].running;
  s.Forget(lease.principal_);
  if (reusable && lease.renewals_ == s.renewals) {
    s.idle.push_back({std::move(lease.worker_), std::move(lease.tenant_), lease.uses_});
  } else {
    if (!healthy) ++s.unhealthy, s.metrics.unhealthy.Add();
    s.ended.push_back(std::move(lease.worker_));
  }
  s.Dispatch();
}

void WorkerPool::Renew() {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  ++s.renewals;
  for (IdleWorker& idle : s.idle) s.ended.push_back(std::move(idle.worker));
  s.idle.clear();
  s.Dispatch();
}

unsigned WorkerPool::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiting;
}

const WorkerOptions& WorkerPool::worker_options() const { return state_->options.worker; }

std::string WorkerPool::NewDirectoryId() { return state_->root.WorkerId("p" + SystemRandom().Hex(6)); }

WorkerPool::Report WorkerPool::Inspect() {
  State& s = *state_;
  const std::lock_guard lock(s.mutex);
  Report report;
  report.fresh = static_cast<unsigned>(s.fresh.size());
  report.idle = static_cast<unsigned>(s.idle.size());
  report.busy = s.busy;
  report.starting = s.starting;
  report.waiting = s.waiting;
  report.started = s.started;
  report.ended_unhealthy = s.unhealthy;
  for (const auto& worker : s.fresh) report.memory_bytes += worker->MemoryBytes();
  for (const IdleWorker& idle : s.idle) report.memory_bytes += idle.worker->MemoryBytes();
  report.jail = s.jail;
  report.last_error = s.last_error;
  return report;
}

}  // namespace lakehouse::sandbox
