#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The pieces of a request target. Pure; fed with whatever a client sends.
namespace lakehouse::net {

bool IsUtf8(std::string_view text);
/// The text with each octet that is not part of a valid sequence replaced by U+FFFD: for error messages and logs.
std::string ToUtf8(std::string_view octets);

/// Nothing for a % without two hex digits. `plus_is_space`: in queries.
std::optional<std::string> PercentDecode(std::string_view text, bool plus_is_space = false);
/// The path of HttpRequest::path; nothing unless it starts with '/', decodes to UTF-8 without control characters, and has no
/// "." or ".." segment, before or after decoding.
std::optional<std::string> DecodePath(std::string_view raw_path);
using Query = std::vector<std::pair<std::string, std::string>>;
/// Nothing when a part does not decode, is no UTF-8 or holds NUL, and for more than 1,000 parts.
std::optional<Query> ParseQuery(std::string_view raw_query);

bool EqualsIgnoringCase(std::string_view a, std::string_view b);
std::string ToLower(std::string_view text);
/// Without spaces and tabs at both ends.
std::string_view Trim(std::string_view text);
/// Whether a comma-separated list such as that of Connection names this token, in any case.
bool ListHas(std::string_view list, std::string_view token);

}  // namespace lakehouse::net
