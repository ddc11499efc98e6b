#pragma once
#include <array>
#include <string_view>

namespace lakehouse {

/// For UUIDs of version 5 alone, whose definition asks for it: not a secure hash.
std::array<unsigned char, 20> Sha1Of(std::string_view octets);

}  // namespace lakehouse
