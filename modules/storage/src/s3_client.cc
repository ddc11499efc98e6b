#include "s3_client.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "lakehouse/base/hash.h"
#include "s3_refusal.h"

namespace lakehouse::storage {
namespace {

constexpr std::uint64_t kMostAnswer = std::uint64_t{16} << 20U;  // a list of 1,000 keys of 1,024 octets, each written %XX
constexpr std::int64_t kSlowestUpload = 64;                      // octets per millisecond that an attempt may take its time for
constexpr std::int64_t kIdleTimeoutMs = 20'000;
constexpr std::int64_t kWrongClockMicros = 240'000'000;  // servers allow 15 minutes; ours may be off by less without harm

bool IsRead(const S3Call& call) { return call.method == "GET" || call.method == "HEAD"; }

net::HttpClient::Options ClientOptions(const S3ObjectStore::Options& options) {
  net::HttpClient::Options http;
  http.ca_file = options.ca_file;
  http.idle_timeout_ms = kIdleTimeoutMs;
  return http;
}

std::string SubjectOf(const S3Call& call) {
  return "S3 " + call.method + (call.key.empty() ? " of the bucket" : " of key \"" + call.key + "\"");
}

}  // namespace

Result<bool> S3Attempts::Next(const Context& context) {
  LH_TRY(context.Check());
  if (count_++ == 0) return true;
  if (count_ > options_.attempts) return false;
  const std::int64_t limit = std::min(options_.pause_ms << std::min(count_ - 2, 16), options_.max_pause_ms);
  const auto pause_ms = static_cast<std::int64_t>(random_.Below(static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 1)) + 1));
  if (const auto left = context.deadline.RemainingMs(); left && *left <= pause_ms) return false;
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, context.cancel, std::chrono::milliseconds(pause_ms), [] { return false; });
  LH_TRY(context.Check());
  return true;
}

S3Client::S3Client(S3ObjectStore::Options options, S3ObjectStore::Parts parts)
    : options_(std::move(options)),
      parts_(parts),
      http_(ClientOptions(options_)),
      requests_(parts.metrics.counter("lakehouse_storage_s3_requests_total", "Requests sent to the S3 server.")),
      retries_(parts.metrics.counter("lakehouse_storage_s3_retries_total", "Requests to the S3 server that were sent again.")) {}

std::string S3Client::HostOf() const {
  const std::string host = options_.endpoint.substr(options_.endpoint.find("://") + 3);
  return options_.virtual_host_style ? options_.location.bucket + '.' + host : host;
}

std::string S3Client::PathOf(const std::string& key) const {
  const std::string bucket = options_.virtual_host_style ? "" : '/' + options_.location.bucket;
  return key.empty() && !bucket.empty() ? bucket : bucket + '/' + UriEncode(key, true);
}

net::HttpClient::Request S3Client::Sign(const S3Call& call) const {
  UnsignedS3Request request{call.method, PathOf(call.key), call.query, call.headers, call.payload_sha256};
  if (request.payload_sha256.empty()) request.payload_sha256 = Sha256Hex(call.body);
  request.headers.push_back({"Host", HostOf()});
  SignS3Request(request, options_.credentials, options_.region, NowMicros());

  net::HttpClient::Request http;
  http.method = call.method;
  http.url = options_.endpoint.substr(0, options_.endpoint.find("://") + 3) + HostOf() + request.path;
  if (!request.query.empty()) http.url += '?' + CanonicalQuery(request.query);
  for (net::HttpHeader& header : request.headers)
    if (header.name != "Host") http.headers.push_back(std::move(header));  // libcurl writes it, out of the URL
  http.body = call.body;
  http.body_path = call.body_path;
  if (!call.body_path.empty()) http.body_offset = call.body_offset, http.body_size_bytes = call.body_size_bytes;
  http.max_response_bytes = kMostAnswer;
  return http;
}

Result<Secret> S3Client::Presign(std::string_view method, const std::string& key, std::int64_t expires_seconds) const {
  UnsignedS3Request request{std::string(method), PathOf(key), {}, {{"Host", HostOf()}}, {}};
  return Secret(options_.endpoint.substr(0, options_.endpoint.find("://") + 3) + HostOf() +
                PresignS3Request(std::move(request), options_.credentials, options_.region, NowMicros(), expires_seconds));
}

/// Takes the server's time for ours when ours is off. True: signing again may help.
bool S3Client::CorrectClock(const S3Answer& answer) {
  const auto server_micros = ParseHttpDate(answer.Header("Date"));
  if (!server_micros || std::llabs(*server_micros - NowMicros()) < kWrongClockMicros) return false;
  skew_micros_ = *server_micros - parts_.clock.WallMicros();
  parts_.log.Warning("the clocks of this machine and of the S3 server differ; requests are signed with the server's time",
                     {{"server_minus_ours_ms", skew_micros_.load() / 1000}});
  return true;
}

void S3Client::Judge(const S3Call& call, Attempt& attempt) {
  const S3Answer& answer = attempt.answer;
  if (answer.ok()) {
    // Some servers begin to answer before they are done, and then say "200" and what went wrong.
    const bool is_refusal = !call.check && answer.body.starts_with('<') && !ReadRefusal(answer.body).code.empty();
    Status checked = is_refusal   ? Error(ErrorCode::kCorruption, "the S3 server's answer is a success that tells of an error")
                     : call.check ? call.check(answer.body)
                                  : Status(Ok{});
    if (checked) return;
    attempt.failure = std::move(checked).TakeError().While(SubjectOf(call));
    attempt.again = attempt.ambiguous = attempt.failure->code() == ErrorCode::kCorruption;
    return;
  }
  const S3Refusal refusal = ReadRefusal(answer.body);
  if (answer.status == 403 && CorrectClock(answer)) attempt.again = true;
  const RefusalKind kind = KindOfRefusal(answer.status, refusal);
  if (kind == RefusalKind::kAnswer) return;
  attempt.again = attempt.again || kind == RefusalKind::kPasses || kind == RefusalKind::kMayHaveHappened;
  attempt.ambiguous = kind == RefusalKind::kMayHaveHappened;
  attempt.failure = ErrorOfRefusal(answer.status, refusal, SubjectOf(call));
}

S3Client::Attempt S3Client::TryOnce(const Context& context, const S3Call& call, bool stream) {
  const net::HttpClient::Request request = Sign(call);
  const auto body_bytes = static_cast<std::int64_t>(call.body_path.empty() ? call.body.size() : call.body_size_bytes);
  Context limited = context;
  limited.deadline = context.deadline.Or(Deadline::After(options_.attempt_timeout_ms + body_bytes / kSlowestUpload));
  requests_.Add();

  Attempt attempt;
  const auto fail = [&](Error error) {
    const ErrorCode code = error.code();
    const bool is_ours = code == ErrorCode::kInvalidArgument || code == ErrorCode::kTooLarge || code == ErrorCode::kNotFound;
    const bool is_not_verified = error.reason() == "peer_not_verified";
    if (is_not_verified)
      error = Error(code, error.message() + "; the ca_file of the store names the certificates that may vouch for its server")
                  .Named("peer_not_verified");
    attempt.again = !is_ours && !is_not_verified && context.Check().ok();
    attempt.ambiguous = code == ErrorCode::kOutcomeUnknown || code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kCancelled;
    attempt.failure = std::move(error).While(SubjectOf(call));
  };
  if (!stream) {
    auto response = http_.Send(limited, request);
    if (!response) return fail(std::move(response).TakeError()), std::move(attempt);
    attempt.answer = {response->status, std::move(response->headers), std::move(response->body), false};
    Judge(call, attempt);
    return attempt;
  }
  net::HttpClient::Request unlimited = request;
  unlimited.max_response_bytes = UINT64_MAX;
  auto response = http_.Open(limited, unlimited);
  if (!response) return fail(std::move(response).TakeError()), std::move(attempt);
  attempt.answer = {response->status, std::move(response->headers), {}, false};
  while (!attempt.answer.ok()) {  // a refusal says in its body why
    auto piece = response->body->Next(limited);
    if (!piece) return fail(std::move(piece).TakeError()), std::move(attempt);
    if (!*piece || attempt.answer.body.size() > kMostAnswer) break;
    attempt.answer.body += **piece;
  }
  attempt.stream = std::move(response->body);
  Judge(call, attempt);
  return attempt;
}

Result<S3Stream> S3Client::Try(const Context& context, const S3Call& call, bool stream) {
  S3Attempts attempts = Attempts();
  bool may_have_happened = false;
  std::optional<Error> last;
  while (true) {
    const Result<bool> more = attempts.Next(context);
    if (!more && !last) return more.error();
    if (!more || !*more) break;
    if (attempts.count() > 1) retries_.Add();
    Attempt attempt = TryOnce(context, call, stream);
    if (!attempt.failure) {
      attempt.answer.may_have_happened = may_have_happened;
      return S3Stream{std::move(attempt.answer), std::move(attempt.stream)};
    }
    may_have_happened = may_have_happened || attempt.ambiguous;
    last = std::move(attempt.failure);
    if (!attempt.again) break;
    parts_.log.Debug("an S3 request failed", {{"attempt", attempts.count()}, {"error", last->ToString()}, {"request_id", context.trace}});
  }
  if (IsRead(call)) {
    LH_TRY(context.Check());
    const ErrorCode code = last->code();
    if (code != ErrorCode::kOutcomeUnknown && code != ErrorCode::kDeadlineExceeded && code != ErrorCode::kCorruption)
      return std::move(*last);
    return Error(ErrorCode::kUnavailable, last->ToString());
  }
  if (may_have_happened) return Error(ErrorCode::kOutcomeUnknown, last->ToString() + "; read the key back to see whether it happened");
  return std::move(*last);
}

Result<S3Answer> S3Client::Send(const Context& context, const S3Call& call) { return LH_TRY(Try(context, call, false)).head; }

Result<S3Stream> S3Client::Open(const Context& context, const S3Call& call) { return Try(context, call, true); }

}  // namespace lakehouse::storage
