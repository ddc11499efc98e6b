#include "lakehouse/sandbox/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "jail_arguments.h"
#include "jail_directory.h"
#include "lakehouse/base/random.h"
#include "spawn_plan.h"

namespace lakehouse::sandbox {
namespace {

constexpr unsigned kWorkerUsers = 4'000, kProgramUsers = 1'000;  // users of programs lie above those of workers
constexpr std::size_t kMaxComplaint = 4'096;
constexpr int kPulseMs = 50;

Error CouldNotStart(std::string_view step, int error_number) {
  return Error(ErrorCode::kUnavailable, fmt::format("start a program: {}: {}", step, std::strerror(error_number)));
}

std::string StartOf(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  std::string text(kMaxComplaint, '\0');
  const ssize_t got = fd ? read(fd.get(), text.data(), text.size()) : 0;
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

Result<int> Spawn(const WorkerOptions& options, const JailOptions& jail, const std::string& directory, const ProgramRun& run) {
  SpawnPlan plan;
  PlanSignals(plan);
  const std::string out = directory + "/tmp/stdout", complaint = directory + "/tmp/stderr";
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_addopen(&plan.actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
  posix_spawn_file_actions_addopen(&plan.actions, 2, complaint.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
  posix_spawn_file_actions_addchdir_np(&plan.actions, directory.c_str());
  std::vector<std::string> words{"lakehouse-worker", "worker"};
  for (std::string& word : JailArguments(jail)) words.push_back(std::move(word));
  words.emplace_back("--");
  words.push_back(run.program);
  words.insert(words.end(), run.arguments.begin(), run.arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  char* no_environment[] = {nullptr};
  int pid = -1;
  const int failed =
      posix_spawn(&pid, options.executable.c_str(), &plan.actions, &plan.attributes, argv.data(), kSanitized ? environ : no_environment);
  if (failed != 0) return CouldNotStart(options.executable, failed);
  return pid;
}

}  // namespace

Result<Program> Program::Run(const Context& context, const WorkerOptions& options, const std::string& id, const ProgramRun& run) {
  LH_TRY(context.Check());
  Program program;
  program.directory_ = options.root + "/" + id;
  JailOptions jail = options.jail;
  jail.starts_program = true;
  jail.address_space_bytes = run.address_space_bytes;
  jail.file_size_bytes = run.file_size_bytes;
  jail.cpu_seconds = run.cpu_seconds;
  if (jail.uid == 0 && geteuid() == 0 && options.first_uid != 0)
    jail.uid = options.first_uid + kWorkerUsers + static_cast<unsigned>(SystemRandom().Below(kProgramUsers));
  LH_TRY(MakeJailDirectory(program.directory_, jail.uid));
  for (const auto& [path, name] : run.inputs) LH_TRY(CopyForJail(path, program.directory_ + "/in/" + name, jail.uid));

  const int pid = LH_TRY(Spawn(options, jail, program.directory_, run));
  const UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  const Deadline wall = Deadline::After(run.wall_ms);
  int status = 0;
  bool timed_out = false;
  Status stopped = Ok{};
  for (bool killed = false;;) {
    if (waitpid(pid, &status, killed ? 0 : WNOHANG) == pid) break;
    stopped = context.Check();
    timed_out = wall.RemainingMs().value_or(1) <= 0;
    if (!stopped || timed_out) {
      kill(pid, SIGKILL);
      killed = true;
      continue;
    }
    pollfd ended{process.get(), POLLIN, 0};
    if (process)
      poll(&ended, 1, kPulseMs);
    else
      usleep(1'000);
  }
  LH_TRY(std::move(stopped));
  program.complaint_ = StartOf(program.directory_ + "/tmp/stderr");
  if (timed_out)
    return Error(ErrorCode::kDeadlineExceeded, fmt::format("{} did not end within {} s and was ended", run.program, run.wall_ms / 1'000))
        .Named("program_timeout");
  program.exit_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  program.signal_ = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return program;
}

Program::Program(Program&& other) noexcept
    : directory_(std::exchange(other.directory_, {})),
      exit_status_(other.exit_status_),
      signal_(other.signal_),
      complaint_(std::move(other.complaint_)) {}

Program::~Program() {
  if (directory_.empty()) return;
  std::error_code ignored;  // what remains is removed at the next start
  std::filesystem::remove_all(directory_, ignored);
}

Status Program::Take(const std::string& name, const std::string& destination) const { return TakeProduced(directory_, name, destination); }

}  // namespace lakehouse::sandbox
