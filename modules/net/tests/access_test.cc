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

}  // namespace
}  // namespace lakehouse::net
