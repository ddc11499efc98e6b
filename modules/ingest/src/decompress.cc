#include "decompress.h"

#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

namespace lakehouse::ingest {
namespace {

/// The shared half of both formats: packed octets in a window, counts, limits.
class Unpacker : public ByteReader {
 public:
  Unpacker(ByteReader& source, const UnpackLimits& limits, const char* format)
      : source_(source), limits_(limits), format_(format), packed_(1u << 17) {}

 protected:
  bool has_packed() const { return begin_ < end_; }
  /// Makes octets available; false at the end of the file.
  Result<bool> Fill() {
    if (has_packed()) return true;
    begin_ = 0;
    end_ = LH_TRY(source_.Read(packed_.data(), packed_.size()));
    return end_ > 0;
  }
  void Consume(std::size_t count) {
    begin_ += count;
    taken_ += static_cast<std::int64_t>(count);
  }
  Status CountOut(std::size_t count) {
    out_ += static_cast<std::int64_t>(count);
    if (out_ > limits_.max_bytes) return Bomb("unpacks to more than " + std::to_string(limits_.max_bytes) + " bytes");
    if (out_ > limits_.ratio_free_bytes && out_ > limits_.ratio * taken_)
      return Bomb("unpacks to more than " + std::to_string(limits_.ratio) + " times its size");
    return Ok{};
  }
  Error Bad(const std::string& what) const {
    return Error(ErrorCode::kUnprocessable, std::string("the file is not valid ") + format_ + ": " + what + " at byte " +
                                                std::to_string(taken_) + "; send a whole file, or unpack it first")
        .Named(std::string("bad_") + format_);
  }
  Error Bomb(const std::string& what) const {
    return Error(ErrorCode::kUnprocessable, std::string("the ") + format_ + " file " + what + " (at byte " + std::to_string(taken_) +
                                                " of it): refused; unpack it first if it is what you meant to send")
        .Named("decompression_bomb");
  }

  ByteReader& source_;
  UnpackLimits limits_;
  const char* format_;
  std::vector<char> packed_;
  std::size_t begin_ = 0, end_ = 0;
  std::int64_t taken_ = 0, out_ = 0;
};

class GzipReader final : public Unpacker {
 public:
  GzipReader(ByteReader& source, const UnpackLimits& limits) : Unpacker(source, limits, "gzip") {
    open_ = ::inflateInit2(&stream_, 15 + 16) == Z_OK;
  }
  ~GzipReader() override {
    if (open_) ::inflateEnd(&stream_);
  }

  Result<std::size_t> Read(char* out, std::size_t capacity) override {
    if (!open_) return Error(ErrorCode::kResourceExhausted, "no memory to unpack gzip");
    for (;;) {
      if (!LH_TRY(Fill())) {
        if (between_members_) return std::size_t{0};
        return Bad("it ends in the middle");
      }
      if (between_members_) {
        // Padding with zeros after the last member is common (tapes, block devices) and harmless.
        if (packed_[begin_] == 0) {
          padding_ = true;
          Consume(1);
          continue;
        }
        if (padding_) return Bad("octets after its padding");
        if (taken_ > 0 && ::inflateReset(&stream_) != Z_OK) return Bad("it cannot be continued");
        between_members_ = false;
      }
      stream_.next_in = reinterpret_cast<Bytef*>(packed_.data() + begin_);
      stream_.avail_in = static_cast<uInt>(end_ - begin_);
      stream_.next_out = reinterpret_cast<Bytef*>(out);
      stream_.avail_out = static_cast<uInt>(capacity);
      const uInt had = stream_.avail_in;
      const int status = ::inflate(&stream_, Z_NO_FLUSH);
      Consume(had - stream_.avail_in);
      const std::size_t made = capacity - stream_.avail_out;
      if (status == Z_STREAM_END)
        between_members_ = true;
      else if (status != Z_OK && status != Z_BUF_ERROR)
        return Bad(stream_.msg != nullptr ? stream_.msg : "damaged data");
      LH_TRY(CountOut(made));
      if (made > 0) return made;
    }
  }

 private:
  z_stream stream_{};
  bool open_ = false;
  bool between_members_ = true;
  bool padding_ = false;
};

class ZstdReader final : public Unpacker {
 public:
  ZstdReader(ByteReader& source, const UnpackLimits& limits) : Unpacker(source, limits, "zstd"), stream_(::ZSTD_createDStream()) {
    // A frame may ask for a window of 2 GiB; 128 MiB is what every encoder stays within unless told otherwise.
    if (stream_ != nullptr) ::ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);
  }
  ~ZstdReader() override { ::ZSTD_freeDStream(stream_); }

  Result<std::size_t> Read(char* out, std::size_t capacity) override {
    if (stream_ == nullptr) return Error(ErrorCode::kResourceExhausted, "no memory to unpack zstd");
    for (;;) {
      const bool more = LH_TRY(Fill());
      if (!more && whole_) return std::size_t{0};
      ZSTD_inBuffer input{packed_.data() + begin_, end_ - begin_, 0};
      ZSTD_outBuffer output{out, capacity, 0};
      const std::size_t left = ::ZSTD_decompressStream(stream_, &output, &input);
      if (::ZSTD_isError(left)) return Bad(::ZSTD_getErrorName(left));
      Consume(input.pos);
      whole_ = left == 0;
      LH_TRY(CountOut(output.pos));
      if (output.pos > 0) return output.pos;
      if (!more && !whole_) return Bad("it ends in the middle");
    }
  }

 private:
  ZSTD_DStream* stream_;
  bool whole_ = true;
};

}  // namespace

std::unique_ptr<ByteReader> Gunzip(ByteReader& source, const UnpackLimits& limits) { return std::make_unique<GzipReader>(source, limits); }
std::unique_ptr<ByteReader> Unzstd(ByteReader& source, const UnpackLimits& limits) { return std::make_unique<ZstdReader>(source, limits); }

}  // namespace lakehouse::ingest
