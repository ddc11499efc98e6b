#include "question.h"

#include <gmock/gmock.h>

namespace lakehouse::matrix {
namespace {

catalog::Dataset Workers() {
  catalog::Dataset workers;
  workers.name = "workers";
  for (const auto& [name, type] : {std::pair("worker_id", "VARCHAR"),
                                   {"name", "VARCHAR"},
                                   {"role", "VARCHAR"},
                                   {"city", "VARCHAR"},
                                   {"state", "VARCHAR"},
                                   {"hourly_rate", "DECIMAL(8,2)"},
                                   {"billRate", "DOUBLE"},
                                   {"hours", "BIGINT"}})
    workers.head.schema.columns.push_back({name, type, 0, {}});
  return workers;
}
std::optional<NumericQuestion> Read(std::string_view question) {
  const auto words = QuestionWords(question);
  return ReadFor(words, Workers());
}
std::string ValuesOf(const NumericQuestion& question) {
  std::string all;
  for (const auto& run : question.values) {
    for (const auto& word : run) all += word.written + " ";
    all += "/";
  }
  return all;
}

TEST(NumericQuestion, CountsRowsWithValues) {
  const auto read = Read("How many workers live in Chicago?");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->measure, Aggregate::kCount);
  EXPECT_TRUE(read->names_dataset);
  EXPECT_EQ(ValuesOf(*read), "Chicago /");
  EXPECT_EQ(ValuesOf(*Read("how many forklift operators are in the state of IN")), "forklift operators /IN /")
      << "IN is a state, in is a word";
}

TEST(NumericQuestion, MeasuresAColumnByAnother) {
  const auto read = Read("average bill rate by role");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->measure, Aggregate::kAverage);
  EXPECT_EQ(read->target, "billRate");
  EXPECT_EQ(read->group, "role");
  EXPECT_TRUE(read->values.empty());
  EXPECT_EQ(Read("What is the highest hourly rate of workers in Gary?")->target, "hourly_rate");
  EXPECT_EQ(Read("total hours per city")->group, "city");
}

TEST(NumericQuestion, ComparesANumber) {
  const auto read = Read("how many workers have an hourly rate over 24.50");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->comparisons.size(), 1u);
  EXPECT_EQ(read->comparisons[0].column + read->comparisons[0].sign + read->comparisons[0].number, "hourly_rate>24.50");
  EXPECT_TRUE(read->values.empty());
  EXPECT_EQ(Read("number of workers with hours at least 40")->comparisons[0].sign, ">=");
}

TEST(NumericQuestion, FindsTheGroupWithTheMost) {
  const auto read = Read("Which city has the most workers?");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->best, 1);
  EXPECT_EQ(read->group, "city");
  EXPECT_EQ(Read("how many cities do the workers live in")->measure, Aggregate::kDistinct);
}

TEST(NumericQuestion, WhatItIsUnsureOfIsNone) {
  EXPECT_FALSE(Read("Who drives a forklift in Joliet?"));
  EXPECT_FALSE(Read("average rate of workers")) << "which of the two rates?";
  EXPECT_FALSE(Read("average of the workers"));
  EXPECT_FALSE(Read("highest and lowest hourly rate")) << "two numbers";
  EXPECT_EQ(ValuesOf(*Read("how many workers were hired since March")), "hired since March /") << "no value is that: not answered";
  EXPECT_EQ(ValuesOf(*Read("how many workers have a city")), "city /") << "a column without a value";
}

}  // namespace
}  // namespace lakehouse::matrix
