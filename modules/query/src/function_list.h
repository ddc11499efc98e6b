#pragma once
#include <set>
#include <string>
#include <string_view>

namespace lakehouse::query {

/// The functions a caller may name: reviewed by us, one by one, for the version of DuckDB that this is built with
/// (src/allowed_functions.txt, part of the binary). tests/function_list_test.cc holds the rest of the library's list, so that a
/// new version of DuckDB fails a test until its new functions are on one side or the other. Immutable.
class FunctionList {
 public:
  /// Names separated by white space; a line that starts with "# " is a comment.
  explicit FunctionList(std::string_view text);
  /// The list of this binary.
  static const FunctionList& Reviewed();

  /// Names compare without case, as DuckDB's do.
  bool AllowsFunction(std::string_view name) const;
  bool AllowsTableFunction(std::string_view name) const;
  /// What it answers depends on its arguments alone, not on the clock or on chance.
  static bool IsSteady(std::string_view name);
  const std::set<std::string, std::less<>>& names() const { return names_; }

 private:
  std::set<std::string, std::less<>> names_;  // lower case
};

}  // namespace lakehouse::query
