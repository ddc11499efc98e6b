#include "lakehouse/terminal/text_table.h"

#include <algorithm>
#include <numeric>

#include "lakehouse/terminal/display_width.h"

namespace lakehouse::terminal {
namespace {

constexpr std::string_view kDim = "\033[2m", kBold = "\033[1m", kEndOfColour = "\033[0m", kGap = "  ";
constexpr std::size_t kNarrowest = 6;  // columns do not give way below it

/// A text that reads NULL is quoted, so that NULL itself is told from it without colours too.
std::string Shown(const TextTable::Cell& cell) {
  if (!cell) return "NULL";
  return *cell == "NULL" ? "\"NULL\"" : Harmless(*cell);
}

std::string Coloured(const std::string& text, std::string_view colour, bool wanted) {
  return wanted ? std::string(colour) + text + std::string(kEndOfColour) : text;
}

std::string Repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// The widest column gives a column at a time until the line fits, or all are at their narrowest.
void Narrow(std::vector<std::size_t>& widths, std::size_t max_width) {
  if (max_width == 0 || widths.empty()) return;
  std::size_t total = std::accumulate(widths.begin(), widths.end(), kGap.size() * (widths.size() - 1));
  while (total > max_width) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= kNarrowest) return;
    --*widest;
    --total;
  }
}

void TrimEnd(std::string& text) { text.erase(text.find_last_not_of(' ') + 1); }

}  // namespace

TextTable::TextTable(const std::vector<std::string>& names, std::vector<bool> right_aligned) : right_aligned_(std::move(right_aligned)) {
  for (const std::string& name : names) names_.push_back(Harmless(name));
}

void TextTable::Add(std::vector<Cell> cells) { rows_.push_back(std::move(cells)); }

std::string TextTable::Draw(const TableLook& look) const {
  if (look.expanded) return DrawExpanded(look);
  std::vector<std::vector<std::string>> lines;
  lines.push_back(names_);
  for (const auto& row : rows_) {
    lines.emplace_back();
    for (const Cell& cell : row) lines.back().push_back(Shown(cell));
  }
  std::vector<std::size_t> widths(names_.size());
  for (const auto& line : lines)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], std::min(DisplayWidth(line[i]), look.max_cell_width));
  Narrow(widths, look.max_width);

  std::string out;
  for (std::size_t row = 0; row < lines.size(); ++row) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      std::string cell = CutToWidth(lines[row][i], widths[i]);
      const std::string space(widths[i] - DisplayWidth(cell), ' ');
      if (row == 0)
        cell = Coloured(cell, kBold, look.colour);
      else if (!rows_[row - 1][i])
        cell = Coloured(cell, kDim, look.colour);
      text += (i == 0 ? "" : std::string(kGap)) + (right_aligned_[i] ? space + cell : cell + space);
    }
    TrimEnd(text);
    out += text + "\n";
    if (row > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) out += (i == 0 ? "" : std::string(kGap)) + std::string(widths[i], '-');
    out += "\n";
  }
  return out;
}

std::string TextTable::DrawExpanded(const TableLook& look) const {
  std::size_t name_width = 0;
  for (const std::string& name : names_) name_width = std::max(name_width, DisplayWidth(name));
  name_width = std::min(name_width, look.max_cell_width);
  const std::size_t beside = name_width + 3;
  const std::size_t value_width = look.max_width > beside + kNarrowest ? look.max_width - beside
                                  : look.max_width > 0                 ? kNarrowest
                                                                       : SIZE_MAX;
  std::string out;
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const std::string title = "- row " + std::to_string(row + 1) + " ";
    out += Coloured(title + Repeated("-", beside > title.size() ? beside - title.size() : 0), kDim, look.colour) + "\n";
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string name = CutToWidth(names_[i], name_width);
      std::string line = Coloured(name, kBold, look.colour) + std::string(name_width - DisplayWidth(name), ' ') + " | " +
                         Coloured(CutToWidth(Shown(rows_[row][i]), value_width), kDim, look.colour && !rows_[row][i]);
      TrimEnd(line);
      out += line + "\n";
    }
  }
  return out;
}

std::size_t TextTable::WidestLine(std::string_view drawn) {
  std::size_t widest = 0;
  while (!drawn.empty()) {
    const std::size_t end = std::min(drawn.find('\n'), drawn.size());
    std::size_t width = 0;
    for (std::string_view line = drawn.substr(0, end); !line.empty();) {
      if (line.starts_with("\033[")) {  // our own colours: as far as the m
        line.remove_prefix(std::min(line.find('m') + 1, line.size()));
        continue;
      }
      const Character next = FirstCharacter(line);
      width += next.width;
      line.remove_prefix(next.octets.size());
    }
    widest = std::max(widest, width);
    drawn.remove_prefix(std::min(end + 1, drawn.size()));
  }
  return widest;
}

}  // namespace lakehouse::terminal
