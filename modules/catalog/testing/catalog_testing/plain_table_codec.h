#pragma once
#include <charconv>

#include "lakehouse/catalog/table_codec.h"

namespace lakehouse::catalog {

/// Small tables in a plain form, for tests of what stands above Parquet: quick, and with no engine. One cell per line:
/// "n", "i<number>" or "t<length>:<text>".
class PlainTableCodec final : public TableCodec {
 public:
  Result<std::string> Encode(const Context& context, const SmallTable& table) override {
    LH_TRY(context.Check());
    std::string octets = HeadOf(table.columns) + std::to_string(table.rows.size()) + "\n";
    for (const auto& row : table.rows)
      for (const SmallTable::Cell& cell : row) {
        if (const auto* number = std::get_if<std::int64_t>(&cell))
          octets += "i" + std::to_string(*number) + "\n";
        else if (const auto* text = std::get_if<std::string>(&cell))
          octets += "t" + std::to_string(text->size()) + ":" + *text + "\n";
        else
          octets += "n\n";
      }
    return octets;
  }

  Result<SmallTable> Decode(const Context& context, std::string_view octets, const std::vector<SmallTable::Column>& columns) override {
    LH_TRY(context.Check());
    const std::string head = HeadOf(columns);
    if (!octets.starts_with(head)) return Bad("other columns");
    octets.remove_prefix(head.size());
    SmallTable table{columns, {}};
    const std::int64_t rows = LH_TRY(Number(octets, '\n'));
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::size_t column = 0; column < columns.size(); ++column) {
        if (column == 0) table.rows.emplace_back();
        table.rows.back().push_back(LH_TRY(Cell(octets)));
      }
    if (!octets.empty()) return Bad("more than the table");
    return table;
  }

 private:
  static Error Bad(const std::string& why) { return Error(ErrorCode::kCorruption, "no plain table: " + why); }
  static std::string HeadOf(const std::vector<SmallTable::Column>& columns) {
    std::string head = "PLAIN1\n";
    for (const SmallTable::Column& column : columns) head += column.name + (column.is_integer ? ":i\n" : ":t\n");
    return head;
  }
  static Result<std::int64_t> Number(std::string_view& octets, char end) {
    std::int64_t number = 0;
    const auto [at, error] = std::from_chars(octets.data(), octets.data() + octets.size(), number);
    if (error != std::errc{} || at == octets.data() + octets.size() || *at != end) return Bad("no number");
    octets.remove_prefix(static_cast<std::size_t>(at - octets.data()) + 1);
    return number;
  }
  static Result<SmallTable::Cell> Cell(std::string_view& octets) {
    if (octets.empty()) return Bad("it ends early");
    const char kind = octets.front();
    octets.remove_prefix(1);
    if (kind == 'i') return SmallTable::Cell(LH_TRY(Number(octets, '\n')));
    SmallTable::Cell cell;
    if (kind == 't') {
      const std::int64_t length = LH_TRY(Number(octets, ':'));
      if (length < 0 || static_cast<std::size_t>(length) > octets.size()) return Bad("a text is too long");
      cell = std::string(octets.substr(0, static_cast<std::size_t>(length)));
      octets.remove_prefix(static_cast<std::size_t>(length));
    } else if (kind != 'n') {
      return Bad("a cell of no kind");
    }
    if (octets.empty() || octets.front() != '\n') return Bad("a cell does not end");
    octets.remove_prefix(1);
    return cell;
  }
};

}  // namespace lakehouse::catalog
