// Octets that claim to be a commit record. What is accepted must survive being written again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lake_state.h"
#include "lakehouse/base/hash.h"
#include "record.h"

namespace {

using namespace lakehouse::catalog;

/// Puts the right digest in, so that the fuzzer gets past it.
std::string Mend(std::string_view octets) {
  constexpr std::string_view kStart = ",\"sha256\":\"";
  const std::size_t at = octets.find(kStart);
  if (at == std::string_view::npos || at + kStart.size() + 65 > octets.size()) return std::string(octets);
  const std::string head(octets.substr(0, at));
  const std::string rest(octets.substr(at + kStart.size() + 65));
  return head + std::string(kStart) + lakehouse::Sha256Hex(head + rest) + "\"" + rest;
}

void Check(std::string_view octets) {
  auto record = DecodeRecord(octets);
  if (!record) return;
  for (const Transaction& transaction : record->txns) {
    const auto json = EncodeTransaction(transaction);
    if (!json) continue;  // a number that JSON's doubles cannot hold
    const auto again = DecodeTransaction(*json);
    if (!again || EncodeTransaction(*again).Take() != *json) std::abort();
  }
  LakeState state;
  (void)state.Apply(*record, std::string(64, 'a'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  Check(octets);
  Check(Mend(octets));
  return 0;
}
