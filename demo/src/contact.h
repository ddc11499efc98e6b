#pragma once
#include <string>
#include <string_view>

#include "places.h"
#include "seeded_random.h"

namespace lakehouse::demo {

/// Lower-case ASCII letters, digits and hyphens of a name: "Łukasz" is "lukasz", "O'Brien" is "obrien".
std::string Folded(std::string_view name);
/// Of the numbers kept for fiction (555-0100 to 555-0199), written as people write them; now and then blank or "N/A".
std::string Phone(const Place& place, SeededRandom& random);
/// At a domain kept for examples; now and then blank, in capitals or with a space after it.
std::string Email(std::string_view folded_given, std::string_view folded_family, SeededRandom& random);
/// "07102": five digits.
std::string PostalCode(const Place& place, SeededRandom& random);

}  // namespace lakehouse::demo
