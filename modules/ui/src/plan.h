#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "view.h"

namespace lakehouse::ui {

/// One step of a plan.
struct PlanStep {
  int depth = 0;  ///< 0: the last step, which gives the result; what feeds it is one deeper
  std::string title;
  std::vector<std::string> details;
  std::int64_t rows = -1;  ///< as estimated; -1: not said
};

/// The engine draws its plan as boxes; these are the boxes, depth first. Empty when the text is no such drawing: show it as it is.
std::vector<PlanStep> ReadPlan(std::string_view drawing);
/// For the template "plan".
void ShowPlanSteps(View& view, const std::vector<PlanStep>& steps);

}  // namespace lakehouse::ui
