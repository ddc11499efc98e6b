#pragma once
#include <cassert>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// The one error vocabulary of the project.
namespace lakehouse {

/// What the caller can do about a failure: one code per reaction, not per call site. The HTTP status of each stands in
/// lakehouse/net/http_status.h.
enum class ErrorCode : unsigned char {
  kInvalidArgument,    ///< the request is wrong in itself: mend it, do not retry         (400)
  kUnauthenticated,    ///< no credentials, or bad ones                                   (401)
  kPermissionDenied,   ///< known caller, not allowed                                     (403)
  kNotFound,           ///< the named thing does not exist                                (404)
  kAlreadyExists,      ///< it exists already, or differs from what exists: choose        (409)
  kConflict,           ///< an optimistic commit lost: reload, then retry                 (409)
  kTooLarge,           ///< over a fixed limit of size: send less                         (413)
  kUnprocessable,      ///< well formed, but what it says cannot be done: mend it         (422)
  kResourceExhausted,  ///< this caller's quota is used up: back off                      (429)
  kCancelled,          ///< the caller or a shutdown asked to stop                        (499)
  kInternal,           ///< a bug in this process: report it                              (500)
  kCorruption,         ///< stored or received bytes fail their checks: call a human      (500)
  kUnimplemented,      ///< this server does not offer the operation                      (501)
  kUnavailable,        ///< cannot serve now: retry with backoff                          (503)
  kOutcomeUnknown,     ///< it may or may not have happened: look, or retry idempotently  (503)
  kDeadlineExceeded,   ///< ran out of time; a mutation may still have happened           (504)
};

/// "not_found": the spelling on the wire and in logs. Empty for a value that is no ErrorCode.
std::string_view WireName(ErrorCode code);

struct CodeSite {
  const char* file;
  unsigned line;
  static constexpr CodeSite Here(const char* f = __builtin_FILE(), unsigned l = __builtin_LINE()) { return {f, l}; }
};

/// A failure: what to do about it (code), what happened (message: attempted, found, expected, what to do), what was being
/// done on the way (notes, innermost first).
class [[nodiscard]] Error {
 public:
  Error(ErrorCode code, std::string message, CodeSite site = CodeSite::Here()) : code_(code), message_(std::move(message)), site_(site) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::vector<std::string>& notes() const { return notes_; }
  /// A finer name that a program may switch on, such as "reserved_prefix"; the name of the code when there is none.
  std::string_view reason() const { return reason_.empty() ? WireName(code_) : std::string_view(reason_); }
  /// One JSON value for programs, such as the columns of a schema conflict; empty when there is none.
  const std::string& details() const { return details_; }
  CodeSite site() const { return site_; }

  Error Named(std::string reason) && {
    reason_ = std::move(reason);
    return std::move(*this);
  }
  Error WithDetails(std::string json) && {
    details_ = std::move(json);
    return std::move(*this);
  }
  /// Adds what the caller was doing: "load table sales.orders".
  Error While(std::string doing) && {
    notes_.push_back(std::move(doing));
    return std::move(*this);
  }

  /// For logs and terminals: "message (while load table sales.orders; while answer a query)".
  std::string ToString() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::string reason_;
  std::string details_;
  std::vector<std::string> notes_;
  CodeSite site_;
};

struct Ok {};

/// A value or the reason why there is none. Reading the wrong one asserts, in release too.
template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T> && !std::is_same_v<T, Error>);

 public:
  using value_type = T;
  template <typename U = T>
    requires(std::is_constructible_v<T, U &&> && std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& operator*() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& operator*() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }
  T Take() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Error TakeError() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};
using Status = Result<Ok>;

}  // namespace lakehouse

#define LH_JOIN_(a, b) a##b
#define LH_JOIN(a, b) LH_JOIN_(a, b)
/// auto table = LH_TRY(catalog.Load(id));  returns the error from the enclosing function, else is the value.
#define LH_TRY(expr) LH_TRY_(LH_JOIN(lakehouse_try_, __COUNTER__), expr, TakeError())
/// The same, saying what was being done: LH_TRY_WHILE(store.Get(key), "read manifest " + key). Evaluated on failure only.
#define LH_TRY_WHILE(expr, doing) LH_TRY_(LH_JOIN(lakehouse_try_, __COUNTER__), expr, TakeError().While(doing))
#define LH_TRY_(result, expr, take_error)  \
  __extension__({                          \
    auto result = (expr);                  \
    if (!result) [[unlikely]]              \
      return std::move(result).take_error; \
    std::move(result).Take();              \
  })
