#pragma once
#include <gmock/gmock.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/ingest/source.h"

namespace lakehouse::ingest {

/// A place that offers files, and sources that look at it.
class FileSourceUnderTest {
 public:
  virtual ~FileSourceUnderTest() = default;
  /// Puts a file there, in the place of one of this name.
  virtual void Offer(const std::string& name, const std::string& octets) = 0;
  /// As every run does.
  virtual std::unique_ptr<FileSource> Open() = 0;
  /// Whether there can be several files; else the last one offered is the one.
  virtual bool has_many() const { return true; }
};

struct FileSourceFactory {
  std::string name;
  std::function<std::unique_ptr<FileSourceUnderTest>()> make;
};

/// What every FileSource promises.
class FileSourceContract : public testing::TestWithParam<FileSourceFactory> {
 protected:
  /// "name=octets" of all files of one run; those that `settle` says become of them.
  std::vector<std::string> Run(std::optional<bool> settle) {
    std::vector<std::string> found;
    const auto source = place_->Open();
    for (;;) {
      const auto file = source->Next({}, marks_);
      EXPECT_TRUE(file.ok()) << file.error().ToString();
      if (!file || !*file) return found;
      const auto octets = ReadFile((*file)->path);
      EXPECT_TRUE(octets.ok());
      found.push_back((*file)->name + "=" + (octets ? *octets : std::string()));
      EXPECT_FALSE((*file)->origin.empty());
      if ((*file)->owned) ::unlink((*file)->path.c_str());
      if (settle) {
        EXPECT_TRUE(source->Settle({}, **file, *settle, marks_).ok());
      }
    }
  }
  std::unique_ptr<FileSourceUnderTest> place_ = GetParam().make();
  FileSource::Marks marks_;
};

TEST_P(FileSourceContract, GivesWhatIsThereOnceAndWhatWasTakenNeverAgain) {
  place_->Offer("a.csv", "a\n1\n");
  EXPECT_THAT(Run(true), testing::ElementsAre("a.csv=a\n1\n"));
  EXPECT_THAT(Run(true), testing::IsEmpty());
}

TEST_P(FileSourceContract, GivesAgainWhatNobodySettled) {
  place_->Offer("a.csv", "a\n1\n");
  EXPECT_THAT(Run(std::nullopt), testing::ElementsAre("a.csv=a\n1\n"));
  EXPECT_THAT(Run(true), testing::ElementsAre("a.csv=a\n1\n"));
}

TEST_P(FileSourceContract, GivesWhatChangedUnderTheSameName) {
  place_->Offer("a.csv", "a\n1\n");
  Run(true);
  place_->Offer("a.csv", "a\n1\n2\n");
  EXPECT_THAT(Run(true), testing::ElementsAre("a.csv=a\n1\n2\n"));
}

TEST_P(FileSourceContract, GivesSeveralInTheOrderOfTheirNames) {
  if (!place_->has_many()) GTEST_SKIP() << "one file by its nature";
  for (const char* name : {"b.csv", "a.csv", "c.csv"}) place_->Offer(name, name);
  EXPECT_THAT(Run(true), testing::ElementsAre("a.csv=a.csv", "b.csv=b.csv", "c.csv=c.csv"));
  place_->Offer("d.csv", "d");
  EXPECT_THAT(Run(false), testing::ElementsAre("d.csv=d"));
  EXPECT_THAT(Run(true), testing::IsEmpty()) << "what is refused for good is not asked for again";
}

TEST_P(FileSourceContract, EndsWhenItIsCancelled) {
  place_->Offer("a.csv", "a\n1\n");
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.cancel = stop.get_token();
  EXPECT_FALSE(place_->Open()->Next(context, marks_).ok());
}

}  // namespace lakehouse::ingest
