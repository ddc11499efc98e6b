#include "lakehouse/base/random.h"

#include <sys/random.h>

#include <cassert>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "lakehouse/base/hash.h"

namespace lakehouse {
namespace {

class KernelRandom final : public Random {
 public:
  void Fill(std::span<unsigned char> out) override {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {  // keys that are not random are worse than no process
        std::perror("getrandom");
        std::abort();
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

}  // namespace

std::uint64_t Random::Next64() {
  unsigned char octets[8];
  Fill(octets);
  std::uint64_t value = 0;
  for (const unsigned char octet : octets) value = value << 8 | octet;
  return value;
}

std::uint64_t Random::Below(std::uint64_t bound) {
  assert(bound > 0);
  const std::uint64_t uneven = (0 - bound) % bound;  // 2^64 mod bound: so many values would come up once too often
  for (;;) {
    const std::uint64_t value = Next64();
    if (value >= uneven) return value % bound;
  }
}

std::string Random::Hex(std::size_t octets) {
  std::vector<unsigned char> raw(octets);
  Fill(raw);
  return ToHex(std::string_view(reinterpret_cast<const char*>(raw.data()), raw.size()));
}

Random& SystemRandom() {
  static KernelRandom random;
  return random;
}

}  // namespace lakehouse
