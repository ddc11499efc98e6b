#pragma once
#include <gmock/gmock.h>

#include <ostream>
#include <stdexcept>
#include <string>

#include "lakehouse/base/result.h"

/// EXPECT_THAT(store.Put(...), IsOk());   EXPECT_THAT(store.Get(...), HasCode(ErrorCode::kNotFound));
/// EXPECT_THAT(ReadFile(path), IsOkAnd("text"));   auto table = Must(catalog.Load(...));
namespace lakehouse {

/// How gtest shows an error: with its code, reason and notes.
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << WireName(error.code());
  if (error.reason() != WireName(error.code())) *out << "/" << error.reason();
  *out << ": " << error.ToString();
}
inline void PrintTo(const Ok&, std::ostream* out) { *out << "ok"; }
template <typename T>
void PrintTo(const Result<T>& result, std::ostream* out) {
  if (result) {
    testing::internal::UniversalPrint(*result, out);
  } else {
    PrintTo(result.error(), out);
  }
}

MATCHER(IsOk, negation ? "fails" : "succeeds") { return arg.ok(); }

MATCHER_P(HasCode, code, (negation ? "does not fail with " : "fails with ") + std::string(WireName(code))) {
  return !arg.ok() && arg.error().code() == code;
}

MATCHER_P(HasReason, reason, (negation ? "has not the reason " : "has the reason ") + std::string(reason)) {
  return !arg.ok() && arg.error().reason() == reason;
}

/// The whole text of the error, notes included, against a string or a matcher.
MATCHER_P(HasMessage, message, "fails with a message that " + testing::DescribeMatcher<std::string>(message, negation)) {
  return !arg.ok() && testing::ExplainMatchResult(message, arg.error().ToString(), result_listener);
}

MATCHER_P(IsOkAnd, value, "succeeds with a value that matches") {
  return arg.ok() && testing::ExplainMatchResult(value, *arg, result_listener);
}

/// The value; without one the test ends here and shows the error.
template <typename T>
T Must(Result<T> result) {
  if (!result) throw std::runtime_error(testing::PrintToString(result.error()));
  return std::move(result).Take();
}

}  // namespace lakehouse
