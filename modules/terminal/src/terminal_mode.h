#pragma once
#include <termios.h>
#include <csignal>

#include "lakehouse/base/result.h"

namespace lakehouse::terminal {

/// Raw mode with bracketed paste, and a window whose changes interrupt a read, until this goes.
class RawMode {
 public:
  RawMode(int in, int out) : in_(in), out_(out) {}
  ~RawMode() { Leave(); }
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;

  Status Enter();
  void Leave();

 private:
  const int in_;
  const int out_;
  bool is_raw_ = false;
  termios before_{};
  struct sigaction window_before_{};
};

}  // namespace lakehouse::terminal
