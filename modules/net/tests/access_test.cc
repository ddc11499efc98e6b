#include "access.h"

#include <gtest/gtest.h>

namespace lakehouse::net {
namespace {

bool IsIn(std::string_view block, const std::string& address) {
  auto cidr = Cidr::Parse(block);
  EXPECT_TRUE(cidr.ok()) << block;
  return cidr->Contains(address);
}

TEST(Cidr, KnowsWhatIsInTheBlock) {
  EXPECT_TRUE(IsIn("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(IsIn("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(IsIn("192.168.1.128/25", "192.168.1.200"));
  EXPECT_FALSE(IsIn("192.168.1.128/25", "192.168.1.100"));
  EXPECT_TRUE(IsIn("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(IsIn("0.0.0.0/0", "::1"));
  EXPECT_TRUE(IsIn("fd00::/8", "fd12::1"));
  EXPECT_TRUE(IsIn("::/0", "fe80::1"));
  EXPECT_TRUE(IsIn("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(IsIn("127.0.0.1", "127.0.0.2"));
  EXPECT_FALSE(IsIn("127.0.0.1", "localhost"));
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/x", "host/8", "10.0.0.0/-1"})
    EXPECT_FALSE(Cidr::Parse(bad).ok()) << bad;
}

TEST(Cidr, AnAddressDoesNotEndAtANul) {
  const std::string address("10.0.0.1\0x", 10);
  EXPECT_FALSE(Cidr::Parse(address).ok());
  EXPECT_FALSE(IsIn("10.0.0.0/8", address));
}

TEST(AccessPolicy, RefusesOptionsUnderWhichAnybodyCouldRead) {
  HttpServer::Options options;
  options.listen_address = "0.0.0.0";
  EXPECT_FALSE(AccessPolicy::Make(options).ok());
  options.token = Secret("t");
  EXPECT_TRUE(AccessPolicy::Make(options).ok());
  HttpServer::Options required;
  required.auth_required = true;
  EXPECT_FALSE(AccessPolicy::Make(required).ok());
  HttpServer::Options typo;
  typo.allowed_cidrs = {"10.0.0.0/99"};
  EXPECT_FALSE(AccessPolicy::Make(typo).ok());
}

TEST(AccessPolicy, AnEmptyTokenOpensNothing) {
  HttpServer::Options options;
  options.token = Secret("t");
  options.auth_required = true;
  const auto policy = AccessPolicy::Make(options);
  RequestHead head;
  head.headers = {{"Authorization", "Bearer "}};
  EXPECT_TRUE(std::holds_alternative<HeadFault>(policy->Authenticate(head, Route())))
      << "the secondary token is not set, which is not the empty token";
}

/// What a caller with this token gets at a route: its principal, or the fault's code.
std::string Asked(const AccessPolicy& policy, const std::string& token, const std::string& method, const Route& route) {
  RequestHead head;
  head.method = method;
  if (!token.empty()) head.headers = {{"Authorization", "Bearer " + token}};
  const auto answer = policy.Authenticate(head, route);
  if (const auto* fault = std::get_if<HeadFault>(&answer)) return std::to_string(fault->status) + " " + std::string(fault->code);
  return std::get<std::string>(answer);
}

TEST(AccessPolicy, AKeyOpensWhatItsScopesSay) {
  HttpServer::Options options;
  options.token = Secret("administrator");
  options.auth_required = true;
  options.find_caller = [](std::string_view token) -> std::optional<Caller> {
    if (token == "lhk_reader") return Caller{.principal = "key:reader", .may_read = true};
    if (token == "lhk_writer") return Caller{.principal = "key:writer", .may_write = true};
    if (token == "lhk_admin") return Caller{.principal = "key:admin", .may_admin = true};
    if (token == "lhk_masked") return Caller{.principal = "key:masked", .may_read = true, .may_write = true, .restricted = true};
    return std::nullopt;
  };
  const auto policy = AccessPolicy::Make(options);
  ASSERT_TRUE(policy.ok());
  const Route plain;
  const Route asks{.scope = RouteScope::kRead, .keeps_profiles = true};
  const Route of_admins{.scope = RouteScope::kAdmin};
  const Route open{.open = true};
  EXPECT_EQ(Asked(*policy, "lhk_reader", "GET", plain), "key:reader");
  EXPECT_EQ(Asked(*policy, "lhk_reader", "HEAD", plain), "key:reader");
  EXPECT_EQ(Asked(*policy, "lhk_reader", "POST", plain), "403 insufficient_scope");
  EXPECT_EQ(Asked(*policy, "lhk_reader", "POST", asks), "key:reader");
  EXPECT_EQ(Asked(*policy, "lhk_writer", "GET", plain), "403 insufficient_scope");
  EXPECT_EQ(Asked(*policy, "lhk_writer", "DELETE", plain), "key:writer");
  EXPECT_EQ(Asked(*policy, "lhk_writer", "DELETE", of_admins), "403 insufficient_scope");
  EXPECT_EQ(Asked(*policy, "lhk_admin", "DELETE", of_admins), "key:admin");
  EXPECT_EQ(Asked(*policy, "lhk_admin", "GET", plain), "key:admin");
  EXPECT_EQ(Asked(*policy, "lhk_masked", "GET", plain), "403 profile_restricted") << "closed until the route says it keeps profiles";
  EXPECT_EQ(Asked(*policy, "lhk_masked", "POST", asks), "key:masked");
  EXPECT_EQ(Asked(*policy, "lhk_masked", "GET", open), "key:masked");
  EXPECT_EQ(Asked(*policy, "lhk_nobody", "GET", plain), "401 unauthenticated");
  EXPECT_EQ(Asked(*policy, "", "GET", plain), "401 unauthenticated");
  EXPECT_EQ(Asked(*policy, "administrator", "DELETE", of_admins), "operator");
}

TEST(AccessPolicy, ARevokedKeyIsNotTakenForNobodyOnLoopback) {
  const auto policy = AccessPolicy::Make(HttpServer::Options());
  EXPECT_EQ(Asked(*policy, "", "GET", Route()), "local");
  EXPECT_EQ(Asked(*policy, "lhk_revoked", "GET", Route()), "401 unauthenticated");
}

}  // namespace
}  // namespace lakehouse::net
