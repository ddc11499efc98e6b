#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/net/route.h"
#include "request_head.h"

namespace lakehouse::net {

/// An address block, "10.0.0.0/8" or "::1/128"; an address alone is a block of one. IPv4 is kept as ::ffff:a.b.c.d.
class Cidr {
 public:
  static Result<Cidr> Parse(std::string_view text);
  /// `address` without port. False for what is no address.
  bool Contains(const std::string& address) const;

 private:
  unsigned char prefix_[16] = {};
  unsigned length_ = 128;
};
bool IsLoopback(const std::string& address);

/// Who may call, from where, under which name. Immutable, hence thread-safe.
class AccessPolicy {
 public:
  /// kInvalidArgument: options under which nothing safe can be served.
  static Result<AccessPolicy> Make(const HttpServer::Options& options);

  bool AllowsPeer(const std::string& address) const;
  /// Host: 421; Origin, Sec-Fetch-Site of requests that change state and carry no token: 403.
  std::optional<HeadFault> CheckHostAndOrigin(const RequestHead& head) const;
  /// The principal; or a 401, or a 403 for a token that is not good for this route.
  std::variant<std::string, HeadFault> Authenticate(const RequestHead& head, const Route& route) const;

 private:
  bool AllowsHost(std::string_view host) const;
  static std::optional<HeadFault> CheckScope(const Caller& caller, const RequestHead& head, const Route& route);
  std::vector<std::string> hosts_;  ///< empty: any
  std::vector<Cidr> cidrs_;
  Secret token_;
  Secret token_secondary_;
  const Sessions* sessions_ = nullptr;
  std::string principal_;
  std::function<std::optional<Caller>(std::string_view token)> find_caller_;
  bool needs_token_ = false;
};

}  // namespace lakehouse::net
