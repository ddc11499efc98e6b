#include "function_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lakehouse/base/file.h"
#include "lakehouse/catalog/dataset_name.h"
#include "side_engine.h"

namespace lakehouse::query {
namespace {

using ::testing::IsEmpty;

/// Every function of the linked library that can stand in an expression, folded.
std::set<std::string> LibraryFunctions() {
  SideEngine library;
  std::set<std::string> names;
  for (const auto& row :
       library.Rows("SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro')"))
    names.insert(row.at(0));
  return names;
}

FunctionList Denied() { return FunctionList(*ReadFile(LAKEHOUSE_DENIED_FUNCTIONS)); }

std::vector<std::string> Without(const auto& all, const auto& a, const auto& b) {
  std::vector<std::string> rest;
  for (const std::string& name : all)
    if (!a.contains(name) && !b.contains(name)) rest.push_back(name);
  return rest;
}

TEST(FunctionListTest, EveryFunctionOfTheLibraryHasBeenReviewed) {
  EXPECT_THAT(Without(LibraryFunctions(), FunctionList::Reviewed().names(), Denied().names()), IsEmpty())
      << "these are new: put each into src/allowed_functions.txt or tests/denied_functions.txt";
}

TEST(FunctionListTest, EveryAllowedFunctionExists) {
  const std::set<std::string> not_listed_by_the_library{"unnest"};
  EXPECT_THAT(Without(FunctionList::Reviewed().names(), LibraryFunctions(), not_listed_by_the_library), IsEmpty());
}

TEST(FunctionListTest, EveryDeniedFunctionExistsAndIsNotAllowed) {
  const FunctionList denied = Denied();
  EXPECT_THAT(Without(denied.names(), LibraryFunctions(), std::set<std::string>{}), IsEmpty());
  for (const std::string& name : denied.names()) EXPECT_FALSE(FunctionList::Reviewed().AllowsFunction(name)) << name;
}

TEST(FunctionListTest, WhatTheLibraryCallsUnsteadyIsUnsteadyHere) {
  SideEngine library;
  int seen = 0;
  for (const auto& row : library.Rows("SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability <> 'CONSISTENT'")) {
    if (!FunctionList::Reviewed().AllowsFunction(row.at(0))) continue;
    EXPECT_FALSE(FunctionList::IsSteady(row.at(0))) << row.at(0);
    ++seen;
  }
  EXPECT_GE(seen, 10);
  EXPECT_FALSE(FunctionList::IsSteady("Current_LocalTimestamp"));
  EXPECT_TRUE(FunctionList::IsSteady("sum"));
}

TEST(FunctionListTest, NamesCompareWithoutCase) {
  EXPECT_TRUE(FunctionList::Reviewed().AllowsFunction("Lower"));
  EXPECT_TRUE(FunctionList::Reviewed().AllowsFunction("formatReadableSize"));
  EXPECT_TRUE(FunctionList::Reviewed().AllowsTableFunction("RANGE"));
  EXPECT_FALSE(FunctionList::Reviewed().AllowsTableFunction("lower"));
}

TEST(FunctionListTest, CommentsAreNoNames) {
  const FunctionList list("# read_csv\nlower upper\n\n# glob\n->> #x\n");
  EXPECT_THAT(list.names(), ::testing::ElementsAre("#x", "->>", "lower", "upper"));
}

}  // namespace
}  // namespace lakehouse::query
