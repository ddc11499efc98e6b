#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace lakehouse::ingest {

/// Types a text can be read as without loss and without guessing. A set of bits; none: it is only text.
enum CellType : unsigned {
  kBoolean = 1,       ///< true or false, in any case; never 0, 1, yes
  kBigint = 2,        ///< no leading zero, no plus, fits 64 bits
  kDouble = 4,        ///< a decimal point, or an exponent with a sign or a point; at most 17 significant digits; integers up to 2^53
  kDate = 8,          ///< YYYY-MM-DD, and there is such a day
  kTimestamp = 16,    ///< that, 'T' or a space, HH:MM:SS, up to six decimals; a date too
  kTimestampTz = 32,  ///< the same with Z or an offset
};
constexpr unsigned kAnyCellType = 63;

/// Spaces around a number or date do not count. Anything a person might mean otherwise is text: "007", "+49", "1e5", "01.02.2024",
/// "34,000.00", "n/a", "NaN", 20 digits.
unsigned CellTypesOf(std::string_view text);

/// The type of a column all of whose cells allow these: DuckDB's spelling. VARCHAR for none.
std::string ColumnTypeOf(unsigned types);

/// What a value of a column of this type must be one of; 0 when this module cannot tell and the engine decides.
unsigned AcceptedCellTypes(std::string_view column_type);

}  // namespace lakehouse::ingest
