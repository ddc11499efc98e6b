#pragma once
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/ingest/source.h"

/// What every Source promises.
///
///   INSTANTIATE_TEST_SUITE_P(Sources, SourceContract, testing::Values(SourceMaker{"postgres", &MakePostgres}), NameOfSource);
namespace lakehouse::ingest {

/// A source of rows (n BIGINT, text VARCHAR), and the hand that changes it.
class SourceUnderTest {
 public:
  virtual ~SourceUnderTest() = default;
  /// Rows n = from … to with a text of `width` letters.
  virtual void Add(std::int64_t from, std::int64_t to, int width) = 0;
  /// Takes the rows from this one on away.
  virtual void RemoveFrom(std::int64_t from) = 0;
  virtual std::unique_ptr<Source> Open() = 0;
  /// Reads on after n, in batches of about this many rows.
  virtual std::unique_ptr<Source> OpenGrowing(std::int64_t batch_rows) = 0;
  /// Whoever reads now loses the source; a later read finds it again.
  virtual void Cut() = 0;
};

struct SourceMaker {
  std::string name;
  /// Null: this machine lacks what it takes, and has said so.
  std::function<std::unique_ptr<SourceUnderTest>()> make;
};
inline std::string NameOfSource(const testing::TestParamInfo<SourceMaker>& info) { return info.param.name; }

class SourceContract : public testing::TestWithParam<SourceMaker> {
 protected:
  void SetUp() override {
    host_ = GetParam().make();
    if (!host_) GTEST_SKIP() << "no " << GetParam().name << " here";
    directory_ = std::make_unique<TemporaryDirectory>(TemporaryDirectory::Create(testing::TempDir(), "source-").Take());
  }
  static Context NewContext() {
    Context context;
    context.deadline = Deadline::After(120'000);
    return context;
  }
  std::string NewPath() { return directory_->path() + "/" + std::to_string(++files_); }
  Result<SourceBatch> Read(Source& source, const std::string& after = {}, const Source::Progress& progress = {}) {
    path_ = NewPath();
    return source.Read(NewContext(), after, path_, progress);
  }
  /// The first cells of the file that was read last, in order: the matchers without order take quadratic time.
  std::vector<std::int64_t> Numbers() const {
    std::ifstream file(path_);
    std::vector<std::int64_t> numbers;
    for (std::string line; std::getline(file, line);) numbers.push_back(std::stoll(line));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }
  static std::vector<std::int64_t> Range(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> numbers;
    for (std::int64_t n = from; n <= to; ++n) numbers.push_back(n);
    return numbers;
  }

  std::unique_ptr<SourceUnderTest> host_;
  std::unique_ptr<TemporaryDirectory> directory_;
  std::string path_;
  int files_ = 0;
};

TEST_P(SourceContract, AWholeReadBringsEveryRowOnceAndSaysHowMany) {
  host_->Add(1, 1000, 10);
  const auto source = host_->Open();
  const auto batch = Read(*source);
  ASSERT_TRUE(batch.ok()) << batch.error().ToString();
  EXPECT_EQ(batch->rows, 1000);
  EXPECT_FALSE(batch->more);
  EXPECT_THAT(batch->grown_to, testing::IsEmpty());
  EXPECT_EQ(static_cast<std::uint64_t>(batch->bytes), FileSize(path_).Take());
  ASSERT_EQ(batch->columns.size(), 2u);
  EXPECT_EQ(batch->columns[0].name, "n");
  EXPECT_EQ(batch->columns[0].type, "BIGINT");
  EXPECT_TRUE(Numbers() == Range(1, 1000));
}

TEST_P(SourceContract, TheSameStateHasTheSameDigestAndAnotherHasAnother) {
  host_->Add(1, 100, 10);
  const auto source = host_->Open();
  const auto first = Read(*source), again = Read(*source);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->sha256, again->sha256);
  host_->Add(101, 101, 10);
  const auto other = Read(*source);
  ASSERT_TRUE(other.ok());
  EXPECT_NE(first->sha256, other->sha256);
}

TEST_P(SourceContract, BatchesGoOnWithoutAGapOrARowTwice) {
  host_->Add(1, 95, 10);
  const auto source = host_->OpenGrowing(10);
  std::vector<std::int64_t> all;
  std::string position;
  for (bool more = true; more;) {
    const auto batch = Read(*source, position);
    ASSERT_TRUE(batch.ok()) << batch.error().ToString();
    EXPECT_LE(batch->rows, 10);
    for (const std::int64_t n : Numbers()) all.push_back(n);
    position = batch->grown_to;
    more = batch->more;
  }
  EXPECT_THAT(all, testing::ElementsAreArray(Range(1, 95)));
  host_->Add(96, 99, 10);
  const auto next = host_->OpenGrowing(10);
  ASSERT_TRUE(Read(*next, position).ok());
  EXPECT_THAT(Numbers(), testing::ElementsAre(96, 97, 98, 99));
  const auto nothing = Read(*next, "99");
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing->rows, 0);
  EXPECT_FALSE(nothing->more);
  EXPECT_EQ(nothing->columns.size(), 2u);
}

TEST_P(SourceContract, RowsThatWereAnnouncedAndAreGoneAreAnErrorNotTheEnd) {
  host_->Add(1, 30, 10);
  const auto source = host_->OpenGrowing(10);
  const auto first = Read(*source);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  ASSERT_TRUE(first->more);
  host_->RemoveFrom(11);
  const auto gone = Read(*source, first->grown_to);
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().reason(), "source_changed") << gone.error().ToString();
  const auto anew = host_->OpenGrowing(10);
  const auto nothing = Read(*anew, first->grown_to);
  ASSERT_TRUE(nothing.ok()) << "a read that begins now promises nothing: " << nothing.error().ToString();
  EXPECT_EQ(nothing->rows, 0);
}

TEST_P(SourceContract, WhatIsWrittenMeanwhileIsNotInTheRead) {
  host_->Add(1, 60'000, 100);
  const auto source = host_->Open();
  bool written = false;
  const auto batch = Read(*source, {}, [&](std::int64_t) -> Status {
    if (!std::exchange(written, true)) host_->Add(60'001, 61'000, 100);
    return Ok{};
  });
  ASSERT_TRUE(batch.ok()) << batch.error().ToString();
  EXPECT_TRUE(written);
  EXPECT_EQ(batch->rows, 60'000);
}

TEST_P(SourceContract, ACutReadIsLostAndTheNextBringsEveryRow) {
  host_->Add(1, 60'000, 100);
  const auto source = host_->Open();
  bool cut = false;
  const auto lost = Read(*source, {}, [&](std::int64_t) -> Status {
    if (!std::exchange(cut, true)) host_->Cut();
    return Ok{};
  });
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(lost.error().reason(), "source_lost") << lost.error().ToString();
  const auto again = Read(*source);
  ASSERT_TRUE(again.ok()) << again.error().ToString();
  EXPECT_TRUE(Numbers() == Range(1, 60'000));
}

TEST_P(SourceContract, AReadEndsWhenNobodyWantsItAnyMore) {
  host_->Add(1, 60'000, 100);
  const auto source = host_->Open();
  std::stop_source stop;
  Context context = NewContext();
  context.cancel = stop.get_token();
  const auto ended = source->Read(context, {}, NewPath(), [&](std::int64_t) -> Status {
    stop.request_stop();
    return context.Check();
  });
  ASSERT_FALSE(ended.ok());
  EXPECT_EQ(ended.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(Read(*source).ok()) << "and it can be read again";
}

}  // namespace lakehouse::ingest
