#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/catalog/system_table.h"

namespace lakehouse::query {

/// Rows as lines of JSON, an object with the members c0, c1… each.
std::string SystemRowsAsJson(const std::vector<catalog::SystemRow>& rows);
/// CREATE TEMP VIEW "view" AS the rows of such a file, in the table's columns.
std::string CreateSystemView(std::string_view view, const std::vector<catalog::SystemColumn>& columns, std::string_view file);

}  // namespace lakehouse::query
