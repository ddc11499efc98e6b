#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace lakehouse::demo {

/// What a place, a role and a client are mostly about.
enum class Sector : unsigned char { kLogistics, kManufacturing, kConstruction, kOffice, kHealth, kFood };

struct Place {
  std::string_view city;
  std::string_view state;    ///< two letters
  std::uint32_t weight;      ///< inhabitants in thousands, roughly; the largest are held back
  std::uint32_t zip_prefix;  ///< the first three digits of its postal codes: 71 is 071
  std::uint32_t area_code;
  std::int32_t wage_percent;  ///< wages there, of the country's
  Sector sector;
};

/// Real places of the United States; one state's stand together.
std::span<const Place> Places();

}  // namespace lakehouse::demo
