#include <gmock/gmock.h>

#include "fake_query.h"
#include "lake.h"
#include "lakehouse/catalog/profiled_catalog.h"
#include "query_testing/fake_catalog.h"
#include "reader.h"
#include "result_store.h"

/// What is kept for one caller is never shown to another who may see something else.
namespace lakehouse::ui {
namespace {

using testing::ElementsAre;

class ViewersTest : public testing::Test {
 protected:
  ViewersTest() {
    for (const char* name : {"secrets", "workers"}) catalog_.Add(name, {}, {});
    LetSee({});
  }
  void LetSee(std::vector<std::string> datasets) {
    catalog::Profile profile;
    profile.name = "analyst";
    profile.datasets = std::move(datasets);
    catalog_.LetSee("k", std::move(profile));
  }
  SightOf Sight() {
    return [this](const Context& context) -> Result<std::string> { return LH_TRY(book_.SightOf(context)).label(); };
  }
  std::vector<std::string> NamesFor(Lake& lake, const Context& context) {
    const auto list = lake.Load(context);
    EXPECT_TRUE(list) << list.error().ToString();
    std::vector<std::string> names;
    if (list)
      for (const catalog::Dataset& dataset : (*list)->datasets) names.push_back(dataset.name);
    return names;
  }

  query::FakeCatalog catalog_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  catalog::AccessBook book_{catalog_, log_, {.poll_ms = 0}};
  std::unique_ptr<catalog::Catalog> profiled_ = catalog::MakeProfiledCatalog(catalog_, book_);
  const Context everybody_{.principal = "local"}, key_{.principal = "key:k"};
};

TEST_F(ViewersTest, TheListOfDatasetsIsTheCallersOwn) {
  Lake lake(*profiled_, Sight());
  LetSee({"work*"});
  EXPECT_THAT(NamesFor(lake, everybody_), ElementsAre("secrets", "workers"));
  EXPECT_THAT(NamesFor(lake, key_), ElementsAre("workers")) << "the list of another stands in the cache";
  EXPECT_THAT(NamesFor(lake, everybody_), ElementsAre("secrets", "workers"));
  LetSee({"secrets"});
  EXPECT_THAT(NamesFor(lake, key_), ElementsAre("secrets")) << "the lake has not moved, the profile has";
}

TEST_F(ViewersTest, AnAnswerReadUnderOneProfileIsNotThereUnderAnother) {
  FakeQuery query;
  query.answer = {{{"email", "VARCHAR"}}, {"[\"ann@example.org\"]"}, ""};
  Reader reader(query, SystemClock(), 1 << 20, Sight());
  ASSERT_TRUE(reader.Read(key_, "workers@1", "SELECT email"));
  ASSERT_TRUE(reader.Read(key_, "workers@1", "SELECT email"));
  EXPECT_EQ(query.asked.size(), 1u);
  LetSee({"work*"});
  EXPECT_EQ(reader.Find(key_, "workers@1", "SELECT email"), nullptr);
  query.answer.pieces = {"[\"a***\"]"};
  const auto masked = reader.Read(key_, "workers@1", "SELECT email");
  ASSERT_TRUE(masked);
  EXPECT_EQ((*masked)->rows[0][0].text, "a***");
  EXPECT_EQ(query.asked.size(), 2u);
}

TEST_F(ViewersTest, AResultBeingPagedThroughIsRunAgainUnderAnotherProfile) {
  FakeQuery query;
  query.answer = {{{"email", "VARCHAR"}}, {"[\"ann@example.org\"]"}, ""};
  ResultStore store(query, SystemClock(), {}, Sight());
  ASSERT_TRUE(store.Run(key_, "SELECT email", 0));
  ASSERT_TRUE(store.Run(key_, "SELECT email", 7));
  EXPECT_EQ(query.asked.size(), 1u);
  LetSee({"work*"});
  ASSERT_TRUE(store.Run(key_, "SELECT email", 7));
  EXPECT_EQ(query.asked.size(), 2u);
}

TEST_F(ViewersTest, WhatAProfileChangedUnderIsNotKept) {
  FakeQuery query;
  query.answer = {{{"email", "VARCHAR"}}, {"[\"ann@example.org\"]"}, ""};
  int asked = 0;
  const SightOf changing = [&](const Context&) -> Result<std::string> { return "analyst@" + std::to_string(++asked); };
  Reader reader(query, SystemClock(), 1 << 20, changing);
  ASSERT_TRUE(reader.Read(key_, "workers@1", "SELECT email"));
  asked = 0;
  EXPECT_EQ(reader.Find(key_, "workers@1", "SELECT email"), nullptr);
}

TEST_F(ViewersTest, WhoseProfileCannotBeToldGetsNothing) {
  FakeQuery query;
  const SightOf failing = [](const Context&) -> Result<std::string> {
    return Error(ErrorCode::kPermissionDenied, "no").Named("key_revoked");
  };
  Reader reader(query, SystemClock(), 1 << 20, failing);
  ResultStore store(query, SystemClock(), {}, failing);
  Lake lake(*profiled_, failing);
  EXPECT_EQ(reader.Read(key_, "workers@1", "SELECT 1").error().reason(), "key_revoked");
  EXPECT_EQ(store.Run(key_, "SELECT 1", 0).error().reason(), "key_revoked");
  EXPECT_EQ(lake.Load(key_).error().reason(), "key_revoked");
  EXPECT_TRUE(query.asked.empty());
}

}  // namespace
}  // namespace lakehouse::ui
