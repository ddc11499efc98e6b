#pragma once
#include <string>
#include <vector>

#include "lakehouse/query/query.h"
#include "reader.h"
#include "view.h"

namespace lakehouse::ui {

/// Whether a result of these columns can be drawn: a label and a number, at most 60 rows of them.
bool IsDrawable(const std::vector<query::ResultColumn>& columns, std::int64_t rows);
/// Bars with their values for the template "chart"; a line when the labels are dates in order. The words state the finding.
void ShowChart(View& view, const std::vector<query::ResultColumn>& columns, const std::vector<Row>& rows);

/// Points of a line over `values`, in a box: "M0 10 5 3…". Empty when there are fewer than two.
std::string LinePath(const std::vector<double>& values, double width, double height);

}  // namespace lakehouse::ui
