#include "interrupts.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace lakehouse::app {
namespace {

sigset_t InterruptSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  return set;
}

/// True when there was one.
bool TakeSignal(int fd) {
  signalfd_siginfo taken{};
  return read(fd, &taken, sizeof taken) == static_cast<ssize_t>(sizeof taken);
}

}  // namespace

Interrupts::Interrupts() {
  const sigset_t set = InterruptSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = UniqueFd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

Interrupts::Watch::Watch(const Interrupts& interrupts) : ended_(eventfd(0, EFD_CLOEXEC)) {
  const int signals = interrupts.signals_.get(), ended = ended_.get();
  while (TakeSignal(signals)) {
  }
  thread_ = std::thread([signals, ended, source = source_]() mutable {
    for (;;) {
      pollfd waiting[] = {{signals, POLLIN, 0}, {ended, POLLIN, 0}};
      if (poll(waiting, 2, -1) < 0 && errno != EINTR) return;
      if ((waiting[1].revents & POLLIN) != 0) return;
      if ((waiting[0].revents & POLLIN) != 0 && TakeSignal(signals)) source.request_stop();
    }
  });
}

Interrupts::Watch::~Watch() {
  static_cast<void>(eventfd_write(ended_.get(), 1));
  thread_.join();
}

}  // namespace lakehouse::app
