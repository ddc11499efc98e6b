#include "terminal_mode.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "lakehouse/base/file.h"
#include "lakehouse/terminal/line_editor.h"

namespace lakehouse::terminal {

WindowSize WindowSizeOf(int fd) {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

Status RawMode::Enter() {
  if (is_raw_) return Ok{};
  if (tcgetattr(in_, &before_) != 0) return FileError("read the mode of", "the terminal", errno);
  termios raw = before_;
  raw.c_iflag &= ~static_cast<tcflag_t>(BRKINT | ICRNL | INPCK | ISTRIP | IXON);
  raw.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | IEXTEN | ISIG);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  if (tcsetattr(in_, TCSADRAIN, &raw) != 0) return FileError("set the mode of", "the terminal", errno);
  is_raw_ = true;
  struct sigaction changed{};
  changed.sa_handler = [](int) {};  // without SA_RESTART: the read ends, and the window is looked at anew
  sigaction(SIGWINCH, &changed, &window_before_);
  return WriteAll(out_, "\033[?2004h", "the terminal");
}

void RawMode::Leave() {
  if (!is_raw_) return;
  static_cast<void>(WriteAll(out_, "\033[?2004l", "the terminal").ok());  // it may be gone
  sigaction(SIGWINCH, &window_before_, nullptr);
  tcsetattr(in_, TCSADRAIN, &before_);
  is_raw_ = false;
}

}  // namespace lakehouse::terminal
