// The executable of the workers that this module's tests start: it tries what a jailed process must not be able to do, and says how it
// went.
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <thread>

#include "lakehouse/sandbox/worker_main.h"
#include "test_requests.h"

namespace lakehouse::sandbox {
namespace {

std::string Outcome(bool worked) { return worked ? "worked" : std::strerror(errno); }

std::string TryToOpen(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0600);
  const std::string outcome = Outcome(fd >= 0);
  if (fd >= 0) close(fd);
  return outcome;
}

std::string TryToList(const std::string& path) {
  DIR* directory = opendir(path.c_str());
  const std::string outcome = Outcome(directory != nullptr);
  if (directory != nullptr) closedir(directory);
  return outcome;
}

std::string TryToConnect() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return Outcome(false);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return Outcome(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

std::string TryToExec() {
  char path[] = "/bin/true";
  char* argv[] = {path, nullptr};
  char* environment[] = {nullptr};
  execve(path, argv, environment);
  return Outcome(false);
}

std::string TryToAllocate(std::size_t octets) {
  const std::unique_ptr<char[]> memory(new char[octets]);
  volatile char* middle = memory.get() + octets / 2;  // volatile: an allocation that nobody looks at may be left out
  *middle = 1;
  return *middle == 1 ? "worked" : "";
}

std::string ThreadOpens(const std::string& path) {
  std::string outcome;
  std::thread([&] { outcome = TryToOpen(path, O_RDONLY); }).join();
  return outcome;
}

std::string Try(const std::string& what, const std::string& argument) {
  static const std::map<std::string, std::function<std::string(const std::string&)>> kAttempts = {
      {"read", [](const std::string& path) { return TryToOpen(path, O_RDONLY); }},
      {"write", [](const std::string& path) { return TryToOpen(path, O_WRONLY); }},
      {"create", [](const std::string& path) { return TryToOpen(path, O_WRONLY | O_CREAT); }},
      {"read in a thread", ThreadOpens},
      {"list", TryToList},
      {"connect", [](const std::string&) { return TryToConnect(); }},
      {"exec", [](const std::string&) { return TryToExec(); }},
      {"fork", [](const std::string&) { return Outcome(fork() >= 0); }},
      {"vfork", [](const std::string&) { return Outcome(syscall(SYS_vfork) >= 0); }},
      {"signal the parent", [](const std::string&) { return Outcome(kill(getppid(), 0) == 0); }},
      {"ptrace the parent", [](const std::string&) { return Outcome(ptrace(PTRACE_ATTACH, getppid(), nullptr, nullptr) == 0); }},
      {"mkdir", [](const std::string& path) { return Outcome(mkdir(path.c_str(), 0700) == 0); }},
      {"symlink", [](const std::string& path) { return Outcome(symlink("/etc/passwd", path.c_str()) == 0); }},
      {"link", [](const std::string& path) { return Outcome(link("in", path.c_str()) == 0); }},
      {"rename", [](const std::string& path) { return Outcome(rename("tmp/a", path.c_str()) == 0); }},
      {"chmod", [](const std::string& path) { return Outcome(chmod(path.c_str(), 0777) == 0); }},
      {"raise a limit",
       [](const std::string&) {
         const rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
         return Outcome(setrlimit(RLIMIT_AS, &limit) == 0);
       }},
      {"setuid", [](const std::string&) { return Outcome(setuid(0) == 0 && geteuid() == 0); }},
      {"allocate", [](const std::string& octets) { return TryToAllocate(std::stoull(octets)); }},
      {"owner",
       [](const std::string& path) {
         struct stat facts{};
         return stat(path.c_str(), &facts) == 0 ? std::to_string(facts.st_uid) : Outcome(false);
       }},
      {"environment",
       [](const std::string&) { return environ == nullptr || *environ == nullptr ? std::string("empty") : std::string(*environ); }},
  };
  const auto attempt = kAttempts.find(what);
  return attempt == kAttempts.end() ? "unknown attempt" : attempt->second(argument);
}

Result<std::string> HandleTry(const Request& request, Channel&) {
  const std::string body(request.body);
  const std::size_t cut = body.find('\n');
  return Try(body.substr(0, cut), cut == std::string::npos ? "" : body.substr(cut + 1));
}

/// Sends as many frames of this size as the body says: "count size".
Result<std::string> HandleFlood(const Request& request, Channel& channel) {
  const std::string body(request.body);
  const unsigned long count = std::stoul(body);
  const std::string octets(std::stoul(body.substr(body.find(' '))), 'x');
  for (unsigned long i = 0; i < count; ++i) LH_TRY(channel.Send(kTestOutput, octets));
  return std::string("end");
}

/// Octets that are no frame.
Result<std::string> HandleGarbage(const Request& request, Channel&) {
  (void)!write(3, request.body.data(), request.body.size());
  for (;;) pause();
}

Result<WorkerProgram> Open(const std::vector<std::string>& arguments) {
  if (arguments == std::vector<std::string>{"refuse"}) return Error(ErrorCode::kInternal, "told to refuse");
  if (arguments == std::vector<std::string>{"hang"})
    for (;;) pause();
  const auto interrupted = std::make_shared<std::atomic<std::uint32_t>>(0);
  WorkerProgram program;
  program.handlers[kTestTry] = HandleTry;
  program.handlers[kTestFlood] = HandleFlood;
  program.handlers[kTestGarbage] = HandleGarbage;
  program.handlers[kTestEcho] = [](const Request& request, Channel&) { return Result<std::string>(std::string(request.body)); };
  program.handlers[kTestFail] = [](const Request& request, Channel&) -> Result<std::string> {
    return Error(ErrorCode::kUnprocessable, std::string(request.body)).Named("for_a_test").WithDetails("{\"a\":1}");
  };
  program.handlers[kTestThrow] = [](const Request& request, Channel&) -> Result<std::string> {
    if (request.body == "memory") throw std::bad_alloc();
    throw std::runtime_error("thrown");
  };
  program.handlers[kTestDie] = [](const Request&, Channel&) -> Result<std::string> { std::abort(); };
  program.handlers[kTestUntilInterrupted] = [interrupted](const Request& request, Channel& channel) -> Result<std::string> {
    LH_TRY(channel.Send(kTestOutput, "begun", true));
    while (interrupted->load() != request.number) std::this_thread::yield();
    return Error(ErrorCode::kCancelled, "interrupted");
  };
  program.handlers[kTestDeaf] = [](const Request&, Channel& channel) -> Result<std::string> {
    LH_TRY(channel.Send(kTestOutput, "begun", true));
    for (;;) pause();
  };
  program.interrupt = [interrupted](std::uint32_t number) { interrupted->store(number); };
  return program;
}

}  // namespace
}  // namespace lakehouse::sandbox

int main(int argc, char** argv) { return lakehouse::sandbox::RunWorker(argc, argv, lakehouse::sandbox::Open); }
