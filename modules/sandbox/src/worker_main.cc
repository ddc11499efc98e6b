#include "lakehouse/sandbox/worker_main.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <thread>

#include "control.h"
#include "jail_arguments.h"
#include "lakehouse/sandbox/wire.h"

namespace lakehouse::sandbox {

namespace {

constexpr int kCouldNotStart = 70;

std::string ReadyBody(const JailReport& report) {
  BodyWriter body;
  body.Put(static_cast<std::int32_t>(report.landlock_abi));
  body.Put(static_cast<std::uint8_t>(report.seccomp));
  body.Put(static_cast<std::uint8_t>(report.own_uid));
  body.Put(static_cast<std::int32_t>(report.threads));
  body.Put(static_cast<std::uint32_t>(report.missing.size()));
  for (const std::string& what : report.missing) body.PutText(what);
  return std::move(body).Take();
}

bool ReadControlWord(ControlWord& word) {
  auto* to = reinterpret_cast<char*>(&word);
  for (std::size_t got = 0; got < sizeof word;) {
    const ssize_t n = read(kControlFd, to + got, sizeof word - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    got += static_cast<std::size_t>(n);
  }
  return true;
}

/// Ends the process with the parent: its end of the pipe closes however the parent ends.
[[noreturn]] void ServeControl(const WorkerProgram& program, Channel& channel) {
  ControlWord word{};
  while (ReadControlWord(word)) {
    if (word.verb == kVerbInterrupt && program.interrupt) program.interrupt(word.number);
    if (word.verb == kVerbProgress && program.progress) program.progress(word.number, channel);
  }
  std::_Exit(0);
}

/// Exceptions of foreign code end here; memory that ran out is the request's fault, not the worker's.
Result<std::string> Handle(const WorkerProgram& program, const Frame& frame, Channel& channel) {
  const auto handler = program.handlers.find(frame.type);
  if (handler == program.handlers.end())
    return Error(ErrorCode::kInternal, fmt::format("the worker has no handler for requests of type {}", frame.type));
  BodyReader body(frame.body);
  const auto number = body.Get<std::uint32_t>();
  if (!body.ok()) return Error(ErrorCode::kInternal, "a request without a number");
  try {
    return handler->second(Request{number, body.rest()}, channel);
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kResourceExhausted, "the request needs more memory than a worker may have").Named("out_of_memory");
  } catch (const std::exception& exception) {
    return Error(ErrorCode::kInternal, fmt::format("the worker failed: {}", exception.what()));
  }
}

/// Becomes another program, which then is all that this process may be. Ends it when that fails; what it says is read as the
/// program's own words.
[[noreturn]] void BecomeProgram(const JailOptions& options, const std::vector<std::string>& arguments) {
  // At once: what runs when a process ends by itself is not made for the jail.
  const auto say = [] [[noreturn]] (const std::string& text) {
    (void)!write(STDERR_FILENO, text.data(), text.size());
    _exit(kCouldNotStart);
  };
  if (arguments.empty()) say("no program was named");
  if (const auto jailed = EnterJail(options); !jailed) say(jailed.error().message());
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  char locale[] = "LC_ALL=C.UTF-8", one_thread[] = "OMP_THREAD_LIMIT=1";
  char* environment[] = {locale, one_thread, nullptr};
  execve(arguments[0].c_str(), words.data(), environment);
  say(fmt::format("execute {}: {}", arguments[0], std::strerror(errno)));
}

int CannotStart(Channel& channel, const Error& error) {
  (void)channel.Send(kError, EncodeError(error), true);
  return kCouldNotStart;
}

}  // namespace

int RunWorker(int argc, char** argv, const std::function<Result<WorkerProgram>(const std::vector<std::string>& arguments)>& open) {
  signal(SIGPIPE, SIG_IGN);
  Channel channel(kChannelFd);
  std::vector<std::string_view> jail_words;
  int next = 2;
  for (; next < argc && std::string_view(argv[next]) != "--"; ++next) jail_words.emplace_back(argv[next]);
  const std::vector<std::string> arguments(argv + std::min(next + 1, argc), argv + argc);

  const Result<JailOptions> options = ParseJailArguments(jail_words);
  if (!options) return CannotStart(channel, options.error());
  if (options->starts_program) BecomeProgram(*options, arguments);
  const Result<JailReport> jailed = EnterJail(*options);
  if (!jailed) return CannotStart(channel, jailed.error());
  Result<WorkerProgram> program = open(arguments);
  if (!program) return CannotStart(channel, program.error());

  std::thread([&program, &channel] { ServeControl(*program, channel); }).detach();
  if (!channel.Send(kReady, ReadyBody(*jailed), true)) std::_Exit(0);
  for (;;) {
    const Result<Frame> frame = channel.Receive();
    if (!frame) std::_Exit(0);
    const Result<std::string> result = Handle(*program, *frame, channel);
    const Status sent = result ? channel.Send(kDone, *result, true) : channel.Send(kError, EncodeError(result.error()), true);
    if (!sent) std::_Exit(0);
  }
}

}  // namespace lakehouse::sandbox
