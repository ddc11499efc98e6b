#include "chunk_decoder.h"

#include <algorithm>
#include <charconv>

namespace lakehouse::net {
namespace {
constexpr std::size_t kMaxLine = 4096;           // of one size line with its extensions, or of one trailer line
constexpr std::size_t kMaxOverhead = 16 * 1024;  // of all of them between two payloads
constexpr std::size_t kMaxSizeDigits = 15;       // sums of sizes stay far from overflow
}  // namespace

/// Collects up to and including CRLF into line_; false when there is no whole line yet or the state is broken.
bool ChunkDecoder::TakeLine(std::string_view& in) {
  const std::size_t newline = in.find('\n');
  const std::size_t taken = newline == std::string_view::npos ? in.size() : newline + 1;
  if (line_.size() + taken > kMaxLine || overhead_ + taken > kMaxOverhead) return state_ = State::kBroken, false;
  overhead_ += taken;
  line_.append(in.substr(0, taken));
  in.remove_prefix(taken);
  if (newline == std::string_view::npos) return false;
  if (line_.size() < 2 || line_[line_.size() - 2] != '\r') return state_ = State::kBroken, false;
  line_.resize(line_.size() - 2);
  const bool has_control =
      std::ranges::any_of(line_, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
  if (has_control) return state_ = State::kBroken, false;
  return true;
}

bool ChunkDecoder::ReadSize() {
  const char* end = line_.data() + line_.size();
  const auto [after, error] = std::from_chars(line_.data(), end, left_, 16);
  const auto digits = static_cast<std::size_t>(after - line_.data());
  if (error != std::errc{} || digits > kMaxSizeDigits) return false;
  const std::size_t extension = line_.find_first_not_of(" \t", digits);
  return digits == line_.size() || (extension != std::string::npos && line_[extension] == ';');
}

ChunkDecoder::Outcome ChunkDecoder::Feed(std::string_view in, std::size_t room, std::string& out, std::size_t& consumed) {
  const std::size_t given = in.size();
  const std::size_t start = out.size();
  while (!in.empty() && state_ != State::kDone && state_ != State::kBroken) {
    switch (state_) {
      case State::kSize:
        if (!TakeLine(in)) break;
        if (!ReadSize())
          state_ = State::kBroken;
        else
          state_ = left_ == 0 ? State::kTrailer : State::kData;
        line_.clear();
        break;
      case State::kData: {
        const std::size_t free = room - std::min(room, out.size() - start);
        if (free == 0) return consumed = given - in.size(), Outcome::kMore;
        const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>({left_, in.size(), free}));
        out.append(in.substr(0, taken));
        in.remove_prefix(taken);
        left_ -= taken;
        if (left_ == 0) state_ = State::kDataEnd;
        break;
      }
      case State::kDataEnd:
        if (!TakeLine(in)) {
          if (line_.size() >= 2 || (line_.size() == 1 && line_[0] != '\r')) state_ = State::kBroken;
          break;
        }
        // A chunk of one octet needs six around it, which is fair; only extensions count as overhead.
        overhead_ = 0;
        state_ = line_.empty() ? State::kSize : State::kBroken;
        line_.clear();
        break;
      case State::kTrailer:
        if (!TakeLine(in)) break;
        if (line_.empty()) state_ = State::kDone;
        line_.clear();
        break;
      case State::kDone:
      case State::kBroken: break;
    }
  }
  consumed = given - in.size();
  if (state_ == State::kBroken) return Outcome::kBroken;
  return state_ == State::kDone ? Outcome::kDone : Outcome::kMore;
}

BodyDecoder::BodyDecoder(bool is_chunked, std::uint64_t content_length) : is_chunked_(is_chunked), left_(content_length) {}

ChunkDecoder::Outcome BodyDecoder::Feed(std::string_view in, std::size_t room, std::string& out, std::size_t& consumed) {
  if (is_chunked_) return chunks_.Feed(in, room, out, consumed);
  consumed = static_cast<std::size_t>(std::min<std::uint64_t>({left_, in.size(), room}));
  out.append(in.substr(0, consumed));
  left_ -= consumed;
  return left_ == 0 ? ChunkDecoder::Outcome::kDone : ChunkDecoder::Outcome::kMore;
}

}  // namespace lakehouse::net
