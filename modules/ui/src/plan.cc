#include "plan.h"

#include <algorithm>

#include "format.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kLongestDrawing = 1 << 20;
constexpr int kDeepest = 16;  // of what is still shown further in

/// A character of the drawing, whatever its octets.
using Line = std::vector<std::string_view>;

Line Characters(std::string_view text) {
  Line line;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t next = i + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0) == 0x80) ++next;
    line.push_back(text.substr(i, next - i));
    i = next;
  }
  return line;
}

struct Box {
  std::size_t band = 0, left = 0, right = 0, top = 0;
  std::vector<std::string> lines;
};

std::string Inside(const Line& line, const Box& box) {
  std::string text;
  for (std::size_t x = box.left + 1; x < box.right && x < line.size(); ++x) text += line[x];
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// Boxes stand in bands, one per depth, each beginning with a line of upper edges.
std::vector<Box> FindBoxes(const std::vector<Line>& lines) {
  std::vector<Box> boxes;
  std::size_t band = 0;
  for (std::size_t y = 0; y < lines.size(); ++y) {
    const std::size_t before = boxes.size();
    for (std::size_t x = 0; x < lines[y].size(); ++x) {
      if (lines[y][x] != "┌") continue;
      std::size_t right = x + 1;
      while (right < lines[y].size() && lines[y][right] != "┐" && lines[y][right] != "┌") ++right;
      if (right >= lines[y].size() || lines[y][right] != "┐") return {};
      boxes.push_back({band, x, right, y, {}});
    }
    if (boxes.size() > before) ++band;
  }
  for (Box& box : boxes)
    for (std::size_t y = box.top + 1; y < lines.size() && box.left < lines[y].size() && lines[y][box.left] != "└"; ++y)
      box.lines.push_back(Inside(lines[y], box));
  const auto is_nested = [](const std::string& line) { return line.find("┌") != std::string::npos || line.find("└") != std::string::npos; };
  for (const Box& box : boxes)
    if (std::any_of(box.lines.begin(), box.lines.end(), is_nested)) return {};
  return boxes;
}

std::string TitleOf(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_') text[i] = ' ';
    if (i > 0 && text[i] >= 'A' && text[i] <= 'Z') text[i] = static_cast<char>(text[i] + 32);
  }
  return text;
}

PlanStep StepOf(const Box& box, int depth) {
  PlanStep step{depth, "", {}, -1};
  // A long text was broken where the box ended, also within a word.
  const std::size_t full = box.right - box.left - 6;
  bool continues = false, breaks_word = false;
  for (const std::string& line : box.lines) {
    if (line.empty() || line.starts_with("─")) {
      continues = false;
      continue;
    }
    if (step.title.empty()) {
      step.title = TitleOf(line);
      continue;
    }
    if (line.starts_with("~") && line.ends_with("rows")) {
      step.rows = 0;
      for (const char c : line)
        if (c >= '0' && c <= '9') step.rows = std::min<std::int64_t>(step.rows * 10 + (c - '0'), 1'000'000'000'000'000);
      continue;
    }
    if (continues)
      step.details.back() += (breaks_word || line.starts_with(".") ? "" : step.details.back().ends_with(":") ? " " : ", ") + line;
    else
      step.details.push_back(line);
    continues = true;
    breaks_word = line.size() >= full;
  }
  return step;
}

void Walk(const std::vector<Box>& boxes, const Box& box, int depth, std::vector<PlanStep>& steps) {
  steps.push_back(StepOf(box, depth));
  std::size_t end = std::string::npos;  // where the next box of this band begins
  for (const Box& other : boxes)
    if (other.band == box.band && other.left > box.left) end = std::min(end, other.left);
  for (const Box& other : boxes)
    if (other.band == box.band + 1 && other.left >= box.left && other.left < end) Walk(boxes, other, depth + 1, steps);
}

}  // namespace

std::vector<PlanStep> ReadPlan(std::string_view drawing) {
  std::vector<PlanStep> steps;
  if (drawing.size() > kLongestDrawing) return steps;
  std::vector<Line> lines;
  for (std::size_t from = 0; from < drawing.size();) {
    const std::size_t to = std::min(drawing.find('\n', from), drawing.size());
    lines.push_back(Characters(drawing.substr(from, to - from)));
    from = to + 1;
  }
  const std::vector<Box> boxes = FindBoxes(lines);
  if (boxes.empty() || boxes.front().left != 0) return steps;
  Walk(boxes, boxes.front(), 0, steps);
  // What was not reached was not understood.
  const bool is_whole =
      steps.size() == boxes.size() && std::none_of(steps.begin(), steps.end(), [](const auto& s) { return s.title.empty(); });
  return is_whole ? steps : std::vector<PlanStep>();
}

void ShowPlanSteps(View& view, const std::vector<PlanStep>& steps) {
  std::int64_t most = 1;
  for (const PlanStep& step : steps) most = std::max(most, step.rows);
  for (const PlanStep& step : steps) {
    View& one = view.ShowAdd("step");
    one.Show("title", step.title).ShowInteger("indent", std::min(step.depth, kDeepest)).ShowInteger("level", step.depth + 1);
    one.ShowFlag("rows_known", step.rows >= 0).Show("rows", "about " + Counted(step.rows, "row"));
    one.Show("share", Fixed(100.0 * static_cast<double>(std::max<std::int64_t>(0, step.rows)) / static_cast<double>(most), 1) + "%");
    for (const std::string& detail : step.details) one.ShowAdd("detail").Show("text", detail);
  }
}

}  // namespace lakehouse::ui
