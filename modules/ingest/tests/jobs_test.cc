#include <gmock/gmock.h>

#include <map>
#include <random>

#include "../src/job_table.h"
#include "ingest_lake.h"

namespace lakehouse::ingest {
namespace {

IngestRequest RequestFor(const std::string& dataset, const std::string& path, const std::string& file_name) {
  IngestRequest request;
  request.name = dataset;
  request.path = path;
  request.file_name = file_name;
  return request;
}

std::string ManyRows(int rows) {
  std::string text = "id,v\n";
  for (int i = 0; i < rows; ++i) text += std::to_string(i) + ",value number " + std::to_string(std::int64_t{i} * 7919) + "\n";
  return text;
}

TEST(JobsTest, OneBadFileStopsNoOther) {
  IngestLake lake;
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    const std::string text = i % 2 == 0 ? "a,b\n" + std::to_string(i) + ",x\n" : "a,b\n1,\"never closed\n";
    const auto started =
        lake.ingest().Start(IngestLake::NewContext(), RequestFor("t" + std::to_string(i), lake.WriteFile("f.csv", text), "f.csv"));
    ASSERT_TRUE(started.ok());
    ids.push_back(started->job.id);
  }
  for (int i = 0; i < 6; ++i) {
    const Job job = lake.ingest().Wait(IngestLake::NewContext(), {ids[static_cast<std::size_t>(i)], 60'000})->job;
    EXPECT_EQ(job.state, i % 2 == 0 ? JobState::kCommitted : JobState::kFailed);
  }
  EXPECT_EQ(lake.ingest().ListJobs(IngestLake::NewContext(), {.limit = 4})->jobs.size(), 4u);
  EXPECT_EQ(lake.ingest().ListJobs(IngestLake::NewContext(), {.under_way = true})->jobs.size(), 0u);
}

TEST(JobsTest, WhoSendsAThousandFilesHoldsNobodyUp) {
  JobTable table(100, 100);
  const auto send = [&](const std::string& principal, const std::string& id) {
    Job job;
    job.id = id;
    ASSERT_TRUE(table.Add(job, {}, {.principal = principal, .trace = "", .deadline = {}, .cancel = {}}).ok());
  };
  const auto take = [&] { return table.Take({})->Snapshot().id; };
  for (const char* id : {"a1", "a2", "a3", "a4"}) send("ann", id);
  EXPECT_EQ(take(), "a1");
  send("bo", "b1");
  send("bo", "b2");
  send("cy", "c1");
  std::string order;
  for (int n = 0; n < 5; ++n) order += take() + " ";
  EXPECT_EQ(order, "b1 c1 a2 b2 a3 ");
  send("cy", "c2");
  EXPECT_EQ(take(), "c2") << "whose last turn is longer ago";
  EXPECT_EQ(take(), "a4");
}

TEST(JobsTest, NobodyFillsTheQueueAlone) {
  JobTable table(4, 100);
  auto send = [&, n = 0](const std::string& principal) mutable {
    Job job;
    job.id = "j" + std::to_string(++n);
    const auto added = table.Add(job, {}, {.principal = principal, .trace = "", .deadline = {}, .cancel = {}});
    return added ? std::string("taken") : std::string(WireName(added.error().code())) + " " + std::string(added.error().reason());
  };
  EXPECT_EQ(send("ann"), "taken");
  EXPECT_EQ(send("ann"), "taken");
  EXPECT_EQ(send("ann"), "resource_exhausted queue_share") << "half of the queue is hers";
  EXPECT_EQ(send("bo"), "taken");
  EXPECT_EQ(send("cy"), "taken");
  EXPECT_EQ(send("di"), "unavailable overloaded");
  EXPECT_EQ(table.Take({})->Snapshot().id, "j1");
  EXPECT_EQ(send("ann"), "taken") << "one of hers is at work";
}

TEST(JobsTest, WhatWasAcceptedIsNeverRefusedAndCountsForItsSender) {
  JobTable table(4, 100);
  const auto context = [](const char* principal) { return Context{.principal = principal, .trace = "", .deadline = {}, .cancel = {}}; };
  for (const char* id : {"a1", "a2", "a3"}) {
    Job job;
    job.id = id;
    table.AddAccepted(job, {}, context("ann"));
  }
  EXPECT_EQ(table.CheckRoom(context("ann")).error().reason(), "queue_share");
  EXPECT_TRUE(table.CheckRoom(context("bo")).ok());
  Job job;
  job.id = "a4";
  table.AddAccepted(job, {}, context("ann"));
  EXPECT_EQ(table.CheckRoom(context("bo")).error().reason(), "overloaded");
  for (const char* id : {"a1", "a2", "a3", "a4"}) EXPECT_EQ(table.Take({})->Snapshot().id, id);
  EXPECT_TRUE(table.CheckRoom(context("ann")).ok());
}

TEST(JobsTest, AFullQueueRefusesAndACancelledJobLeavesNothing) {
  IngestLake lake({.runners = 1, .queue_capacity = 4});
  const std::string large = lake.WriteFile("large.csv", ManyRows(600'000));
  std::vector<std::string> ids;
  bool refused = false;
  for (int i = 0; i < 4; ++i) {
    const auto started = lake.ingest().Start(IngestLake::NewContext(), RequestFor("t" + std::to_string(i), large, "large.csv"));
    if (started)
      ids.push_back(started->job.id);
    else {
      refused = true;
      EXPECT_EQ(started.error().reason(), "queue_share") << "one caller, so it is full at half";
    }
  }
  EXPECT_TRUE(refused);
  for (const std::string& id : ids) ASSERT_TRUE(lake.ingest().Cancel(IngestLake::NewContext(), {id}).ok());
  int cancelled = 0;
  for (const std::string& id : ids) {
    const Job job = lake.ingest().Wait(IngestLake::NewContext(), {id, 60'000})->job;
    if (job.state == JobState::kCommitted) continue;
    ++cancelled;
    EXPECT_EQ(job.state, JobState::kCancelled) << (job.error ? job.error->message : "");
    EXPECT_EQ(lake.Version(job.name), 0);
  }
  EXPECT_GE(cancelled, 2);
  EXPECT_EQ(lake.IngestText("after", "a.csv", "a\n1\n").state, JobState::kCommitted) << "the lake goes on";
}

TEST(JobsTest, TheSameFileFromTwoSidesAtOnceComesInOnce) {
  IngestLake lake({.runners = 2});
  const std::string path = lake.WriteFile("t.csv", ManyRows(1'000));
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(lake.ingest().Start(IngestLake::NewContext(), RequestFor("t", path, "t.csv"))->job.id);
  int committed = 0;
  for (const std::string& id : ids) {
    const Job job = lake.ingest().Wait(IngestLake::NewContext(), {id, 60'000})->job;
    EXPECT_FALSE(job.error) << job.error->message;
    committed += job.state == JobState::kCommitted ? 1 : 0;
  }
  EXPECT_EQ(committed, 1);
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM t"), "[1000]");
}

/// Histories of upserts, appends and deletes end in the rows that a map ends in.
TEST(JobsTest, UpsertsAndDeletesEndInTheRowsOfAModel) {
  const unsigned seed = 42;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  IngestLake lake;
  std::map<int, int> model;
  int next_value = 0;
  std::string first = "id,v\n";
  for (int id = 0; id < 50; ++id) first += std::to_string(id) + "," + std::to_string(model[id] = next_value++) + "\n";
  ASSERT_EQ(lake.IngestText("t", "f.csv", first).state, JobState::kCommitted);
  for (int step = 0; step < 14; ++step) {
    if (random() % 3 == 0) {
      std::vector<std::string> values;
      for (int i = 0; i < 5; ++i) {
        const int id = static_cast<int>(random() % 80);
        values.push_back(std::to_string(id));
        model.erase(id);
      }
      ASSERT_TRUE(lake.ingest().DeleteRows(IngestLake::NewContext(), {"t", "id", values}).ok());
    } else {
      std::string text = "id,v\n";
      for (int i = 0; i < 8; ++i) {
        const int id = static_cast<int>(random() % 80);
        text += std::to_string(id) + "," + std::to_string(model[id] = next_value++) + "\n";
      }
      const Job job = lake.IngestText("t", "u.csv", text, Mode::kUpsert, "id");
      ASSERT_EQ(job.state, JobState::kCommitted) << (job.error ? job.error->message : "");
    }
    std::string expected;
    for (const auto& [id, v] : model) expected += (expected.empty() ? "[" : ",[") + std::to_string(id) + "," + std::to_string(v) + "]";
    ASSERT_EQ(lake.Rows("SELECT id, v FROM t ORDER BY id"), expected) << "after step " << step;
  }
}

}  // namespace
}  // namespace lakehouse::ingest
