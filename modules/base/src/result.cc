#include "lakehouse/base/result.h"

namespace lakehouse {

std::string_view WireName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "invalid_argument";
    case ErrorCode::kUnauthenticated: return "unauthenticated";
    case ErrorCode::kPermissionDenied: return "permission_denied";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kAlreadyExists: return "already_exists";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kUnprocessable: return "unprocessable";
    case ErrorCode::kResourceExhausted: return "resource_exhausted";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kInternal: return "internal";
    case ErrorCode::kCorruption: return "corruption";
    case ErrorCode::kUnimplemented: return "unimplemented";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kOutcomeUnknown: return "outcome_unknown";
    case ErrorCode::kDeadlineExceeded: return "deadline_exceeded";
  }
  return {};
}

std::string Error::ToString() const {
  std::string text = message_;
  for (std::size_t i = 0; i < notes_.size(); ++i) text += (i == 0 ? " (while " : "; while ") + notes_[i];
  return notes_.empty() ? text : text + ")";
}

}  // namespace lakehouse
