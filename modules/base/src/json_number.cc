#include "json_number.h"

#include <cassert>
#include <charconv>
#include <cmath>

namespace lakehouse {
namespace {

constexpr std::size_t kLongInteger = 19;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
/// Octets of which numbers and words consist: a run of them is one token.
bool IsTokenPart(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.'; }

bool IsLongInteger(std::string_view token) {
  if (token.starts_with('-')) token.remove_prefix(1);
  if (token.size() < kLongInteger || token.front() == '0') return false;
  for (const char c : token)
    if (!IsDigit(c)) return false;
  return true;
}

std::size_t EndOfString(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return at + 1;
}

}  // namespace

void ForEachLongInteger(std::string_view json, const std::function<void(std::size_t at, std::string_view token)>& visit) {
  for (std::size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = EndOfString(json, at);
      continue;
    }
    std::size_t end = at;
    while (end < json.size() && IsTokenPart(json[end])) ++end;
    const std::string_view token = json.substr(at, end - at);
    if (IsLongInteger(token)) visit(at, token);
    at = end == at ? at + 1 : end;
  }
}

std::string EcmaScriptNumber(double value) {
  assert(std::isfinite(value));
  if (value == 0) return "0";  // -0 too
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific);
  std::string_view scientific(buffer, static_cast<std::size_t>(written.ptr - buffer));  // d[.ddd]e+xx

  const std::size_t mark = scientific.find('e');
  std::string_view exponent_text = scientific.substr(mark + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(exponent_text.data(), exponent_text.data() + exponent_text.size(), exponent);
  std::string digits(1, scientific.front());
  if (mark > 2) digits += scientific.substr(2, mark - 2);

  // In the words of ECMA-262: k digits, and the value is 0.digits times 10 to the n.
  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;
  std::string text = value < 0 ? "-" : "";
  if (k <= n && n <= 21) return text + digits + std::string(static_cast<std::size_t>(n - k), '0');
  if (0 < n && n <= 21) return text + digits.insert(static_cast<std::size_t>(n), 1, '.');
  if (-6 < n && n <= 0) return text + "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  if (k > 1) digits.insert(1, 1, '.');
  return text + digits + (n > 0 ? "e+" : "e-") + std::to_string(std::abs(n - 1));
}

}  // namespace lakehouse
