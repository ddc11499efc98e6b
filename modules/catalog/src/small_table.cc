#include "small_table.h"

namespace lakehouse::catalog {
namespace {

Error BadCell(std::size_t column, const char* expected) {
  return Error(ErrorCode::kCorruption, "column " + std::to_string(column) + " of a row holds no " + expected);
}

}  // namespace

Result<std::int64_t> RowReader::Integer(std::size_t column) const {
  if (column >= cells_.size()) return BadCell(column, "number");
  const auto* number = std::get_if<std::int64_t>(&cells_[column]);
  if (number == nullptr) return BadCell(column, "number");
  return *number;
}

Result<std::string> RowReader::Text(std::size_t column) {
  if (column >= cells_.size()) return BadCell(column, "text");
  auto* text = std::get_if<std::string>(&cells_[column]);
  if (text == nullptr) return BadCell(column, "text");
  return std::move(*text);
}

std::optional<std::string> RowReader::OptionalText(std::size_t column) {
  if (column >= cells_.size()) return std::nullopt;
  auto* text = std::get_if<std::string>(&cells_[column]);
  if (text == nullptr) return std::nullopt;
  return std::move(*text);
}

bool RowReader::IsNull(std::size_t column) const {
  return column >= cells_.size() || std::holds_alternative<std::monostate>(cells_[column]);
}

}  // namespace lakehouse::catalog
