#pragma once
#include <gmock/gmock.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base_testing/matchers.h"
#include "catalog_testing/test_lake.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/query/query.h"

namespace lakehouse::matrix {

struct Person {
  std::string id, title, text, state;
  int years = 0;
};

/// Their dataset, whose rows a PeopleQuery has.
inline void CreatePeople(catalog::Catalog& catalog) {
  const catalog::Schema schema =
      catalog::TestSchema({{"id", "VARCHAR"}, {"title", "VARCHAR"}, {"text", "VARCHAR"}, {"state", "VARCHAR"}, {"years", "INTEGER"}});
  Must(catalog.Commit({}, catalog::CreateOf("people", {}, schema)));
}

/// Answers every statement with the people, as the query service writes NDJSON, cut at odd places.
class PeopleQuery final : public query::Query {
 public:
  std::vector<Person> people;
  int runs = 0;
  std::optional<Error> failure;

  Result<std::unique_ptr<query::QueryResult>> Run(const Context&, const query::QueryRequest& request) override {
    ++runs;
    if (failure) return *failure;
    EXPECT_THAT(request.sql, testing::HasSubstr("AT (VERSION => "));
    std::string lines;
    for (const Person& person : people) {
      JsonWriter writer;
      writer.Open('{');
      using Field = std::pair<const char*, std::string>;
      for (const auto& [key, value] :
           std::vector<Field>{{"i", person.id}, {"t0", person.title}, {"t1", person.text}, {"f0", person.state}}) {
        writer.Key(key);
        writer.String(value);
      }
      writer.Key("f1");
      writer.Integer(person.years);
      writer.Close('}');
      lines += std::move(writer).Take() + "\n";
    }
    return std::unique_ptr<query::QueryResult>(std::make_unique<Lines>(std::move(lines)));
  }

 private:
  class Lines final : public query::QueryResult {
   public:
    explicit Lines(std::string lines) : lines_(std::move(lines)) {}
    const query::QueryHeader& header() const override { return header_; }
    const query::QuerySummary& summary() const override { return summary_; }
    Result<std::optional<std::string>> Next(const Context&) override {
      if (at_ >= lines_.size()) return std::optional<std::string>();
      std::string part = lines_.substr(at_, 37);
      at_ += part.size();
      return std::optional(std::move(part));
    }

   private:
    std::string lines_;
    std::size_t at_ = 0;
    query::QueryHeader header_;
    query::QuerySummary summary_;
  };
};

inline std::vector<Person> People(int count = 90) {
  const std::vector<std::pair<std::string, std::string>> trades = {
      {"Forklift operator", "Moves pallets in the warehouse and loads trucks at the dock. Holds a license."},
      {"Registered nurse", "Cares for patients on the ward and gives medicine at the hospital."},
      {"Pipe welder", "Joins steel pipe with arc welding in the shop and on site."}};
  std::vector<Person> people;
  for (int i = 0; i < count; ++i) {
    const auto& [title, text] = trades[static_cast<std::size_t>(i) % trades.size()];
    people.push_back({"p" + std::to_string(i), title, text + " Has done so for employer number" + std::to_string(i) + ".",
                      i % 2 == 0 ? "IL" : "IN", i % 10});
  }
  return people;
}

}  // namespace lakehouse::matrix
