#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"

namespace lakehouse {

/// RFC 9562. Prints in lower case with dashes. A value.
class Uuid {
 public:
  Uuid() = default;  ///< the nil UUID
  explicit Uuid(const std::array<unsigned char, 16>& octets) : octets_(octets) {}
  /// The 36-character form only, either case.
  static std::optional<Uuid> Parse(std::string_view text);
  /// Version 5: the same name in the same namespace gives the same UUID everywhere.
  static Uuid FromName(const Uuid& name_space, std::string_view name);

  std::string ToString() const;
  const std::array<unsigned char, 16>& octets() const { return octets_; }
  auto operator<=>(const Uuid&) const = default;

 private:
  std::array<unsigned char, 16> octets_{};
};

/// Version 7: milliseconds first, so keys made later sort later; strictly rising within one process even when the clock goes
/// back. Thread-safe.
Uuid NewUuid(const Clock& clock = SystemClock(), Random& random = SystemRandom());

}  // namespace lakehouse
