// Head and body of requests, the first octet choosing how they are cut. Whatever comes, the parsers end, stay within their limits,
// and see the same thing however it is cut.
#include <cassert>
#include <cstdint>
#include <string>

#include "chunk_decoder.h"
#include "request_head.h"
#include "uri.h"

namespace {

using namespace lakehouse::net;

struct Seen {
  std::size_t head_octets = 0;
  std::string body;
  int outcome = 0;
};

Seen Read(std::string_view text, std::size_t step) {
  const HeadLimits limits{.max_head_bytes = 4096, .max_header_count = 16, .max_target_bytes = 1024};
  Seen seen;
  HeadScanner scanner;
  std::size_t given = 0;
  while (seen.head_octets == 0) {
    if (given == text.size()) return seen;
    given = std::min(given + step, text.size());
    const auto scanned = scanner.Scan(text.substr(0, given), limits);
    if (std::holds_alternative<HeadFault>(scanned)) return seen.outcome = -1, seen;
    if (const auto* end = std::get_if<std::size_t>(&scanned)) seen.head_octets = *end;
  }
  const auto parsed = ParseRequestHead(text.substr(0, seen.head_octets), limits);
  if (const auto* fault = std::get_if<HeadFault>(&parsed)) return seen.outcome = fault->status, seen;
  const auto& head = std::get<RequestHead>(parsed);
  assert(head.headers.size() <= limits.max_header_count);
  assert(!(head.is_chunked && head.content_length > 0));
  if (const auto path = DecodePath(head.raw_path)) assert(IsUtf8(*path) && path->find('\0') == std::string::npos);
  (void)ParseQuery(head.raw_query);

  BodyDecoder decoder(head.is_chunked, head.content_length);
  std::string_view rest = text.substr(seen.head_octets);
  seen.outcome = 1;
  if (!head.has_body()) return seen;
  while (!rest.empty()) {
    std::size_t consumed = 0;
    const auto outcome = decoder.Feed(rest.substr(0, step), 64, seen.body, consumed);
    assert(consumed <= std::min(step, rest.size()));
    rest.remove_prefix(consumed);
    if (outcome != ChunkDecoder::Outcome::kMore) return seen.outcome = outcome == ChunkDecoder::Outcome::kDone ? 2 : 3, seen;
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Seen whole = Read(text, std::max<std::size_t>(text.size(), 1));
  const Seen cut = Read(text, std::size_t{1} + data[0] % 32);
  // A refusal may come before what follows was looked at; what both accept must be the same.
  if (whole.outcome == 2 && cut.outcome == 2) assert(whole.body == cut.body && whole.head_octets == cut.head_octets);
  assert((whole.outcome == 2) == (cut.outcome == 2));
  return 0;
}
