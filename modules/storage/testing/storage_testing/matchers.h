#pragma once
#include <gmock/gmock.h>

#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// The result is an error of this code; a failure shows what it was instead.
MATCHER_P(FailsWith, code, "fails with " + std::string(WireName(code))) {
  if (arg)
    *result_listener << "which is a value";
  else
    *result_listener << WireName(arg.error().code()) << ": " << arg.error().ToString();
  return !arg && arg.error().code() == code;
}

/// The result is a value or Ok.
MATCHER(Succeeds, "succeeds") {
  if (!arg) *result_listener << WireName(arg.error().code()) << ": " << arg.error().ToString();
  return arg.ok();
}

}  // namespace lakehouse::storage
