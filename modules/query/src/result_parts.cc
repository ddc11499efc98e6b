#include "result_parts.h"

#include <cstring>
#include <utility>

#include "query_wire.h"

namespace lakehouse::query {
namespace {

constexpr char kHeaderPart = 'H';
constexpr char kDataPart = 'D';
constexpr char kSummaryPart = 'S';
constexpr std::size_t kPrefixBytes = 5;
constexpr std::size_t kMaxPartBytes = 64u << 20;

std::string PartText(char kind, std::string_view payload) {
  std::string part(1, kind);
  const auto length = static_cast<std::uint32_t>(payload.size());
  for (unsigned shift = 0; shift < 32; shift += 8) part += static_cast<char>(length >> shift & 0xFF);
  part += payload;
  return part;
}

class PartSource final : public net::ByteSource {
 public:
  explicit PartSource(std::unique_ptr<QueryResult> result) : result_(std::move(result)) {}

  Result<std::optional<std::string>> Next(const Context& context) override {
    if (!started_) {
      started_ = true;
      return std::optional(PartText(kHeaderPart, EncodeJson(result_->header())));
    }
    if (ended_) return std::optional<std::string>();
    const auto octets = LH_TRY(result_->Next(context));
    if (octets) return std::optional(PartText(kDataPart, *octets));
    ended_ = true;
    return std::optional(PartText(kSummaryPart, EncodeJson(result_->summary())));
  }

 private:
  const std::unique_ptr<QueryResult> result_;
  bool started_ = false;
  bool ended_ = false;
};

struct Part {
  char kind = 0;
  std::string payload;
};

/// Finds the parts in a stream that may be cut anywhere.
class PartReader {
 public:
  explicit PartReader(std::unique_ptr<net::ByteSource> source) : source_(std::move(source)) {}

  Result<Part> Read(const Context& context) {
    LH_TRY(Gather(context, kPrefixBytes));
    std::uint32_t length = 0;
    for (unsigned i = 0; i < 4; ++i) length |= static_cast<std::uint32_t>(static_cast<unsigned char>(buffer_[1 + i])) << (8 * i);
    if (length > kMaxPartBytes) return Error(ErrorCode::kCorruption, "a part of a query's result is too long");
    LH_TRY(Gather(context, kPrefixBytes + length));
    Part part{buffer_[0], buffer_.substr(kPrefixBytes, length)};
    buffer_.erase(0, kPrefixBytes + length);
    return part;
  }
  /// Only then the stream was whole.
  Status ExpectEnd(const Context& context) {
    if (!buffer_.empty() || LH_TRY(source_->Next(context)))
      return Error(ErrorCode::kCorruption, "octets follow the end of a query's result");
    return Ok{};
  }

 private:
  Status Gather(const Context& context, std::size_t wanted) {
    while (buffer_.size() < wanted) {
      const auto more = LH_TRY(source_->Next(context));
      if (!more) return Error(ErrorCode::kCorruption, "a query's result ends in the middle");
      buffer_ += *more;
    }
    return Ok{};
  }

  std::unique_ptr<net::ByteSource> source_;
  std::string buffer_;
};

class PartResult final : public QueryResult {
 public:
  PartResult(PartReader reader, QueryHeader header) : reader_(std::move(reader)), header_(std::move(header)) {}
  const QueryHeader& header() const override { return header_; }
  const QuerySummary& summary() const override { return summary_; }

  Result<std::optional<std::string>> Next(const Context& context) override {
    if (ended_) return std::optional<std::string>();
    Part part = LH_TRY(reader_.Read(context));
    if (part.kind == kDataPart) return std::optional(std::move(part.payload));
    if (part.kind != kSummaryPart) return Error(ErrorCode::kCorruption, "a query's result has a part of an unknown kind");
    summary_ = LH_TRY(DecodeJson<QuerySummary>(part.payload));
    LH_TRY(reader_.ExpectEnd(context));
    ended_ = true;
    return std::optional<std::string>();
  }

 private:
  PartReader reader_;
  const QueryHeader header_;
  QuerySummary summary_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<net::ByteSource> PartsOf(std::unique_ptr<QueryResult> result) { return std::make_unique<PartSource>(std::move(result)); }

Result<std::unique_ptr<QueryResult>> ResultOf(const Context& context, std::unique_ptr<net::ByteSource> parts) {
  PartReader reader(std::move(parts));
  const Part first = LH_TRY(reader.Read(context));
  if (first.kind != kHeaderPart) return Error(ErrorCode::kCorruption, "a query's result does not begin with its header");
  auto header = LH_TRY(DecodeJson<QueryHeader>(first.payload));
  return std::unique_ptr<QueryResult>(std::make_unique<PartResult>(std::move(reader), std::move(header)));
}

}  // namespace lakehouse::query
