#pragma once
#include <string>
#include <string_view>

namespace lakehouse::text {

/// Octets of base64; what is no letter of it is passed over, as mail asks.
std::string DecodeBase64(std::string_view text);
/// Octets of quoted-printable; `in_header`: '_' is a blank.
std::string DecodeQuotedPrintable(std::string_view text, bool in_header);
/// A header's value with its "=?charset?Q?…?=" words read.
std::string DecodeHeader(std::string_view value);

}  // namespace lakehouse::text
