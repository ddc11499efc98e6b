#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

constexpr std::size_t kMaxColumns = 4096;
constexpr std::size_t kMaxColumnNameBytes = 512;

/// Names a table can have, from what stands in a header: an empty one becomes "column" and its position from 0; one that an earlier
/// column has (letters compared without case, as SQL does) gets "_1", "_2"…; control characters but tabs become '_'. Each change adds a
/// note. kUnprocessable: more than 4,096 columns (reason "too_many_columns"), a name over 512 octets (reason "name_too_long").
Result<std::vector<std::string>> MakeColumnNames(const std::vector<std::string>& header, std::vector<std::string>& notes);

/// ASCII letters in lower case: how names are compared.
std::string FoldColumnName(std::string_view name);

/// The first octets of a text, cut before a broken or cut UTF-8 sequence is made; octets that are no UTF-8 become U+FFFD.
std::string CleanText(std::string_view octets, std::size_t max_bytes);
/// True when the octets are well-formed UTF-8.
bool IsUtf8(std::string_view octets);

}  // namespace lakehouse::ingest
