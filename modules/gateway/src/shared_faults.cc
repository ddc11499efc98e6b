#include "shared_faults.h"

#include <algorithm>

namespace lakehouse::gateway {

FaultCodes SharedFaults() {
  return {
      {400, {"bad_request", "bad_path", "bad_query", "bad_chunk", "invalid_argument"}},
      {401, {"unauthenticated"}},
      {403,
       {"address_not_allowed", "cross_origin", "cross_site", "insufficient_scope", "profile_restricted", "key_revoked", "profile_missing"}},
      {408, {"request_timeout"}},
      {413, {"too_large"}},
      {414, {"uri_too_long"}},
      {417, {"expectation_failed"}},
      {421, {"misdirected_request"}},
      {429, {"too_many_attempts", "too_many_requests"}},
      {431, {"headers_too_large"}},
      {499, {"cancelled"}},
      {500, {"internal", "corruption", "…"}},
      {501, {"unimplemented", "unsupported_transfer_encoding", "…"}},
      {503, {"overloaded", "unavailable", "outcome_unknown", "…"}},
      {504, {"deadline_exceeded"}}};
}

FaultCodes FaultsOf(const net::Route& route) {
  FaultCodes faults = SharedFaults();
  if (route.open) faults.erase(401);
  if (route.body == net::BodyKind::kUpload || route.body == net::BodyKind::kUploadMultipart) faults[415] = {"unsupported_media_type"};
  for (const net::Fault& fault : route.faults) {
    std::vector<std::string>& codes = faults[fault.status];
    const bool open_ended = std::erase(codes, "…") > 0;
    for (const std::string& code : fault.codes)
      if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(code);
    if (open_ended && codes.back() != "…") codes.emplace_back("…");
  }
  return faults;
}

}  // namespace lakehouse::gateway
