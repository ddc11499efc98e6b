#include "lakehouse/sandbox/worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "control.h"
#include "jail_arguments.h"
#include "lakehouse/sandbox/wire.h"
#include "spawn_plan.h"

namespace lakehouse::sandbox {

namespace {

constexpr unsigned kUserCount = 4'000;
constexpr int kNiceToOthers = 5;  // a third of the processor beside one that is not nice
constexpr int kReapTimeoutMs = 1'000;
constexpr int kOutputAhead = 1 << 20;  // octets of output that may wait for their reader

Error SpawnFailed(std::string_view step, int error_number) {
  return Error(ErrorCode::kUnavailable, fmt::format("start a worker: {}: {}", step, std::strerror(error_number)));
}

void PlanDescriptors(SpawnPlan& plan, int channel, int control, const std::string& directory) {
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, 0, 1);
  if (!kSanitized) posix_spawn_file_actions_adddup2(&plan.actions, 0, 2);
  posix_spawn_file_actions_adddup2(&plan.actions, channel, kChannelFd);
  posix_spawn_file_actions_adddup2(&plan.actions, control, kControlFd);
  posix_spawn_file_actions_addchdir_np(&plan.actions, directory.c_str());
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::Start(const Context& context, const WorkerOptions& options, const std::string& id,
                                              unsigned number) {
  std::unique_ptr<Worker> worker(new Worker);
  worker->directory_ = options.root + "/" + id;
  worker->uid_ = options.jail.uid != 0                        ? options.jail.uid
                 : (geteuid() == 0 && options.first_uid != 0) ? options.first_uid + number % kUserCount
                                                              : 0;
  worker->stop_grace_ms_ = options.stop_grace_ms;
  LH_TRY(worker->MakeDirectory());
  LH_TRY(worker->Spawn(options));
  LH_TRY(worker->ReadReady(context, options));
  return worker;
}

Worker::~Worker() {
  (void)Kill();
  if (!directory_.empty()) {
    std::error_code ignored;  // what remains is removed at the next start
    std::filesystem::remove_all(directory_, ignored);
  }
}

Status Worker::Spawn(const WorkerOptions& options) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return SpawnFailed("socketpair", errno);
  UniqueFd parent_socket(sockets[0]);
  const UniqueFd worker_socket(sockets[1]);
  const int room = kOutputAhead;  // the kernel gives less where it must
  setsockopt(worker_socket.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return SpawnFailed("pipe", errno);
  const UniqueFd worker_control(pipes[0]);
  control_ = UniqueFd(pipes[1]);
  fcntl(control_.get(), F_SETFL, O_NONBLOCK);
  // Numbers far from 3 and 4, so that one dup2 does not overwrite the source of the other.
  const UniqueFd high_socket(fcntl(worker_socket.get(), F_DUPFD_CLOEXEC, 64));
  const UniqueFd high_control(fcntl(worker_control.get(), F_DUPFD_CLOEXEC, 64));
  if (!high_socket || !high_control) return SpawnFailed("duplicate descriptors", errno);

  SpawnPlan plan;
  PlanSignals(plan);
  PlanDescriptors(plan, high_socket.get(), high_control.get(), directory_);
  JailOptions jail = options.jail;
  jail.uid = uid_;
  std::vector<std::string> words{"lakehouse-worker", "worker"};
  for (std::string& word : JailArguments(jail)) words.push_back(std::move(word));
  words.emplace_back("--");
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* no_environment[] = {nullptr};
  const int failed =
      posix_spawn(&pid_, options.executable.c_str(), &plan.actions, &plan.attributes, argv.data(), kSanitized ? environ : no_environment);
  if (failed != 0) {
    pid_ = -1;
    return SpawnFailed(options.executable, failed);
  }
  process_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  channel_ = ParentChannel(std::move(parent_socket));
  return Ok{};
}

Status Worker::ReadReady(const Context& context, const WorkerOptions& options) {
  Context starting = context;
  starting.deadline = context.deadline.Or(Deadline::After(options.start_timeout_ms));
  Result<Frame> frame = channel_.Receive(starting);
  const auto did_not_start = [](std::string_view why) { return Error(ErrorCode::kUnavailable, fmt::format("start a worker: {}", why)); };
  if (!frame) {
    LH_TRY(context.Check());
    return did_not_start(frame.error().code() == ErrorCode::kDeadlineExceeded ? "it was not ready in time"
                                                                              : "it ended before it was ready");
  }
  if (frame->type == kError) return did_not_start(DecodeError(frame->body).message());
  BodyReader body(frame->body);
  report_.landlock_abi = body.Get<std::int32_t>();
  report_.seccomp = body.Get<std::uint8_t>() != 0;
  report_.own_uid = body.Get<std::uint8_t>() != 0;
  report_.threads = body.Get<std::int32_t>();
  const auto missing = body.Get<std::uint32_t>();
  for (std::uint32_t i = 0; i < missing && body.ok(); ++i) report_.missing.emplace_back(body.GetText());
  if (frame->type != kReady || !body.at_end()) return did_not_start("its first frame is not what a worker sends");
  return Ok{};
}

void Worker::Control(std::uint32_t verb, std::uint32_t number) const {
  // A full pipe means that the worker has not read thousands of these: it will not miss one more. The pipe's reader may be gone.
  const ControlWord word{verb, number};
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  if (write(control_.get(), &word, sizeof word) < 0 && errno == EPIPE) {
    const timespec now{};
    sigtimedwait(&pipe_signal, nullptr, &now);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Worker::Interrupt(std::uint32_t number) { Control(kVerbInterrupt, number); }

void Worker::AskProgress(std::uint32_t number) { Control(kVerbProgress, number); }

bool Worker::Alive() const {
  if (pid_ < 0) return false;
  if (!process_) return kill(pid_, 0) == 0;
  pollfd ended{process_.get(), POLLIN, 0};
  return poll(&ended, 1, 0) == 0;
}

Status Worker::Kill() {
  if (pid_ < 0) return Ok{};
  healthy_ = false;
  kill(pid_, SIGKILL);
  pollfd ended{process_.get(), POLLIN, 0};
  if (process_) poll(&ended, 1, kReapTimeoutMs);
  for (int waited_ms = 0; waited_ms <= (process_ ? 0 : kReapTimeoutMs); ++waited_ms) {
    const pid_t reaped = waitpid(pid_, nullptr, WNOHANG);
    if (reaped == pid_ || (reaped < 0 && errno == ECHILD)) {
      pid_ = -1;
      return Ok{};
    }
    if (!process_) usleep(1'000);
  }
  return Error(ErrorCode::kUnavailable,
               fmt::format("end worker process {}: it did not end within {} ms after SIGKILL", pid_, kReapTimeoutMs));
}

std::uint64_t Worker::PrivateBytes() const {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(fmt::format("/proc/{}/statm", pid_).c_str(), "re"), fclose);
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  if (!file || fscanf(file.get(), "%" SCNu64 " %" SCNu64 " %" SCNu64, &size, &resident, &shared) != 3) return 0;
  return (resident - std::min(resident, shared)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

void Worker::YieldToOthers(bool yields) {
  if (yields_.exchange(yields) == yields) return;
  // The worker leads a process group of its own: this reaches each of its threads.
  const int ours = getpriority(PRIO_PROCESS, 0);
  if (setpriority(PRIO_PGRP, static_cast<id_t>(pid_), yields ? ours + kNiceToOthers : ours) != 0 && !yields) retired_ = true;
}

std::uint64_t Worker::MemoryBytes() const {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(fopen(fmt::format("/proc/{}/smaps_rollup", pid_).c_str(), "re"), fclose);
  char line[256];
  std::uint64_t kilobytes = 0;
  while (file && fgets(line, sizeof line, file.get()) != nullptr)
    if (sscanf(line, "Pss: %" SCNu64, &kilobytes) == 1) return kilobytes << 10;
  return PrivateBytes();  // the worker is not dumpable, so that its own user may not look
}

}  // namespace lakehouse::sandbox
