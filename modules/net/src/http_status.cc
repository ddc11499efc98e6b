#include "lakehouse/net/http_status.h"

#include "lakehouse/base/json_writer.h"
#include "uri.h"

namespace lakehouse::net {

int HttpStatusOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kUnauthenticated: return 401;
    case ErrorCode::kPermissionDenied: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kAlreadyExists: return 409;
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kTooLarge: return 413;
    case ErrorCode::kUnprocessable: return 422;
    case ErrorCode::kResourceExhausted: return 429;
    case ErrorCode::kCancelled: return 499;
    case ErrorCode::kInternal: return 500;
    case ErrorCode::kCorruption: return 500;
    case ErrorCode::kUnimplemented: return 501;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kOutcomeUnknown: return 503;
    case ErrorCode::kDeadlineExceeded: return 504;
  }
  return 500;
}

ErrorCode ErrorCodeOf(int http_status) {
  switch (http_status) {
    case 400: return ErrorCode::kInvalidArgument;
    case 401: return ErrorCode::kUnauthenticated;
    case 403: return ErrorCode::kPermissionDenied;
    case 404:
    case 410: return ErrorCode::kNotFound;
    case 408:
    case 504: return ErrorCode::kDeadlineExceeded;
    case 409:
    case 412: return ErrorCode::kConflict;
    case 413:
    case 414:
    case 431: return ErrorCode::kTooLarge;
    case 422: return ErrorCode::kUnprocessable;
    case 429: return ErrorCode::kResourceExhausted;
    case 499: return ErrorCode::kCancelled;
    case 405:
    case 501: return ErrorCode::kUnimplemented;
    case 502:
    case 503: return ErrorCode::kUnavailable;
    default: return http_status >= 400 && http_status < 500 ? ErrorCode::kInvalidArgument : ErrorCode::kInternal;
  }
}

std::string_view ReasonPhrase(int http_status) {
  switch (http_status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

namespace {

/// `details` is one JSON value, or empty.
std::string ErrorJson(std::string_view code, std::string_view message, const std::vector<std::string>& notes, std::string_view details,
                      std::string_view request_id) {
  JsonWriter head;
  head.Open('{');
  head.Key("error");
  head.Open('{');
  head.Key("code");
  head.String(ToUtf8(code));
  head.Key("message");
  head.String(ToUtf8(message));
  head.Key("context");
  head.Open('[');
  for (const std::string& note : notes) head.String(ToUtf8(note));
  head.Close(']');
  std::string json = std::move(head).Take();
  if (!details.empty()) json.append(R"(,"details":)").append(details);
  JsonWriter id;
  id.String(ToUtf8(request_id));
  return json + R"(,"request_id":)" + std::move(id).Take() + "}}";
}

}  // namespace

std::string ErrorBody(const Error& error, std::string_view request_id) {
  return ErrorJson(error.reason(), error.message(), error.notes(), error.details(), request_id);
}

std::string ErrorBody(std::string_view code, std::string_view message, std::string_view request_id) {
  return ErrorJson(code, message, {}, {}, request_id);
}

}  // namespace lakehouse::net
