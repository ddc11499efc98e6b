#include "transcode.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace lakehouse::ingest {
namespace {

void AppendUtf8(std::string& out, std::uint32_t code) {
  if (code < 0x80)
    out += static_cast<char>(code);
  else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

// 0x80 to 0x9F of Windows-1252; the rest is Latin-1. 0x81, 0x8D, 0x8F, 0x90 and 0x9D are unassigned.
constexpr std::array<std::uint16_t, 32> kWindows1252High = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178};

class Transcoder final : public ByteReader {
 public:
  Transcoder(ByteReader& source, Encoding from) : source_(source), from_(from) {}

  Result<std::size_t> Read(char* out, std::size_t capacity) override {
    while (ready_.size() == given_) {
      ready_.clear();
      given_ = 0;
      if (ended_) return std::size_t{0};
      LH_TRY(Convert());
    }
    const std::size_t count = std::min(capacity, ready_.size() - given_);
    std::memcpy(out, ready_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  Status Convert() {
    char chunk[1u << 15];
    const std::size_t got = LH_TRY(source_.Read(chunk, sizeof chunk));
    ended_ = got == 0;
    switch (from_) {
      case Encoding::kUtf8: SkipMark({chunk, got}); break;
      case Encoding::kWindows1252:
        for (std::size_t i = 0; i < got; ++i) {
          const auto octet = static_cast<unsigned char>(chunk[i]);
          AppendUtf8(ready_, octet >= 0x80 && octet < 0xA0 ? kWindows1252High[octet - 0x80u] : octet);
        }
        break;
      default:
        for (std::size_t i = 0; i < got; ++i) LH_TRY(Utf16Octet(static_cast<unsigned char>(chunk[i])));
        if (ended_ && (offset_ % 2 != 0 || high_ != 0)) return Bad("ends in the middle of a character");
    }
    return Ok{};
  }
  void SkipMark(std::string_view octets) {
    static constexpr std::string_view kMark = "\xEF\xBB\xBF";
    while (mark_ < kMark.size() && !octets.empty()) {
      if (octets[0] != kMark[mark_]) {
        ready_ += kMark.substr(0, mark_);
        mark_ = kMark.size();
        break;
      }
      ++mark_;
      octets.remove_prefix(1);
    }
    if (ended_ && mark_ < kMark.size()) ready_ += kMark.substr(0, std::exchange(mark_, kMark.size()));
    ready_ += octets;
  }
  Status Utf16Octet(unsigned char octet) {
    if (offset_++ % 2 == 0) {
      first_ = octet;
      return Ok{};
    }
    const std::uint32_t unit =
        from_ == Encoding::kUtf16Le ? (static_cast<std::uint32_t>(octet) << 8 | first_) : (static_cast<std::uint32_t>(first_) << 8 | octet);
    if (offset_ == 2 && unit == 0xFEFF) return Ok{};
    const bool is_low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (high_ != 0) {
      if (!is_low) return Bad("has half of a surrogate pair");
      AppendUtf8(ready_, 0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00));
      high_ = 0;
      return Ok{};
    }
    if (is_low) return Bad("has half of a surrogate pair");
    if (unit >= 0xD800 && unit <= 0xDBFF)
      high_ = unit;
    else
      AppendUtf8(ready_, unit);
    return Ok{};
  }
  Error Bad(const std::string& what) const {
    return Error(ErrorCode::kUnprocessable, "the file looks like " + std::string(WireName(from_)) + " but " + what + " at byte " +
                                                std::to_string(offset_) + "; save it as UTF-8 and send it again")
        .Named("bad_encoding");
  }

  ByteReader& source_;
  Encoding from_;
  std::string ready_;
  std::size_t given_ = 0;
  std::size_t mark_ = 0;
  bool ended_ = false;
  std::int64_t offset_ = 0;
  unsigned char first_ = 0;
  std::uint32_t high_ = 0;
};

}  // namespace

std::unique_ptr<ByteReader> ToUtf8(ByteReader& source, Encoding from) { return std::make_unique<Transcoder>(source, from); }

}  // namespace lakehouse::ingest
