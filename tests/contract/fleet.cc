#include "fleet.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>
#include <utility>

#include "base_testing/matchers.h"
#include "lakehouse/base/context.h"
#include "lakehouse/net/http_transport.h"

namespace lakehouse {
namespace {

constexpr std::int64_t kStartMs = 30'000;
constexpr std::int64_t kStopMs = 30'000;

/// What the daemon inherits: all but settings of ours, which would change what is tested.
std::vector<char*> ForeignEnvironment() {
  std::vector<char*> kept;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (!std::string_view(*entry).starts_with("LAKEHOUSE_")) kept.push_back(*entry);
  kept.push_back(nullptr);
  return kept;
}

/// Standard output goes to `output`, standard error to the log.
pid_t Spawn(std::vector<std::string> command, const std::string& log_path, int output) {
  std::vector<char*> argv;
  for (std::string& word : command) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  std::vector<char*> environment = ForeignEnvironment();
  pid_t pid = -1;
  const int failed = posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environment.data());
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::runtime_error("start " + command[0] + ": errno " + std::to_string(failed));
  return pid;
}

/// The URL in "… is ready at URL", or empty when the output ends or the time does.
std::string ReadUrl(int output) {
  const Deadline deadline = Deadline::After(kStartMs);
  constexpr std::string_view kReady = " is ready at ";
  std::string seen;
  while (true) {
    const std::size_t at = seen.find(kReady);
    const std::size_t end = at == std::string::npos ? at : seen.find('\n', at);
    if (end != std::string::npos) return seen.substr(at + kReady.size(), end - at - kReady.size());
    pollfd wait{output, POLLIN, 0};
    char chunk[512];
    if (poll(&wait, 1, static_cast<int>(deadline.RemainingMs().value_or(0))) <= 0) return {};
    const ssize_t got = read(output, chunk, sizeof chunk);
    if (got <= 0) return {};
    seen.append(chunk, static_cast<std::size_t>(got));
  }
}

}  // namespace

Daemon::Daemon(const std::vector<std::string>& arguments, std::string log_path) : log_path_(std::move(log_path)) {
  const char* binary = std::getenv("LAKEHOUSE_BINARY");
  if (binary == nullptr) throw std::runtime_error("LAKEHOUSE_BINARY names no binary; ctest sets it");
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe: errno " + std::to_string(errno));
  output_ = ends[0];
  std::vector<std::string> command{binary};
  command.insert(command.end(), arguments.begin(), arguments.end());
  pid_ = Spawn(std::move(command), log_path_, ends[1]);
  close(ends[1]);
  url_ = ReadUrl(output_);
  if (!url_.empty()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  close(output_);
  throw std::runtime_error("not ready after " + std::to_string(kStartMs) + " ms; its log:\n" + Log());
}

Daemon::~Daemon() {
  Stop();
  // Its end of the pipe closes when it is gone; workers do not inherit it.
  pollfd wait{output_, POLLIN, 0};
  if (poll(&wait, 1, kStopMs) <= 0) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  close(output_);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "wait status " << status << " after SIGTERM; its log:\n" << Log();
}

void Daemon::Stop() {
  if (!std::exchange(asked_to_stop_, true)) kill(pid_, SIGTERM);  // a second one would end it at once
}

std::string Daemon::Log() const {
  const auto log = ReadFile(log_path_);
  return log ? log->substr(log->size() - std::min<std::size_t>(log->size(), 4'000)) : log.error().ToString();
}

Fleet::Fleet(const std::vector<std::string>& services) : directory_(Must(TemporaryDirectory::Create(testing::TempDir(), "fleet-"))) {
  std::vector<std::string> known;
  for (const std::string& service : services) {
    std::vector<std::string> arguments{"serve", service, "--listen", "127.0.0.1:0", "--data", path() + "/data", "--state", state()};
    arguments.insert(arguments.end(), known.begin(), known.end());
    daemons_.push_back(std::make_unique<Daemon>(arguments, path() + "/" + service + ".log"));
    const std::string& url = daemons_.back()->url();
    known.insert(known.end(), {"--set", "services." + service + "=" + url});
    const Secret key = Must(LoadOrCreateKey(state() + "/internal.key"));
    ways_[service] = std::make_unique<net::HttpTransport>(client_, url, key);
  }
}

Fleet::~Fleet() {
  for (const auto& daemon : daemons_) daemon->Stop();
}

}  // namespace lakehouse
