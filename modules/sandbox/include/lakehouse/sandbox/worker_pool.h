#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/context.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/result.h"
#include "lakehouse/sandbox/worker.h"

namespace lakehouse::sandbox {

/// Warm workers, handed out fairly. A worker that served one tenant never serves another: tenants get processes of their own, and a
/// background thread starts replacements, so that a fresh one is usually there. Thread-safe.
///
/// Waiting requests stand in one line per principal; the lines take turns, and nobody has all workers while others asked within 10 s.
/// Destruction waits for nobody: all leases must be back.
class WorkerPool {
  struct State;

 public:
  struct Options {
    std::string name = "query";  ///< label of the metrics
    WorkerOptions worker;
    unsigned min_warm = 1;                           ///< fresh workers kept ready beside the ones in use
    unsigned max_workers = 2;                        ///< workers with a tenant, busy or idle
    unsigned queue_capacity = 256;                   ///< requests that wait, of all principals
    unsigned principal_capacity = 64;                ///< requests of one principal, waiting or running
    unsigned max_uses = 1'000;                       ///< leases until a worker is replaced
    unsigned max_links = 256;                        ///< linked files until the links are removed
    std::uint64_t memory_mark_bytes = 256ull << 20;  ///< an idle worker that holds more is replaced
  };

  /// The use of one worker. Gives it back when it goes; the session on it must have ended. Move-only.
  class Lease {
   public:
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease();
    Worker& worker() { return *worker_; }
    /// The worker ends instead of being used again.
    void MarkUnhealthy() { worker_->MarkUnhealthy(); }

   private:
    friend WorkerPool;
    Lease(WorkerPool& pool, std::unique_ptr<Worker> worker, std::string principal, std::string tenant, unsigned uses, unsigned renewals)
        : pool_(&pool),
          worker_(std::move(worker)),
          principal_(std::move(principal)),
          tenant_(std::move(tenant)),
          uses_(uses),
          renewals_(renewals) {}
    WorkerPool* pool_;
    std::unique_ptr<Worker> worker_;
    std::string principal_;
    std::string tenant_;
    unsigned uses_;      // leases of this worker, this one included
    unsigned renewals_;  // of the pool when it was leased
  };

  /// Makes the root directory, removes what dead processes left in it, and starts the first workers in the background.
  /// kUnavailable: the directory cannot be used.
  static Result<std::unique_ptr<WorkerPool>> Start(Options options, Metrics& metrics, Log& log);
  ~WorkerPool();

  /// A worker for this principal. `profile_version` distinguishes what the principal may see: another version gets another process.
  /// kUnavailable "overloaded": the queue is full. kResourceExhausted: this principal has too many requests here. kDeadlineExceeded,
  /// kCancelled: as the context says. kUnavailable: workers cannot be started.
  Result<Lease> Acquire(const Context& context, std::string_view principal, std::string_view profile_version = {});

  /// What workers have linked may be gone for good by now: idle ones end, those in use end when they are given back.
  void Renew();

  struct Report {
    unsigned fresh = 0, idle = 0, busy = 0, starting = 0, waiting = 0;
    std::uint64_t started = 0;          ///< processes, ever
    std::uint64_t ended_unhealthy = 0;  ///< killed, lost or failed
    std::uint64_t memory_bytes = 0;     ///< of fresh and idle workers
    JailReport jail;                    ///< of the newest worker
    std::string last_error;             ///< of the last failed start; empty after a success
  };
  Report Inspect();          ///< reads the memory of every idle worker: for people, not for every request
  unsigned waiting() const;  ///< requests that wait for a worker
  /// How its workers are started: what a program beside them (program.h) needs.
  const WorkerOptions& worker_options() const;
  /// A name for a directory under the pool's root that no other has; it goes when the pool does.
  std::string NewDirectoryId();

 private:
  explicit WorkerPool(std::unique_ptr<State> state);
  void GiveBack(Lease& lease);

  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::sandbox
