// Who may call: an address block, a peer, and the Host, Origin, Sec-Fetch-Site and Authorization of a request, one per line. Only the
// one token opens the door, and whatever is let through names a host that is allowed.
#include "access.h"
#include "fuzz_target.h"

using namespace lakehouse;
using namespace lakehouse::net;
using fuzz::Require;
using fuzz::TakeLine;

namespace {

constexpr std::string_view kToken = "opens";
constexpr std::string_view kAllowedHost = "lake.example";

void CheckBlock(const std::string& block, const std::string& peer) {
  const auto parsed = Cidr::Parse(block);
  const auto alone = Cidr::Parse(peer);
  if (parsed) (void)parsed->Contains(peer);
  if (alone && peer.find('/') == std::string::npos) Require(alone->Contains(peer), "an address is in the block of itself");
  if (parsed && !alone) Require(!parsed->Contains(peer), "what is no address is in no block");
  (void)IsLoopback(peer);
}

void CheckPolicy(const std::string& block, const std::string& peer, const RequestHead& head) {
  HttpServer::Options options;
  options.listen_address = "192.0.2.1";
  options.token = Secret(std::string(kToken));
  options.allowed_hosts = {std::string(kAllowedHost)};
  options.allowed_cidrs = {block};
  const auto policy = AccessPolicy::Make(options);
  Require(policy.ok() == Cidr::Parse(block).ok(), "a policy is refused for its address block only");
  if (!policy) return;
  (void)policy->AllowsPeer(peer);
  if (!policy->CheckHostAndOrigin(head)) {
    const auto host = ParseHost(head.host);
    Require((host && host->host == kAllowedHost) || (head.host.empty() && head.is_http_10), "another Host is let through");
  }
  Route route;
  const bool is_in = std::holds_alternative<std::string>(policy->Authenticate(head, route));
  const auto authorization = FindHeader(head.headers, "Authorization");
  Require(!is_in || (authorization && authorization->find(kToken) != std::string::npos), "somebody is let in without the token");
  route.open = true;
  Require(std::holds_alternative<std::string>(policy->Authenticate(head, route)), "an open route asks for a token");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view octets = fuzz::TextOf(data, size);
  const std::string block(TakeLine(octets));
  const std::string peer(TakeLine(octets));
  RequestHead head;
  head.method = "POST";
  head.host = TakeLine(octets);
  for (const char* name : {"Origin", "Sec-Fetch-Site", "Authorization"})
    if (const auto value = TakeLine(octets); !value.empty()) head.headers.push_back({name, std::string(value)});
  head.is_http_10 = octets.starts_with("1.0");
  CheckBlock(block, peer);
  CheckPolicy(block, peer, head);
  return 0;
}
