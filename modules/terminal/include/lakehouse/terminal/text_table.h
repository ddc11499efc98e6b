#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::terminal {

/// How a table is drawn.
struct TableLook {
  std::size_t max_cell_width = 60;  ///< columns of a cell; longer ones are cut with "…"
  std::size_t max_width = 0;        ///< of a line; wide columns give way until it fits; 0: no bound
  bool expanded = false;            ///< a block of lines "name | value" for each row
  bool colour = false;              ///< NULL, names and lines may be told apart by colour
};

/// Columns of text, aligned for people. Data is made harmless, whatever it holds. Single-threaded.
class TextTable {
 public:
  using Cell = std::optional<std::string>;  ///< nothing is NULL, which looks unlike any text

  TextTable(const std::vector<std::string>& names, std::vector<bool> right_aligned);
  /// As many cells as there are names.
  void Add(std::vector<Cell> cells);
  std::string Draw(const TableLook& look = {}) const;

  std::size_t rows() const { return rows_.size(); }
  /// The widest line and the number of lines of such a text: whether it fits into a window.
  static std::size_t WidestLine(std::string_view drawn);

 private:
  std::string DrawExpanded(const TableLook& look) const;

  std::vector<std::string> names_;
  std::vector<bool> right_aligned_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace lakehouse::terminal
