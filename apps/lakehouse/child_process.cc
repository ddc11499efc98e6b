#include "child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "lakehouse/base/file.h"

namespace lakehouse::app {
namespace {

constexpr int kNoSuchProgram = 127;
constexpr const char* kUsualPager = "less -SFXR";

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string Pager() {
  const char* named = std::getenv("PAGER");
  return named == nullptr ? kUsualPager : named;
}

/// Signals as a program expects them, whatever this one has done to its own.
class ChildAttributes {
 public:
  ChildAttributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE);
    sigaddset(&usual, SIGINT);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~ChildAttributes() { posix_spawnattr_destroy(&attributes_); }
  ChildAttributes(const ChildAttributes&) = delete;
  ChildAttributes& operator=(const ChildAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<int> RunOnTerminal(const std::string& command, const std::string_view* input) {
  UniqueFd reading, writing;
  if (input != nullptr) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return FileError("open a pipe to", command, errno);
    reading = UniqueFd(ends[0]);
    writing = UniqueFd(ends[1]);
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (input != nullptr) posix_spawn_file_actions_adddup2(&actions, reading.get(), STDIN_FILENO);
  const ChildAttributes attributes;
  std::string line = command;
  char shell[] = "sh", flag[] = "-c";
  char* arguments[] = {shell, flag, line.data(), nullptr};
  pid_t child = 0;
  const int failed = posix_spawn(&child, "/bin/sh", &actions, attributes.get(), arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return FileError("start", command, failed);
  reading.Reset();
  if (input != nullptr) {
    static_cast<void>(WriteAll(writing.get(), *input, command).ok());  // the reader may leave when it has seen enough
    writing.Reset();
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return FileError("wait for", command, errno);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool HasPager() {
  const std::string pager = Pager();
  return !pager.empty() && pager != "cat";
}

bool ShowInPager(std::string_view text) {
  if (!HasPager()) return false;
  if (std::getenv("LESS") == nullptr) setenv("LESS", "SFXR", 0);  // for a PAGER that is "less" and no more
  const auto status = RunOnTerminal(Pager(), &text);
  return status && *status != kNoSuchProgram;
}

std::string ShellWord(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

Result<std::string> EditText(const std::string& text) {
  std::string editor = Variable("VISUAL");
  if (editor.empty()) editor = Variable("EDITOR");
  if (editor.empty()) editor = "vi";
  const std::string parent = Variable("TMPDIR");
  const auto directory = LH_TRY(TemporaryDirectory::Create(parent.empty() ? "/tmp" : parent, "lakehouse-sql-"));
  const std::string path = directory.path() + "/statement.sql";
  LH_TRY(ReplaceFile(path, text + "\n", 0600));
  const int status = LH_TRY(RunOnTerminal(editor + " " + ShellWord(path), nullptr));
  if (status != 0)
    return Error(ErrorCode::kUnavailable, "the editor \"" + editor + "\" ended with status " + std::to_string(status) +
                                              "; the statement stays as it was. VISUAL or EDITOR names another one");
  return ReadFile(path);
}

}  // namespace lakehouse::app
