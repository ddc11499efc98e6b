#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"
#include "lakehouse/sandbox/channel.h"
#include "lakehouse/sandbox/jail.h"

namespace lakehouse::sandbox {

/// How to start worker processes.
struct WorkerOptions {
  std::string executable = "/proc/self/exe";  ///< its main hands argv to RunWorker when argv[1] is "worker"
  std::vector<std::string> arguments;         ///< for the program's own open function
  std::string root;                           ///< directory of the workers' directories; absolute
  JailOptions jail;
  unsigned first_uid = 61000;  ///< as root, worker n runs as user first_uid + n % 4,000; 0: never change the user
  std::int64_t start_timeout_ms = 5'000;
  std::int64_t stop_grace_ms = 500;  ///< between interrupt and SIGKILL
};

/// One jailed process as its parent sees it: its directory `<root>/<id>/{in,tmp}`, its frames, its end. One thread at a time,
/// except Interrupt. Destruction kills the process, waits for it and removes its directory.
class Worker {
 public:
  /// Spawns and waits until the process is jailed and open (about 30 ms). `id` names the directory; `number` picks the user.
  /// kUnavailable: could not be started; the message says why, in the worker's own words when it had any.
  static Result<std::unique_ptr<Worker>> Start(const Context& context, const WorkerOptions& options, const std::string& id,
                                               unsigned number);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Makes an immutable file readable to the worker under a name that cannot be guessed: "in/<32 hex digits>.<extension>".
  /// A hard link; a copy when the file is on another file system or unreadable for the worker's user. The same path gives the same name.
  Result<std::string> Link(const std::string& path);
  /// Removes the names. No revocation: what is open stays open.
  void UnlinkAll();
  /// Removes the name of this one, which may be gone meanwhile.
  void Unlink(const std::string& path);
  std::size_t links() const { return links_.size(); }

  /// Moves a file that the worker made, "tmp/<name>", to `destination` (copies across file systems). The name may hold letters, digits,
  /// '.', '_' and '-'; anything but a regular file with one link is refused. kInvalidArgument, kNotFound, or what moving says.
  Status Take(const std::string& name, const std::string& destination);

  /// Asks request `number` to stop soon; hits nothing when it has ended. Thread-safe.
  void Interrupt(std::uint32_t number);
  /// Asks the handler of request `number` for a frame about its progress. Thread-safe.
  void AskProgress(std::uint32_t number);
  /// SIGKILL and wait, at most 1 s; kUnavailable when the kernel has not ended it by then. Idempotent.
  Status Kill();

  /// Lets others go first when there is too little processor time for all, or no longer. Where the system does not let it come back, the
  /// worker is done with what it does now: see retired. Thread-safe.
  void YieldToOthers(bool yields);
  bool yields() const { return yields_; }
  /// Good for nothing new, though nothing is wrong with it.
  bool retired() const { return retired_; }

  /// Proportional share of memory, in bytes; where that may not be read, what is resident and not shared.
  std::uint64_t MemoryBytes() const;
  /// Resident and not shared, in bytes: microseconds to read.
  std::uint64_t PrivateBytes() const;

  /// False when the process has ended by itself.
  bool Alive() const;
  int pid() const { return pid_; }
  const std::string& directory() const { return directory_; }
  const JailReport& jail() const { return report_; }
  std::int64_t stop_grace_ms() const { return stop_grace_ms_; }
  std::uint32_t requests() const { return last_number_; }
  /// False once frames cannot be trusted any more: killed, lost, or told so. Then the pool replaces it.
  bool healthy() const { return healthy_; }
  void MarkUnhealthy() { healthy_ = false; }

 private:
  friend class Call;
  Worker() = default;
  Status MakeDirectory() const;
  Status Spawn(const WorkerOptions& options);
  Status ReadReady(const Context& context, const WorkerOptions& options);
  void Control(std::uint32_t verb, std::uint32_t number) const;
  Status CopyIn(const std::string& path, const std::string& name) const;

  int pid_ = -1;
  UniqueFd process_;  // pidfd
  UniqueFd control_;
  ParentChannel channel_;
  std::string directory_;
  unsigned uid_ = 0;
  JailReport report_;
  std::int64_t stop_grace_ms_ = 500;
  std::uint32_t last_number_ = 0;
  bool healthy_ = true;
  std::atomic<bool> yields_ = false;
  std::atomic<bool> retired_ = false;
  std::map<std::string, std::string, std::less<>> links_;
};

/// One request to a worker, from its first frame to its last. The worker serves one call at a time.
/// A request that takes longer than a quarter of a second is no dialogue any more: its worker yields to others until it ends.
/// When the context ends, the request is interrupted (again every 100 ms) and, after the grace, the process is killed; so is the
/// destruction of a call that has not ended. A worker that breaks the protocol is killed as well.
class Call {
 public:
  /// Sends {number, body}. kUnavailable "worker_lost", kDeadlineExceeded, kCancelled, kTooLarge.
  static Result<Call> Start(const Context& context, Worker& worker, std::uint32_t type, std::string_view body);
  ~Call();
  Call(Call&& other) noexcept;
  Call& operator=(Call&&) = delete;

  /// The next frame between request and end; nothing at the end, when done() has the handler's body. Errors: those of the handler;
  /// kDeadlineExceeded or kCancelled when the context ended; kUnavailable "worker_lost"; kCorruption "bad_frame". All are final.
  Result<std::optional<Frame>> Next(const Context& context);
  /// As Next, but after this time without a frame gives one of type 0: a pulse in which to ask for progress.
  Result<std::optional<Frame>> Next(const Context& context, std::int64_t pulse_ms);
  const std::string& done() const { return done_; }
  bool ended() const { return worker_ == nullptr; }
  std::uint32_t number() const { return number_; }
  void AskProgress();

 private:
  Call(Worker& worker, std::uint32_t number);
  void End();
  void Stop();
  Error Lose(Error error);

  Worker* worker_;
  std::uint32_t number_;
  Deadline short_until_;  ///< requests that take longer let others go first
  std::string done_;
};

}  // namespace lakehouse::sandbox
