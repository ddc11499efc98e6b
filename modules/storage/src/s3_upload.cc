#include "s3_upload.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kPutIdHeader = "x-amz-meta-lakehouse-put";
constexpr std::string_view kSha256Header = "x-amz-meta-lakehouse-sha256";
constexpr std::uint64_t kMostParts = 9'000;  // S3 allows 10,000
constexpr std::int64_t kAbortTimeoutMs = 10'000;

Result<std::string> Sha256OfPart(const Context& context, int fd, std::uint64_t offset, std::uint64_t length) {
  Sha256 sum;
  std::string buffer(static_cast<std::size_t>(std::min<std::uint64_t>(length, std::uint64_t{1} << 20U)), '\0');
  while (length > 0) {
    LH_TRY(context.Check());
    const ssize_t got =
        pread(fd, buffer.data(), static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer.size())), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", "the file to be stored", errno);
    if (got == 0) return Error(ErrorCode::kInvalidArgument, "the file to be stored became shorter while it was read");
    sum.Add(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::uint64_t>(got);
  }
  return sum.FinishHex();
}

/// A name for an open file that leads to it whatever becomes of its path.
std::string PathOfOpenFile(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

Error Exists(const std::string& key) { return {ErrorCode::kAlreadyExists, "key \"" + key + "\" exists"}; }

std::string XmlEscaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

S3Identity IdentityOf(const S3Answer& answer) { return {answer.Header(kPutIdHeader), answer.Header(kSha256Header)}; }

std::int64_t ModifiedMicrosOf(const S3Answer& answer) {
  if (const auto id = Uuid::Parse(answer.Header(kPutIdHeader))) {
    std::int64_t milliseconds = 0;
    for (std::size_t i = 0; i < 6; ++i) milliseconds = milliseconds * 256 + id->octets()[i];
    return milliseconds * 1000;
  }
  return ParseHttpDate(answer.Header("Last-Modified")).value_or(0);
}

S3Upload::S3Upload(S3Client& client, const S3Capabilities& capabilities, std::string key, S3Condition condition)
    : client_(client),
      capabilities_(capabilities),
      key_(std::move(key)),
      condition_(condition),
      put_id_(NewUuid(client.parts().clock, client.parts().random).ToString()) {}

bool S3Upload::GoesInParts(const S3Content& content) const {
  if (content.fd < 0 || content.size_bytes <= client_.options().part_bytes) return false;
  return !IsConditional() || capabilities_.complete_if_absent;
}

std::vector<net::HttpHeader> S3Upload::ObjectHeaders() const {
  return {{"Content-Type", "application/octet-stream"}, {std::string(kPutIdHeader), put_id_}, {std::string(kSha256Header), sha256_}};
}

Result<ObjectInfo> S3Upload::Run(const Context& context, const S3Content& content) {
  sha256_ = content.fd < 0 ? Sha256Hex(content.octets) : LH_TRY(Sha256OfPart(context, content.fd, 0, content.size_bytes));
  if (condition_ == S3Condition::kWeCheck) LH_TRY(RefuseExisting(context));
  LH_TRY(GoesInParts(content) ? PutInParts(context, content) : PutWhole(context, content));
  S3Answer made;
  made.headers = ObjectHeaders();
  return ObjectInfo{key_, content.size_bytes, ModifiedMicrosOf(made)};
}

Status S3Upload::RefuseExisting(const Context& context) const {
  const S3Answer found = LH_TRY(client_.Send(context, {.method = "HEAD", .key = key_}));
  if (found.ok()) return Exists(key_);
  return Ok{};
}

Status S3Upload::PutWhole(const Context& context, const S3Content& content) {
  if (content.size_bytes > client_.options().max_single_put_bytes)
    return Error(ErrorCode::kTooLarge, "key \"" + key_ + "\": " + std::to_string(content.size_bytes) +
                                           " octets are more than one request may bring, and this server honours no condition on uploads "
                                           "in parts");
  S3Call call{.method = "PUT", .key = key_, .headers = ObjectHeaders(), .payload_sha256 = sha256_};
  if (IsConditional()) call.headers.push_back({"If-None-Match", "*"});
  if (content.fd < 0) {
    call.body = content.octets;
  } else if (content.size_bytes > 0) {
    call.body_path = PathOfOpenFile(content.fd);
    call.body_size_bytes = content.size_bytes;
  }
  return Settle(context, client_.Send(context, call));
}

Status S3Upload::PutInParts(const Context& context, const S3Content& content) {
  if (IsConditional()) LH_TRY(RefuseExisting(context));  // spares the way of what would be refused
  S3Call begin{.method = "POST", .key = key_, .query = {{"uploads", ""}}, .headers = ObjectHeaders()};
  std::string upload_id;
  begin.check = [&upload_id](const std::string& body) -> Status { return upload_id = LH_TRY(ReadUploadId(body)), Ok{}; };
  const Result<S3Answer> begun = client_.Send(context, begin);
  if (!begun && begun.error().code() == ErrorCode::kOutcomeUnknown)  // at worst an upload without parts; no object can come of it
    return Error(ErrorCode::kUnavailable, begun.error().ToString());
  if (!begun) return begun.error();
  if (!begun->ok()) return Error(ErrorCode::kUnavailable, "the S3 server begins no upload of key \"" + key_ + "\"");

  const Result<std::string> parts = SendParts(context, content, upload_id);
  if (!parts) {
    Abort(upload_id);
    return parts.error().code() == ErrorCode::kOutcomeUnknown ? Error(ErrorCode::kUnavailable, parts.error().ToString()) : parts.error();
  }
  Status completed = Complete(context, upload_id, *parts);
  // While the outcome is unknown the parts may be becoming the object.
  if (!completed && completed.error().code() != ErrorCode::kOutcomeUnknown) Abort(upload_id);
  return completed;
}

Result<std::string> S3Upload::SendParts(const Context& context, const S3Content& content, const std::string& upload_id) {
  const std::uint64_t part_bytes = std::max(client_.options().part_bytes, content.size_bytes / kMostParts + 1);
  std::string parts;
  std::uint64_t offset = 0;
  for (int number = 1; offset < content.size_bytes; ++number) {
    const std::uint64_t length = std::min(part_bytes, content.size_bytes - offset);
    S3Call call{.method = "PUT", .key = key_, .query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id}}};
    call.body_path = PathOfOpenFile(content.fd);
    call.body_offset = offset;
    call.body_size_bytes = length;
    call.payload_sha256 = LH_TRY(Sha256OfPart(context, content.fd, offset, length));
    const S3Answer answer = LH_TRY(client_.Send(context, call));
    const std::string tag = answer.Header("ETag");
    if (!answer.ok() || tag.empty())
      return Error(ErrorCode::kUnavailable,
                   "the S3 server lost the upload of key \"" + key_ + "\" before its part " + std::to_string(number));
    parts += "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + XmlEscaped(tag) + "</ETag></Part>";
    offset += length;
  }
  return parts;
}

Status S3Upload::Complete(const Context& context, const std::string& upload_id, const std::string& parts) {
  S3Call call{.method = "POST", .key = key_, .query = {{"uploadId", upload_id}}};
  call.headers.push_back({"Content-Type", "application/xml"});
  if (IsConditional()) call.headers.push_back({"If-None-Match", "*"});
  call.body = R"(<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">)" + parts + "</CompleteMultipartUpload>";
  call.check = [](const std::string& body) { return ReadCompletion(body); };
  return Settle(context, client_.Send(context, call));
}

void S3Upload::Abort(const std::string& upload_id) {
  // The caller's context may be over; the parts cost money until they are gone.
  const Context own{.principal = "system", .trace = "abort", .deadline = Deadline::After(kAbortTimeoutMs), .cancel = {}};
  const auto gone = client_.Send(own, {.method = "DELETE", .key = key_, .query = {{"uploadId", upload_id}}});
  if (!gone)
    client_.parts().log.Warning("parts of an upload are left on the S3 server", {{"key", key_}, {"error", gone.error().ToString()}});
}

Status S3Upload::Settle(const Context& context, const Result<S3Answer>& outcome) {
  if (outcome && outcome->ok()) return Ok{};
  if (!outcome && outcome.error().code() != ErrorCode::kOutcomeUnknown) return outcome.error();
  // libcurl may have sent a request twice by itself, so even a first "exists" can be about our own object: its id decides.
  const Result<S3Answer> found = client_.Send(context, {.method = "HEAD", .key = key_});
  if (found && found->ok() && IdentityOf(*found).put_id == put_id_) return Ok{};
  if (!outcome) return outcome.error();
  const auto unknown = [this](const std::string& why) {
    return Error(ErrorCode::kOutcomeUnknown, "put key \"" + key_ + "\": " + why + "; read the key back to see whether it happened");
  };
  if (!found)
    return unknown("the server says " + std::to_string(outcome->status) + ", and reading back fails: " + found.error().ToString());
  if (outcome->status == 412 && (found->ok() || !outcome->may_have_happened)) return Exists(key_);
  if (outcome->may_have_happened) return unknown("an attempt got no answer, and what is there now is not of it");
  return Error(ErrorCode::kUnavailable, "put key \"" + key_ + "\": the server answers " + std::to_string(outcome->status));
}

}  // namespace lakehouse::storage
