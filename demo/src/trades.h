#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "places.h"

namespace lakehouse::demo {

/// What people are sent to do.
struct Trade {
  std::string_view role;
  Sector sector;
  std::uint32_t weight;  ///< how common it is
  std::int32_t hourly_cents;
  std::span<const std::string_view> skills;
  std::span<const std::string_view> certifications;  ///< the first is the one that orders ask for
  std::uint32_t certified_in_thousand;               ///< who holds the first one
};
std::span<const Trade> Trades();

/// Skills that go with any trade.
std::span<const std::string_view> EverydaySkills();

/// What customers of a sector are called: the second half of an invented name.
std::span<const std::string_view> BusinessNames(Sector sector);
std::string_view SectorName(Sector sector);

}  // namespace lakehouse::demo
