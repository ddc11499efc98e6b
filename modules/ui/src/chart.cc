#include "chart.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "format.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kMostBars = 60;
constexpr double kLabelWidth = 150, kBarsWidth = 230, kRowHeight = 22, kTop = 8;

struct Mark {
  std::string label;
  double value = 0;
};

std::vector<Mark> MarksOf(const std::vector<Row>& rows) {
  std::vector<Mark> marks;
  for (const Row& row : rows)
    if (!row[1].is_null) marks.push_back({row[0].is_null ? "null" : row[0].text, std::strtod(row[1].text.c_str(), nullptr)});
  std::erase_if(marks, [](const Mark& mark) { return !std::isfinite(mark.value); });
  return marks;
}

std::string ValueText(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return Grouped(static_cast<std::int64_t>(value));
  return Shortest(value);
}

void ShowBarsOf(View& view, const std::vector<Mark>& marks) {
  double least = 0, most = 0;
  for (const Mark& mark : marks) {
    least = std::min(least, mark.value);
    most = std::max(most, mark.value);
  }
  const double scale = most > least ? kBarsWidth / (most - least) : 0;
  const double zero = kLabelWidth + 8 - least * scale;
  for (std::size_t i = 0; i < marks.size(); ++i) {
    const double y = kTop + static_cast<double>(i) * kRowHeight;
    View& bar = view.ShowAdd("mark");
    const double width = std::max(std::abs(marks[i].value) * scale, 1.0);
    const double x = marks[i].value < 0 ? zero - width : zero;
    bar.Show("x", Fixed(x, 1)).Show("y", Fixed(y, 1)).Show("w", Fixed(width, 1)).Show("ty", Fixed(y + 12, 1));
    bar.Show("label", Cut(marks[i].label, 21)).Show("lx", Fixed(kLabelWidth, 0));
    bar.Show("value", ValueText(marks[i].value)).Show("vx", Fixed(x + width + 5, 1));
  }
  view.Show("zero_x", Fixed(zero, 1))
      .Show("height", Fixed(kTop + static_cast<double>(marks.size()) * kRowHeight + 4, 0))
      .Show("width", "460");
  view.Show("bottom", Fixed(kTop + static_cast<double>(marks.size()) * kRowHeight, 0));
}

void ShowLineOf(View& view, const std::vector<Mark>& marks) {
  std::vector<double> values;
  for (const Mark& mark : marks) values.push_back(mark.value);
  const std::string line = LinePath(values, 400, 150);
  view.Show("line", line).Show("line_area", line + " L400 150 0 150z");
  view.Show("first_label", Cut(marks.front().label, 16)).Show("last_label", Cut(marks.back().label, 16));
  view.Show("last_value", ValueText(marks.back().value)).Show("height", "206").Show("width", "450");
}

}  // namespace

std::string LinePath(const std::vector<double>& values, double width, double height) {
  if (values.size() < 2) return "";
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double bottom = std::min(0.0, *low), span = *high - bottom > 0 ? *high - bottom : 1;
  std::string path;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = width * static_cast<double>(i) / static_cast<double>(values.size() - 1);
    const double y = 1 + (height - 2) * (1 - (values[i] - bottom) / span);
    path += (i == 0 ? "M" : " ") + Fixed(x, 1) + " " + Fixed(y, 1);
  }
  return path;
}

bool IsDrawable(const std::vector<query::ResultColumn>& columns, std::int64_t rows) {
  return columns.size() == 2 && rows >= 1 && rows <= kMostBars && IsNumeric(columns[1].type) && !IsNested(columns[0].type);
}

void ShowChart(View& view, const std::vector<query::ResultColumn>& columns, const std::vector<Row>& rows) {
  const auto marks = MarksOf(rows);
  view.ShowFlag("has_chart", !marks.empty());
  if (marks.empty()) return;
  const auto most = std::max_element(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.value < b.value; });
  const bool is_line = IsTemporal(columns[0].type) && marks.size() > 6 &&
                       std::is_sorted(marks.begin(), marks.end(), [](const Mark& a, const Mark& b) { return a.label < b.label; });
  view.Show("chart_title", columns[1].name + " by " + columns[0].name);
  view.Show("chart_words",
            columns[1].name + " by " + columns[0].name + ": the highest is " + ValueText(most->value) + ", at " + Cut(most->label, 60));
  view.ShowFlag("is_line", is_line).Show("highest", ValueText(most->value));
  if (is_line)
    ShowLineOf(view, marks);
  else
    ShowBarsOf(view, marks);
}

}  // namespace lakehouse::ui
