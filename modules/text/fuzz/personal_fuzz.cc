// Any octets as a text in which personal data may stand: findings lie in it, in order, apart; redacting takes exactly them away.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lakehouse/text/personal_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::text;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto findings = FindPersonalData(text, text.substr(0, size / 4));
  std::size_t at = 0, kept = size, tokens = 0;
  for (const PersonalFinding& finding : findings) {
    if (finding.begin < at || finding.end <= finding.begin || finding.end > size) std::abort();
    at = finding.end;
    kept -= finding.end - finding.begin;
    tokens += WireName(finding.kind).size() + 2;
  }
  if (RedactPersonalData(text, findings).size() != kept + tokens) std::abort();
  return 0;
}
