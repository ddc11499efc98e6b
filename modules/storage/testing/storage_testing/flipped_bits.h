#pragma once
#include <cstddef>
#include <functional>
#include <string>

namespace lakehouse::storage {

/// Every octet of an object once with one of its bits turned over: bit n mod 8 of octet n, so that all bits of a field get their turn.
inline void ForEachFlippedBit(const std::string& octets, const std::function<void(std::size_t at, const std::string& flipped)>& use) {
  std::string flipped = octets;
  for (std::size_t at = 0; at < octets.size(); ++at) {
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    use(at, flipped);
    flipped[at] = octets[at];
  }
}

}  // namespace lakehouse::storage
