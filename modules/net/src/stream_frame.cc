#include "lakehouse/net/stream_frame.h"

#include "lakehouse/base/hash.h"
#include "lakehouse/net/frame.h"
#include "stream_parser.h"

namespace lakehouse::net {
namespace {

constexpr std::size_t kMacDigits = 64;

std::string MakeFrame(char kind, std::string_view payload) {
  const auto length = static_cast<std::uint32_t>(payload.size());
  std::string frame;
  frame.reserve(payload.size() + StreamParser::kHeadOctets);
  frame += kind;
  for (unsigned shift = 0; shift < 32; shift += 8) frame += static_cast<char>(length >> shift & 0xff);
  return frame.append(payload);
}

std::string OutcomeMac(const Secret& key, std::string_view nonce, const Sha256Digest& data, char kind, std::string_view rest) {
  std::string text = "lakehouse stream 1\n";
  text.append(std::to_string(nonce.size())).append("\n").append(nonce).append(ToHex(data));
  text += kind;
  return ToHex(HmacSha256(key.Reveal(), text.append(rest)));
}

class FramedSource final : public ByteSource {
 public:
  FramedSource(std::unique_ptr<ByteSource> source, Secret key, std::string nonce)
      : source_(std::move(source)), key_(std::move(key)), nonce_(std::move(nonce)) {}

  Result<std::optional<std::string>> Next(const Context& context) override {
    constexpr std::size_t kPiece = 1024 * 1024;
    if (is_done_) return std::optional<std::string>();
    auto next = source_->Next(context);
    if (!next) return Outcome('X', EncodeError(next.error()));
    if (!*next) return Outcome('E', "");
    digest_.Add(**next);
    std::string frames;
    for (std::size_t at = 0; at < (*next)->size(); at += kPiece) frames += MakeFrame('D', std::string_view(**next).substr(at, kPiece));
    return std::optional(std::move(frames));
  }

 private:
  std::optional<std::string> Outcome(char kind, const std::string& rest) {
    is_done_ = true;
    return MakeFrame(kind, OutcomeMac(key_, nonce_, digest_.Finish(), kind, rest) + rest);
  }

  std::unique_ptr<ByteSource> source_;
  Secret key_;
  std::string nonce_;
  Sha256 digest_;
  bool is_done_ = false;
};

class UnframedSource final : public ByteSource {
 public:
  UnframedSource(std::unique_ptr<ByteSource> frames, Secret key, std::string nonce)
      : frames_(std::move(frames)), key_(std::move(key)), nonce_(std::move(nonce)) {}

  Result<std::optional<std::string>> Next(const Context& context) override {
    while (true) {
      if (auto frame = LH_TRY(parser_.Next())) {
        if (frame->kind != 'D') return Conclude(*frame);
        digest_.Add(frame->payload);
        if (!frame->payload.empty()) return std::optional(std::move(frame->payload));
        continue;
      }
      auto octets = LH_TRY(frames_->Next(context));
      if (!octets) return Error(ErrorCode::kOutcomeUnknown, "the stream was cut before its end").Named("stream_cut");
      parser_.Add(*octets);
    }
  }

 private:
  Result<std::optional<std::string>> Conclude(const StreamParser::Frame& frame) {
    if (frame.payload.size() < kMacDigits) return Error(ErrorCode::kCorruption, "the last frame of a stream is too short");
    const std::string_view rest = std::string_view(frame.payload).substr(kMacDigits);
    const std::string expected = OutcomeMac(key_, nonce_, digest_.Finish(), frame.kind, rest);
    if (!EqualInConstantTime(expected, std::string_view(frame.payload).substr(0, kMacDigits)))
      return Error(ErrorCode::kUnauthenticated,
                   "the mac of a stream does not fit: it is not whole, or not from a daemon with our internal.key")
          .Named("bad_mac");
    if (frame.kind == 'X') return DecodeError(rest);
    return std::optional<std::string>();
  }

  std::unique_ptr<ByteSource> frames_;
  Secret key_;
  std::string nonce_;
  Sha256 digest_;
  StreamParser parser_;
};

}  // namespace

void StreamParser::Add(std::string_view octets) {
  pending_.erase(0, at_);
  at_ = 0;
  pending_.append(octets);
}

Result<std::optional<StreamParser::Frame>> StreamParser::Next() {
  const std::string_view rest = std::string_view(pending_).substr(at_);
  if (rest.empty()) return std::optional<Frame>();
  const char kind = rest[0];
  if (kind != 'D' && kind != 'E' && kind != 'X') return Error(ErrorCode::kCorruption, "a stream has a frame of no known kind");
  if (rest.size() < kHeadOctets) return std::optional<Frame>();
  std::size_t length = 0;
  for (unsigned i = 0; i < 4; ++i) length |= static_cast<std::size_t>(static_cast<unsigned char>(rest[1 + i])) << (8 * i);
  if (length > kMaxPayload)
    return Error(ErrorCode::kCorruption, "a stream has a frame of " + std::to_string(length) + " octets; at most 64 MiB are allowed");
  if (rest.size() - kHeadOctets < length) return std::optional<Frame>();
  at_ += kHeadOctets + length;
  return std::optional(Frame{kind, std::string(rest.substr(kHeadOctets, length))});
}

std::unique_ptr<ByteSource> FrameStream(std::unique_ptr<ByteSource> source, Secret key, std::string nonce) {
  return std::make_unique<FramedSource>(std::move(source), std::move(key), std::move(nonce));
}
std::unique_ptr<ByteSource> UnframeStream(std::unique_ptr<ByteSource> frames, Secret key, std::string nonce) {
  return std::make_unique<UnframedSource>(std::move(frames), std::move(key), std::move(nonce));
}

}  // namespace lakehouse::net
