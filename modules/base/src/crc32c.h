#pragma once
#include <cstdint>
#include <string_view>

namespace lakehouse {

/// The two ways to the same sum; Crc32c() picks one when it is first called. Both take and give the finished sum.
std::uint32_t Crc32cByTable(std::string_view octets, std::uint32_t crc);
/// Only where HasCrc32cInstruction().
std::uint32_t Crc32cByInstruction(std::string_view octets, std::uint32_t crc);
bool HasCrc32cInstruction();

}  // namespace lakehouse
