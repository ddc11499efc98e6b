#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "lakehouse/storage/error_journal.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kRedacted = "[redacted]";
constexpr std::array<std::string_view, 10> kSecretNames = {"key",   "password",  "passwd",     "pwd",           "secret",
                                                           "token", "signature", "credential", "authorization", "cookie"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsNameCharacter(char c) {
  const char lower = Lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
bool EndsValue(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '&' || c == ',' || c == ';' || c == ')' || c == '}' || c == '"' ||
         c == '\'';
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), Lower);
  return lower;
}

/// "aws_secret_access_key", "X-Api-Key", "refresh_token", "credentials".
bool IsSecretName(std::string_view name) {
  std::string lower = LowerCase(name);
  if (lower.ends_with('s')) lower.pop_back();
  return std::any_of(kSecretNames.begin(), kSecretNames.end(), [&lower](std::string_view secret) { return lower.ends_with(secret); });
}

std::size_t SkipSpaces(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
  return at;
}

/// Where the value that begins here ends: at the closing quote, or at what ends a bare one.
std::size_t EndOfValue(std::string_view text, std::size_t begin, std::size_t& quoted) {
  quoted = begin < text.size() && (text[begin] == '"' || text[begin] == '\'') ? 1 : 0;
  std::size_t at = begin + quoted;
  if (quoted == 1) {
    while (at < text.size() && text[at] != text[begin]) at += text[at] == '\\' ? 2 : 1;
    return std::min(at, text.size());
  }
  while (at < text.size() && !EndsValue(text[at])) ++at;
  return at;
}

/// The end of a secret that a name ending at `at` introduces, and where its value begins; 0 when it introduces none. A colon
/// after "key" is how messages name objects (key: "a/b"), so that one needs '=' or quotes around it.
struct SecretValue {
  std::size_t begin = 0;
  std::size_t end = 0;
};
SecretValue ValueAfter(std::string_view text, std::string_view name, std::size_t at) {
  const bool name_in_quotes = at < text.size() && (text[at] == '"' || text[at] == '\'');
  std::size_t separator = SkipSpaces(text, name_in_quotes ? at + 1 : at);
  if (separator >= text.size() || (text[separator] != '=' && text[separator] != ':')) return {};
  if (text[separator] == ':' && !name_in_quotes && LowerCase(name) == "key") return {};
  std::size_t begin = SkipSpaces(text, separator + 1);
  std::size_t quoted = 0;
  std::size_t end = EndOfValue(text, begin, quoted);
  const std::string lower = LowerCase(name);
  if (lower.ends_with("authorization") || lower.ends_with("cookie")) {  // several words, to the end of the line
    if (quoted == 0) end = std::min(text.find_first_of("\r\n", begin), text.size());
  }
  return {begin + quoted, end};
}

/// user:password@ behind "://".
SecretValue PasswordOfUrl(std::string_view text, std::size_t after_scheme) {
  const std::size_t end = std::min(text.find_first_of("/?# \t\r\n\"'", after_scheme), text.size());
  const std::size_t at_sign = text.substr(0, end).rfind('@');
  if (at_sign == std::string_view::npos || at_sign < after_scheme) return {};
  const std::size_t colon = text.find(':', after_scheme);
  if (colon > at_sign) return {};
  return {colon + 1, at_sign};
}

}  // namespace

std::string RedactSecrets(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  const auto redact = [&](SecretValue value) {
    while (value.end > value.begin) {
      out += text.substr(at, value.begin - at);
      out += kRedacted;
      at = value.end;
      // What was taken for a secret may be the name of one: bearer "secret": "…"
      std::string_view name = text.substr(value.begin, value.end - value.begin);
      if (name.ends_with(':') || name.ends_with('=')) name.remove_suffix(1);
      value = IsSecretName(name) ? ValueAfter(text, name, value.begin + name.size()) : SecretValue{};
    }
  };
  while (at < text.size()) {
    if (text.substr(at).starts_with("://")) {
      const SecretValue password = PasswordOfUrl(text, at + 3);
      if (password.end > password.begin) {
        redact(password);
        continue;
      }
    }
    if (!IsNameCharacter(text[at])) {
      out += text[at++];
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && IsNameCharacter(text[end])) ++end;
    const std::string_view name = text.substr(at, end - at);
    SecretValue value;
    if (IsSecretName(name)) value = ValueAfter(text, name, end);
    const std::size_t word = SkipSpaces(text, end);
    if (LowerCase(name) == "bearer" && word > end) {
      std::size_t quoted = 0;
      const std::size_t end_of_token = EndOfValue(text, word, quoted);
      value = {word + quoted, end_of_token};
    }
    if (value.end > value.begin) {
      redact(value);
      continue;
    }
    out += name;
    at = end;
  }
  return out;
}

}  // namespace lakehouse::storage
