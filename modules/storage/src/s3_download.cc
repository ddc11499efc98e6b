#include "s3_download.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace lakehouse::storage {
namespace {

Error NotFound(const std::string& key) { return {ErrorCode::kNotFound, "there is no key \"" + key + "\""}; }

Error Damaged(const std::string& key, const std::string& what) {
  return Error(ErrorCode::kCorruption, "key \"" + key + "\": " + what).Named("corrupt_object");
}

Error Replaced(const std::string& key) { return {ErrorCode::kConflict, "key \"" + key + "\" was replaced while it was read"}; }

std::optional<std::uint64_t> NumberAt(std::string_view& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

S3Download::S3Download(S3Client& client, std::string key, std::optional<ByteRange> range, S3Taker& taker)
    : client_(client), key_(std::move(key)), range_(range), taker_(taker) {}

Result<ObjectInfo> S3Download::Run(const Context& context) {
  S3Attempts attempts = client_.Attempts();
  std::optional<Error> last;
  while (true) {
    const Result<bool> more = attempts.Next(context);
    if (!more) return more.error();
    if (!*more) break;
    std::optional<S3Stream> stream = LH_TRY(Open(context));
    Status pulled = stream ? Pull(context, *stream) : done_ == 0 ? Status(Ok{}) : Replaced(key_);
    if (pulled) return info_;
    const ErrorCode code = pulled.error().code();
    const bool must_start_over = code == ErrorCode::kCorruption || code == ErrorCode::kConflict;
    if (code != ErrorCode::kOutcomeUnknown && !must_start_over) return std::move(pulled).TakeError();  // the taker's, or the context's
    if (must_start_over) LH_TRY(StartOver());
    last = std::move(pulled).TakeError();
  }
  if (last->code() == ErrorCode::kCorruption) return std::move(*last);
  return Error(ErrorCode::kUnavailable, last->ToString());
}

Status S3Download::StartOver() {
  done_ = 0;
  tag_.clear();
  sum_ = Sha256();
  return taker_.StartOver();
}

Result<std::optional<S3Stream>> S3Download::Open(const Context& context) {
  S3Call call{.method = "GET", .key = key_};
  const std::uint64_t first = (range_ ? range_->offset : 0) + done_;
  if (range_ || done_ > 0) {
    std::string bytes = "bytes=" + std::to_string(first) + '-';
    if (range_ && range_->length && *range_->length <= UINT64_MAX / 4 && first < UINT64_MAX / 4)
      bytes += std::to_string(range_->offset + *range_->length - 1);
    call.headers.push_back({"Range", std::move(bytes)});
  }
  S3Stream stream = LH_TRY(client_.Open(context, call));
  if (stream.head.status == 404) return NotFound(key_);
  if (stream.head.status == 416) return std::optional<S3Stream>();
  if (!stream.head.ok()) return Error(ErrorCode::kUnavailable, "the S3 server answers " + std::to_string(stream.head.status));
  return std::optional(std::move(stream));
}

Result<S3Download::Shape> S3Download::ShapeOf(const S3Answer& head) const {
  const auto wrong = [this](const std::string& what) {
    return Error(ErrorCode::kOutcomeUnknown, "get key \"" + key_ + "\": the answer " + what);
  };
  const std::string length_text = head.Header("Content-Length");
  std::string_view length_rest = length_text;
  const auto length = NumberAt(length_rest);
  if (!length || !length_rest.empty()) return wrong("does not say how long it is");
  if (head.status != 206) return Shape{0, *length, length};
  const std::string text = head.Header("Content-Range");  // "bytes 5-9/10"
  std::string_view rest = text;
  if (!rest.starts_with("bytes ")) return wrong("is part of an object and does not say which");
  rest.remove_prefix(6);
  const auto first = NumberAt(rest);
  if (!first || !rest.starts_with('-')) return wrong("is part of an object and does not say which");
  rest.remove_prefix(1);
  const auto last = NumberAt(rest);
  if (!last || *last < *first || *last - *first + 1 != *length) return wrong("says two things about its length");
  Shape shape{*first, *length, std::nullopt};
  if (!rest.starts_with('/')) return shape;
  rest.remove_prefix(1);
  shape.object = NumberAt(rest);
  return shape;
}

Status S3Download::Pull(const Context& context, S3Stream& stream) {
  const Shape shape = LH_TRY(ShapeOf(stream.head));
  const std::string tag = stream.head.Header("ETag");
  if (done_ > 0 && tag != tag_) return Replaced(key_);
  tag_ = tag;
  info_.modified_micros = ModifiedMicrosOf(stream.head);
  info_.size_bytes = shape.object.value_or(0);

  const std::uint64_t wanted_first = (range_ ? range_->offset : 0) + done_;
  if (shape.first > wanted_first) return Damaged(key_, "the server sends another part than it was asked for");
  std::uint64_t skip = wanted_first - shape.first;  // of a server that knows no ranges
  std::uint64_t room = UINT64_MAX;
  if (range_ && range_->length) room = *range_->length - std::min(*range_->length, done_);
  std::uint64_t received = 0;
  while (true) {
    const std::optional<std::string> piece = LH_TRY(stream.body->Next(context));
    if (!piece) break;
    received += piece->size();
    std::string_view octets = *piece;
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip, octets.size()));
    octets.remove_prefix(skipped);
    skip -= skipped;
    octets = octets.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(room, octets.size())));
    if (octets.empty()) continue;
    LH_TRY(taker_.Take(octets));
    sum_.Add(octets);
    done_ += octets.size();
    room -= octets.size();
  }
  if (received != shape.length) return Error(ErrorCode::kOutcomeUnknown, "get key \"" + key_ + "\": the answer ended before its end");
  const bool is_whole = !range_ || (range_->offset == 0 && shape.object == done_);
  if (!is_whole) return Ok{};
  const std::string expected = IdentityOf(stream.head).sha256;
  if (!expected.empty() && sum_.FinishHex() != expected)
    return Damaged(key_, "its octets do not have the SHA-256 that they were written with");
  return Ok{};
}

}  // namespace lakehouse::storage
