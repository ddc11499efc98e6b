#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::query {

/// A PIVOT that leaves its values out: "PIVOT sales ON year USING sum(amount)". The engine's parser makes two statements of it, the first
/// of which would create a type. Here the values are asked for by SELECTs of their own, and written into the text: what runs is an ordinary
/// statement, which the gate sees like any other. Taken apart by its words: whether they mean what they look like, the parser decides.
struct OpenPivot {
  struct Hole {
    std::size_t position = 0;  ///< where IN (…) belongs
    std::string values;        ///< the SELECT of one column of texts
  };
  std::vector<Hole> holes;
};
/// Nothing unless the whole statement is one, with or without WITH before it.
std::optional<OpenPivot> FindOpenPivot(std::string_view sql);
/// `values` of each hole. None for a hole: it gets one that no row has.
std::string FillPivot(std::string_view sql, const OpenPivot& pivot, const std::vector<std::vector<std::string>>& values);

}  // namespace lakehouse::query
