#include "access.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "uri.h"

namespace lakehouse::net {
namespace {

/// 16 octets, IPv4 mapped; false for what is no address.
bool ReadAddress(const std::string& text, unsigned char (&octets)[16], bool* is_ipv4 = nullptr) {
  if (text.find('\0') != std::string::npos) return false;  // inet_pton would stop there
  in_addr v4{};
  const bool four = inet_pton(AF_INET, text.c_str(), &v4) == 1;
  if (is_ipv4 != nullptr) *is_ipv4 = four;
  if (!four) return inet_pton(AF_INET6, text.c_str(), octets) == 1;
  std::memset(octets, 0, 10);
  octets[10] = octets[11] = 0xff;
  std::memcpy(octets + 12, &v4, 4);
  return true;
}

constexpr std::string_view kApiKeyPrefix = "lhk_";

bool ChangesState(std::string_view method) { return method != "GET" && method != "HEAD" && method != "OPTIONS"; }

/// The credentials of "Authorization: Bearer …", given once; nothing when there are none.
std::optional<std::string> BearerOf(const RequestHead& head) {
  constexpr std::string_view kScheme = "bearer ";
  const auto header = FindHeader(head.headers, "Authorization");
  if (!header) return std::nullopt;
  if (header->size() < kScheme.size() || !EqualsIgnoringCase(std::string_view(*header).substr(0, kScheme.size()), kScheme)) return "";
  return std::string(Trim(std::string_view(*header).substr(kScheme.size())));
}

/// A cookie comes along whoever made the browser ask, also a page at another port of this host. So its request must say that it is
/// one of ours: a person's own step, or a fetch of our page. What changes something must say it in so many words.
bool IsFromOwnPage(const RequestHead& head) {
  const auto site = FindHeader(head.headers, "Sec-Fetch-Site");
  if (site) return *site == "same-origin" || *site == "none";
  return !ChangesState(head.method) || FindHeader(head.headers, "Origin").has_value();  // which was compared before
}

}  // namespace

Result<Cidr> Cidr::Parse(std::string_view text) {
  const Error bad(ErrorCode::kInvalidArgument,
                  "expected an address block such as 10.0.0.0/8 or fd00::/8, found \"" + std::string(text) + "\"");
  Cidr cidr;
  const std::size_t slash = std::min(text.find('/'), text.size());
  bool is_ipv4 = false;
  if (!ReadAddress(std::string(text.substr(0, slash)), cidr.prefix_, &is_ipv4)) return bad;
  if (slash == text.size()) return cidr;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), cidr.length_);
  if (error != std::errc{} || end != digits.data() + digits.size() || cidr.length_ > (is_ipv4 ? 32u : 128u)) return bad;
  if (is_ipv4) cidr.length_ += 96;
  return cidr;
}

bool Cidr::Contains(const std::string& address) const {
  unsigned char octets[16];
  if (!ReadAddress(address, octets)) return false;
  const unsigned whole = length_ / 8;
  if (std::memcmp(octets, prefix_, whole) != 0) return false;
  const unsigned bits = length_ % 8;
  return bits == 0 || ((octets[whole] ^ prefix_[whole]) >> (8 - bits)) == 0;
}

bool IsLoopback(const std::string& address) {
  static const Cidr kBlocks[] = {Cidr::Parse("127.0.0.0/8").Take(), Cidr::Parse("::1").Take()};
  return std::ranges::any_of(kBlocks, [&](const Cidr& block) { return block.Contains(address); });
}

Result<AccessPolicy> AccessPolicy::Make(const HttpServer::Options& options) {
  AccessPolicy policy;
  const bool is_loopback = IsLoopback(options.listen_address);
  if (!is_loopback && options.token.empty())
    return Error(ErrorCode::kInvalidArgument, "refusing to listen on " + options.listen_address +
                                                  " without a token: anybody on the network could read and change the lake; set a token or "
                                                  "listen on 127.0.0.1")
        .Named("token_required");
  if (options.auth_required && options.token.empty())
    return Error(ErrorCode::kInvalidArgument, "authentication is required, but there is no token to check against").Named("token_required");
  for (const std::string& text : options.allowed_cidrs) policy.cidrs_.push_back(LH_TRY(Cidr::Parse(text)));
  for (const std::string& host : options.allowed_hosts) policy.hosts_.push_back(ToLower(host));
  if (policy.hosts_.empty() && is_loopback) {
    const bool is_ipv6 = options.listen_address.find(':') != std::string::npos;
    policy.hosts_ = {"localhost", "127.0.0.1", "[::1]", is_ipv6 ? "[" + ToLower(options.listen_address) + "]" : options.listen_address};
  }
  if (std::ranges::find(policy.hosts_, "*") != policy.hosts_.end()) policy.hosts_.clear();
  policy.token_ = options.token;
  policy.token_secondary_ = options.token_secondary;
  policy.sessions_ = options.sessions;
  policy.principal_ = options.token_principal;
  policy.find_caller_ = options.find_caller;
  policy.needs_token_ = options.auth_required || !is_loopback;
  return policy;
}

bool AccessPolicy::AllowsPeer(const std::string& address) const {
  return cidrs_.empty() || std::ranges::any_of(cidrs_, [&](const Cidr& block) { return block.Contains(address); });
}

bool AccessPolicy::AllowsHost(std::string_view host) const {
  if (hosts_.empty()) return true;
  const auto parsed = ParseHost(host);
  return parsed && std::ranges::find(hosts_, parsed->host) != hosts_.end();
}

std::optional<HeadFault> AccessPolicy::CheckHostAndOrigin(const RequestHead& head) const {
  // A page of another site can make a browser send requests here, under its own name (DNS rebinding) or under ours.
  if (!(head.host.empty() && head.is_http_10) && !AllowsHost(head.host))
    return HeadFault{421, "misdirected_request", "this server does not answer for the named Host"};
  if (!ChangesState(head.method)) return std::nullopt;
  // A browser adds no Authorization header to a foreign page's request without asking us first.
  if (FindHeader(head.headers, "Authorization")) return std::nullopt;
  if (const auto site = FindHeader(head.headers, "Sec-Fetch-Site"); site && *site != "same-origin" && *site != "none")
    return HeadFault{403, "cross_site", "a page of another site may not change anything here"};
  if (const auto origin = FindHeader(head.headers, "Origin")) {
    const std::string lower = ToLower(*origin);
    if (lower != "http://" + head.host && lower != "https://" + head.host)
      return HeadFault{403, "cross_origin", "the Origin is not this server: a page of another site may not change anything here"};
  }
  return std::nullopt;
}

std::optional<HeadFault> AccessPolicy::CheckScope(const Caller& caller, const RequestHead& head, const Route& route) {
  RouteScope wanted = route.scope;
  if (wanted == RouteScope::kByMethod) wanted = ChangesState(head.method) ? RouteScope::kWrite : RouteScope::kRead;
  const bool may = wanted == RouteScope::kRead    ? caller.may_read || caller.may_admin
                   : wanted == RouteScope::kWrite ? caller.may_write || caller.may_admin
                                                  : caller.may_admin;
  if (!may) return HeadFault{403, "insufficient_scope", "this API key is not good for that: it needs another scope"};
  if (caller.restricted && !route.keeps_profiles)
    return HeadFault{403, "profile_restricted",
                     "the profile of this API key hides data, and this route could show it: it is closed to the key"};
  return std::nullopt;
}

std::variant<std::string, HeadFault> AccessPolicy::Authenticate(const RequestHead& head, const Route& route) const {
  const auto bearer = BearerOf(head);
  if (bearer && !token_.empty() && Sessions::IsOneOf(*bearer, token_, token_secondary_)) return principal_;
  if (!bearer && sessions_ != nullptr && IsFromOwnPage(head) && sessions_->Admits(FindHeader(head.headers, "Cookie").value_or("")))
    return principal_;
  const auto caller = bearer && find_caller_ ? find_caller_(*bearer) : std::nullopt;
  if (route.open) return caller ? caller->principal : std::string("anonymous");
  if (caller) {
    if (auto fault = CheckScope(*caller, head, route)) return *std::move(fault);
    return caller->principal;
  }
  // Where anybody may come without a token, a wrong one is still a mistake worth telling; one that looks like a key always.
  if (bearer && (!token_.empty() || bearer->starts_with(kApiKeyPrefix)))
    return HeadFault{401, "unauthenticated", "the bearer token is not valid"};
  if (needs_token_) return HeadFault{401, "unauthenticated", "this server asks for Authorization: Bearer TOKEN"};
  return std::string("local");
}

}  // namespace lakehouse::net
