#pragma once
#include <cstdint>
#include <string>
#include <string_view>

/// The body of a request as it comes off the wire. Pure; fed with whatever a client sends.
namespace lakehouse::net {

/// Takes the chunked coding off (RFC 9112 §7.1), strictly: lines end in CRLF, sizes are at most 15 hex digits, extensions and
/// trailers are bounded and dropped.
class ChunkDecoder {
 public:
  enum class Outcome { kMore, kDone, kBroken };
  /// Appends payload to `out` and sets `consumed`; after kDone the rest of `in` belongs to the next request. Stops early, with
  /// kMore and part of `in` consumed, once `out` has grown by `room`.
  Outcome Feed(std::string_view in, std::size_t room, std::string& out, std::size_t& consumed);

 private:
  enum class State { kSize, kData, kDataEnd, kTrailer, kDone, kBroken };
  bool TakeLine(std::string_view& in);
  bool ReadSize();
  State state_ = State::kSize;
  std::string line_;          ///< the size or trailer line being read, without its end
  std::uint64_t left_ = 0;    ///< octets of the current chunk
  std::size_t overhead_ = 0;  ///< octets of extensions since the last payload, and of trailers
};

/// Counts off the octets of either framing.
class BodyDecoder {
 public:
  BodyDecoder(bool is_chunked, std::uint64_t content_length);
  ChunkDecoder::Outcome Feed(std::string_view in, std::size_t room, std::string& out, std::size_t& consumed);

 private:
  bool is_chunked_;
  std::uint64_t left_;
  ChunkDecoder chunks_;
};

}  // namespace lakehouse::net
