#include "s3_refusal.h"

#include <string_view>

namespace lakehouse::storage {
namespace {

struct KnownRefusal {
  std::string_view code;
  RefusalKind kind;
  ErrorCode error;
  std::string_view reason;
  std::string_view remedy;
};

constexpr std::string_view kKeys = "check LAKEHOUSE_SECRET_STORAGE_ACCESS_KEY and …_SECRET_KEY, and what they may do in this bucket";
constexpr std::string_view kPlace = "check storage.region and storage.endpoint";

/// Amazon's "List of error codes", as far as there is something special to do.
constexpr KnownRefusal kKnown[] = {
    {"NoSuchKey", RefusalKind::kAnswer, ErrorCode::kNotFound, "", ""},
    {"NoSuchUpload", RefusalKind::kAnswer, ErrorCode::kNotFound, "", ""},
    {"PreconditionFailed", RefusalKind::kAnswer, ErrorCode::kAlreadyExists, "", ""},
    {"InvalidRange", RefusalKind::kAnswer, ErrorCode::kInvalidArgument, "", ""},
    {"ConditionalRequestConflict", RefusalKind::kPasses, ErrorCode::kUnavailable, "", ""},
    {"OperationAborted", RefusalKind::kPasses, ErrorCode::kUnavailable, "", ""},
    {"SlowDown", RefusalKind::kPasses, ErrorCode::kUnavailable, "slow_down", "the server asks for fewer requests"},
    {"RequestTimeout", RefusalKind::kPasses, ErrorCode::kUnavailable, "", ""},
    {"IncompleteBody", RefusalKind::kPasses, ErrorCode::kUnavailable, "", ""},
    {"BadDigest", RefusalKind::kPasses, ErrorCode::kUnavailable, "", "the body was damaged on the way"},
    {"XAmzContentSHA256Mismatch", RefusalKind::kPasses, ErrorCode::kUnavailable, "", "the body was damaged on the way"},
    {"NoSuchBucket", RefusalKind::kFinal, ErrorCode::kUnavailable, "no_such_bucket", "make the bucket, or correct the URL of the lake"},
    {"AccessDenied", RefusalKind::kFinal, ErrorCode::kUnavailable, "storage_access_denied", kKeys},
    {"InvalidAccessKeyId", RefusalKind::kFinal, ErrorCode::kUnavailable, "storage_access_denied", kKeys},
    {"XAdminUserNotFound", RefusalKind::kFinal, ErrorCode::kUnavailable, "storage_access_denied", kKeys},  // versitygw's word for it
    {"SignatureDoesNotMatch", RefusalKind::kFinal, ErrorCode::kUnavailable, "storage_access_denied", kKeys},
    {"ExpiredToken", RefusalKind::kFinal, ErrorCode::kUnavailable, "storage_access_denied", "the session token has expired"},
    {"RequestTimeTooSkewed", RefusalKind::kFinal, ErrorCode::kUnavailable, "clock_skew", "set this machine's clock"},
    {"AuthorizationHeaderMalformed", RefusalKind::kFinal, ErrorCode::kUnavailable, "wrong_region", kPlace},
    {"PermanentRedirect", RefusalKind::kFinal, ErrorCode::kUnavailable, "wrong_region", kPlace},
    {"TemporaryRedirect", RefusalKind::kFinal, ErrorCode::kUnavailable, "wrong_region", kPlace},
    {"EntityTooLarge", RefusalKind::kFinal, ErrorCode::kTooLarge, "", "the server takes no object of this size"},
    {"KeyTooLongError", RefusalKind::kFinal, ErrorCode::kInvalidArgument, "key_too_long", "the server takes no key of this length"},
    {"QuotaExceeded", RefusalKind::kFinal, ErrorCode::kUnavailable, "disk_full", "the bucket's quota is used up"},
    {"NotImplemented", RefusalKind::kFinal, ErrorCode::kUnimplemented, "", "the server does not offer this"},
};

const KnownRefusal* Find(std::string_view code) {
  for (const KnownRefusal& known : kKnown)
    if (known.code == code) return &known;
  return nullptr;
}

/// For answers without a body, as after HEAD, or with a code of the server's own.
std::string_view CodeOfStatus(int status) {
  switch (status) {
    case 301:
    case 307: return "PermanentRedirect";
    case 401:
    case 403: return "AccessDenied";
    case 404: return "NoSuchKey";
    case 408: return "RequestTimeout";
    case 412: return "PreconditionFailed";
    case 413: return "EntityTooLarge";
    case 416: return "InvalidRange";
    case 429: return "SlowDown";
    case 501: return "NotImplemented";
    case 507: return "QuotaExceeded";
    default: return {};
  }
}

const KnownRefusal* Find(int status, const S3Refusal& refusal) {
  if (const KnownRefusal* known = Find(refusal.code)) return known;
  // A server may say 404 of a user, or of whatever it looks up on the way. Only what names a key is about the key.
  if (status == 404 && !refusal.code.empty()) return nullptr;
  return Find(CodeOfStatus(status));
}

}  // namespace

RefusalKind KindOfRefusal(int status, const S3Refusal& refusal) {
  const KnownRefusal* known = Find(status, refusal);
  // A server that says 5xx may have done it before it failed, whatever name it gives to that.
  if (status >= 500 && status != 501 && status != 507) return RefusalKind::kMayHaveHappened;
  return known == nullptr ? RefusalKind::kFinal : known->kind;
}

Error ErrorOfRefusal(int status, const S3Refusal& refusal, const std::string& subject) {
  const KnownRefusal* known = Find(status, refusal);
  std::string message = subject + ": the server answers " + std::to_string(status);
  if (!refusal.code.empty()) message += ' ' + refusal.code;
  if (!refusal.message.empty()) message += " (" + refusal.message + ')';
  if (known != nullptr && !known->remedy.empty()) message.append("; ").append(known->remedy);
  if (known == nullptr) {
    const bool is_ours = status >= 400 && status < 500 && status != 404;
    Error error(is_ours ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable, std::move(message));
    return status < 500 ? std::move(error).Named("storage_refused") : std::move(error);
  }
  Error error(known->error, std::move(message));
  return known->reason.empty() ? std::move(error) : std::move(error).Named(std::string(known->reason));
}

}  // namespace lakehouse::storage
