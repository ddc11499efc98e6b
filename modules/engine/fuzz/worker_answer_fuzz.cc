// What a worker sends is read by the process that must not fall: frames, errors, columns, summaries, progress.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lakehouse/sandbox/channel.h"
#include "protocol.h"

namespace {

using namespace lakehouse;

void Require(bool holds) {
  if (!holds) std::abort();
}

/// Every body goes to every decoder: a hostile worker picks the type as it likes.
void Decode(std::string_view body) {
  (void)sandbox::DecodeError(body);
  if (const auto columns = engine::DecodeColumns(body)) Require(engine::EncodeColumns(*columns) == body);
  if (const auto summary = engine::DecodeSummary(body)) Require(engine::EncodeSummary(*summary) == body);
  if (const auto percent = engine::DecodeProgress(body)) Require(*percent <= 100);
  (void)engine::DecodeRun(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  Decode(octets);
  constexpr std::size_t kFitsTheSocket = 64u << 10;
  int fds[2];
  if (size > kFitsTheSocket || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return 0;
  sandbox::ParentChannel channel{UniqueFd(fds[0])};
  Require(write(fds[1], data, size) == static_cast<ssize_t>(size));
  close(fds[1]);
  for (;;) {
    const auto frame = channel.Receive({});
    if (!frame) break;
    Require(frame->body.size() <= size);
    Decode(frame->body);
  }
  return 0;
}
