// What a peer sends: a call's head (sealed with the right key, so that what lies behind the mac is reached), an error, and the
// frames of a stream.
#include <cassert>
#include <cstdint>
#include <string>

#include "lakehouse/base/hash.h"
#include "lakehouse/net/frame.h"
#include "rpc_wire.h"
#include "stream_parser.h"

using namespace lakehouse::net;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const lakehouse::Secret key("key");
  Frame frame;
  frame.head = text;
  frame.mac = std::string(64, '0');
  assert(!OpenCall(key, frame).ok());
  if (const auto target = DecodeCallTarget(text)) (void)target->service.size();
  (void)DecodeError(text).ToString();

  StreamParser parser;
  std::size_t payload = 0;
  const std::size_t step = std::size_t{1} + data[0] % 32;
  for (std::size_t at = 0; at < text.size(); at += step) {
    parser.Add(text.substr(at, step));
    while (true) {
      auto next = parser.Next();
      if (!next) return 0;
      if (!*next) break;
      payload += (*next)->payload.size();
      assert(payload <= text.size());
    }
  }
  return 0;
}
