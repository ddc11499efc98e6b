#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace lakehouse {

/// Calls with the place and text of every integer of 19 or more digits that stands outside strings. The text need not be JSON.
void ForEachLongInteger(std::string_view json, const std::function<void(std::size_t at, std::string_view token)>& visit);

/// As ECMAScript's Number::toString (RFC 8785, section 3.2.2.3) spells it. Finite numbers only.
std::string EcmaScriptNumber(double value);

}  // namespace lakehouse
