#include <gmock/gmock.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base_testing/directory_test.h"
#include "lakehouse/embed/embeddings.h"
#include "lakehouse/embed/vector_cache.h"

namespace lakehouse::embed {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Records what it was asked for; may be held, and may fail.
class Recorder final : public Embedder {
 public:
  const std::string& id() const override { return model; }
  std::uint32_t dimension() const override { return length; }
  Result<std::vector<Result<Embedding>>> Embed(const Context& context, std::span<const std::string> texts) override {
    std::unique_lock lock(mutex_);
    calls.emplace_back(texts.begin(), texts.end());
    changed_.notify_all();
    changed_.wait(lock, context.cancel, [this] { return !held; });
    LH_TRY(context.Check());
    if (failure && calls.size() >= fails_from) return *failure;
    std::vector<Result<Embedding>> vectors;
    for (const std::string& text : texts) {
      if (text == "bad") {
        vectors.emplace_back(Error(ErrorCode::kUnprocessable, "no").Named("text_refused"));
      } else {
        vectors.emplace_back(Embedding{static_cast<float>(text.size()), 1, 0});
      }
    }
    return vectors;
  }
  void WaitForCalls(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls.size() >= count; });
  }
  void Hold(bool is_held) {
    const std::scoped_lock lock(mutex_);
    held = is_held;
    changed_.notify_all();
  }
  std::vector<std::vector<std::string>> calls;
  bool held = false;
  std::optional<Error> failure;
  std::size_t fails_from = 1;  ///< this call and all later ones
  std::string model = "fake/model";
  std::uint32_t length = 3;

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
};

class CachedEmbedderTest : public DirectoryTest {
 protected:
  Result<std::vector<Result<Embedding>>> Embed(const std::vector<std::string>& texts, const Context& context = {}) {
    return cached_->Embed(context, texts);
  }
  /// Until so many texts wait for others.
  void WaitForJoined(std::uint64_t count) {
    while (cache_.stats().joined < count) std::this_thread::yield();
  }
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  VectorCache cache_{{.directory = PathOf("vectors")}, log_};
  std::shared_ptr<Recorder> inner_ = std::make_shared<Recorder>();
  std::shared_ptr<Embedder> cached_ = MakeCached(inner_, cache_, 4);
};

TEST_F(CachedEmbedderTest, AsksForWhatIsMissingOnlyOnceEachAndInTheirOrder) {
  ASSERT_THAT(Embed({"a", "bb", "a", "ccc"}), IsOk());
  EXPECT_THAT(inner_->calls, ElementsAre(ElementsAre("a", "bb", "ccc")));
  const auto vectors = Must(Embed({"ccc", "dddd", "a"}));
  EXPECT_THAT(inner_->calls, ElementsAre(SizeIs(3), ElementsAre("dddd")));
  EXPECT_EQ((*vectors[0])[0], 3);
  EXPECT_EQ((*vectors[1])[0], 4);
  EXPECT_EQ((*vectors[2])[0], 1);
  const auto stats = cache_.stats();
  EXPECT_EQ(stats.hits, 2u);
  EXPECT_EQ(stats.misses, 4u);
  EXPECT_EQ(stats.entries, 4u);
}

TEST_F(CachedEmbedderTest, ATextThatFailsLosesNothingAndIsAskedForAgain) {
  const auto vectors = Must(Embed({"a", "bad", "bb"}));
  EXPECT_THAT(vectors[0], IsOk());
  EXPECT_THAT(vectors[1], HasReason("text_refused"));
  EXPECT_THAT(vectors[2], IsOk());
  ASSERT_THAT(Embed({"a", "bad"}), IsOk());
  EXPECT_THAT(inner_->calls.back(), ElementsAre("bad"));
}

TEST_F(CachedEmbedderTest, WhatHasComeStaysWhenALaterBatchFails) {
  inner_->failure = Error(ErrorCode::kUnavailable, "gone").Named("gone");
  inner_->fails_from = 2;
  EXPECT_THAT(Embed({"1", "22", "333", "4444", "55555"}), HasReason("gone"));
  inner_->failure.reset();
  ASSERT_THAT(Embed({"1", "22", "333", "4444", "55555"}), IsOk());
  EXPECT_THAT(inner_->calls, ElementsAre(ElementsAre("1", "22", "333", "4444"), ElementsAre("55555"), ElementsAre("55555")));
}

TEST_F(CachedEmbedderTest, ManyWhoWantTheSameTextAreServedByOneCall) {
  inner_->Hold(true);
  std::vector<std::jthread> threads;
  std::atomic<int> served{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([this, &served] {
      const auto vectors = Embed({"same text"});
      if (vectors && (*vectors)[0]) ++served;
    });
  WaitForJoined(7);
  inner_->Hold(false);
  threads.clear();
  EXPECT_EQ(served, 8);
  EXPECT_THAT(inner_->calls, SizeIs(1));
}

TEST_F(CachedEmbedderTest, TheFailureOfTheOneCallIsTheAnswerToAllWhoWait) {
  inner_->Hold(true);
  std::vector<std::jthread> threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this, &failed] {
      const auto vectors = Embed({"same text"});
      if (!vectors && vectors.error().reason() == "gone") ++failed;
    });
  WaitForJoined(3);
  inner_->failure = Error(ErrorCode::kUnavailable, "gone").Named("gone");
  inner_->Hold(false);
  threads.clear();
  EXPECT_EQ(failed, 4);
}

TEST_F(CachedEmbedderTest, OneWhoLeavesDoesNotTakeTheOthersAlong) {
  inner_->Hold(true);
  std::stop_source stop;
  std::jthread leaver([this, &stop] {
    Context context;
    context.cancel = stop.get_token();
    EXPECT_THAT(Embed({"same text"}, context), HasCode(ErrorCode::kCancelled));
  });
  inner_->WaitForCalls(1);
  std::jthread other([this] { EXPECT_THAT(Must(Embed({"same text"}))[0], IsOk()); });
  WaitForJoined(1);
  stop.request_stop();
  leaver.join();
  inner_->WaitForCalls(2);
  inner_->Hold(false);
}

TEST_F(CachedEmbedderTest, OneWhoWaitsForAnotherMayLeave) {
  inner_->Hold(true);
  std::jthread first([this] { EXPECT_THAT(Embed({"same text"}), IsOk()); });
  inner_->WaitForCalls(1);
  Context context;
  context.deadline = Deadline::After(20);
  EXPECT_THAT(Embed({"same text"}, context), HasCode(ErrorCode::kDeadlineExceeded));
  inner_->Hold(false);
}

TEST_F(CachedEmbedderTest, VectorsOfAnotherModelOrDimensionAreNoHits) {
  ASSERT_THAT(Embed({"a"}), IsOk());
  const auto other = std::make_shared<Recorder>();
  other->model = "fake/other";
  const std::vector<std::string> texts{"a"};
  ASSERT_THAT(MakeCached(other, cache_, 4)->Embed({}, texts), IsOk());
  EXPECT_THAT(other->calls, SizeIs(1));
  const auto larger = std::make_shared<Recorder>();
  larger->length = 5;
  ASSERT_THAT(MakeCached(larger, cache_, 4)->Embed({}, texts), IsOk());
  EXPECT_THAT(larger->calls, SizeIs(1));
}

TEST_F(CachedEmbedderTest, AnswersWhileTheProviderIsGoneWithWhatItHasAndKnowsItsDimension) {
  ASSERT_THAT(Embed({"a"}), IsOk());
  const auto gone = std::make_shared<Recorder>();
  gone->length = 0;
  gone->failure = Error(ErrorCode::kUnavailable, "gone").Named("gone");
  const auto cached = MakeCached(gone, cache_, 4);
  EXPECT_EQ(cached->dimension(), 0u);
  const std::vector<std::string> texts{"a"}, others{"a", "b"};
  EXPECT_THAT(cached->Embed({}, texts), IsOk());
  EXPECT_EQ(cached->dimension(), 3u);
  EXPECT_THAT(gone->calls, IsEmpty());
  EXPECT_THAT(cached->Embed({}, others), HasReason("gone"));
}

TEST_F(CachedEmbedderTest, TheStatsOfTheServiceTellOfIt) {
  Embeddings embeddings({cached_, MakeChargram()}, &cache_);
  EXPECT_EQ(Must(embeddings.Embed({}, {.texts = {"a"}, .model = {}})).model, "fake/model");
  EXPECT_EQ(Must(embeddings.Embed({}, {.texts = {"a"}, .model = "fake"})).model, "fake/model");
  EXPECT_EQ(Must(embeddings.Embed({}, {.texts = {"a"}, .model = "model"})).model, "fake/model");
  EXPECT_EQ(Must(embeddings.Embed({}, {.texts = {"a"}, .model = "chargram-v1"})).model, "chargram-v1");
  EXPECT_THAT(embeddings.Embed({}, {.texts = {"a"}, .model = "fak"}), HasReason("no_such_model"));
  const EmbedStats stats = embeddings.stats();
  EXPECT_EQ(stats.hits, 2u);
  EXPECT_EQ(stats.misses, 1u);
  EXPECT_DOUBLE_EQ(stats.hit_rate, 2.0 / 3);
  EXPECT_EQ(stats.size, 1u);
  EXPECT_GT(stats.bytes, 0u);
}

}  // namespace
}  // namespace lakehouse::embed
