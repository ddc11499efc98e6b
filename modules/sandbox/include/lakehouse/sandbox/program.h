#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/sandbox/worker.h"

namespace lakehouse::sandbox {

/// A program of this machine that shall read hostile octets.
struct ProgramRun {
  std::string program;                                         ///< absolute path
  std::vector<std::string> arguments;                          ///< its files are "in/<name>" and "tmp/<name>"
  std::vector<std::pair<std::string, std::string>> inputs;     ///< path, and the plain name it gets in in/: linked, or copied
  std::int64_t wall_ms = 30'000;                               ///< then it is killed
  std::uint64_t cpu_seconds = 30;                              ///< then the kernel kills it
  std::uint64_t address_space_bytes = std::uint64_t{1} << 30;  ///< beyond it, memory is refused
  std::uint64_t file_size_bytes = std::uint64_t{256} << 20;    ///< of any file it writes, its output too
};

/// One run of a foreign program in the jail of a worker: own directory, own user, no network, no other process, no file but in/, tmp/
/// and what the system holds for everybody. Its directory goes with this.
class Program {
 public:
  /// Starts it and waits until it ends. kUnavailable: it could not be started. kDeadlineExceeded reason "program_timeout": it took longer
  /// than it may and was killed. kCancelled and kDeadlineExceeded as the context says. How it ended otherwise is the caller's to judge.
  static Result<Program> Run(const Context& context, const WorkerOptions& options, const std::string& id, const ProgramRun& run);
  ~Program();
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;

  /// 0 to 255; -1 when a signal ended it.
  int exit_status() const { return exit_status_; }
  int signal() const { return signal_; }
  /// The first 4 KiB of what it said on standard error, or why it could not start. Not to be trusted.
  const std::string& complaint() const { return complaint_; }
  /// Takes a file it made, "tmp/<name>"; "tmp/stdout" is what it wrote to standard output. As Worker::Take.
  Status Take(const std::string& name, const std::string& destination) const;

 private:
  Program() = default;
  std::string directory_;
  int exit_status_ = -1;
  int signal_ = 0;
  std::string complaint_;
};

}  // namespace lakehouse::sandbox
