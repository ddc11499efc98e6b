#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

/// How a sealed call looks over HTTP.
namespace lakehouse::net {

inline constexpr std::string_view kCallHeader = "X-Lakehouse-Call";
inline constexpr std::string_view kMacHeader = "X-Lakehouse-Mac";
inline constexpr std::string_view kStreamType = "application/x-lakehouse-stream";

struct CallTarget {
  std::string service;
  std::string method;
  std::string nonce;
};
/// What a head says, before its mac was looked at.
Result<CallTarget> DecodeCallTarget(std::string_view head);

}  // namespace lakehouse::net
