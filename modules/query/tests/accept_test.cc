#include "accept.h"

#include <gtest/gtest.h>

namespace lakehouse::query {
namespace {

TEST(AcceptTest, SaysWhatTheCallerLikesBest) {
  EXPECT_EQ(FormatForAccept(""), ResultFormat::kJsonRows);
  EXPECT_EQ(FormatForAccept("*/*"), ResultFormat::kJsonRows);
  EXPECT_EQ(FormatForAccept("application/json"), ResultFormat::kJsonRows);
  EXPECT_EQ(FormatForAccept("application/x-ndjson"), ResultFormat::kNdjson);
  EXPECT_EQ(FormatForAccept("text/csv; charset=utf-8"), ResultFormat::kCsv);
  EXPECT_EQ(FormatForAccept("Text/CSV"), ResultFormat::kCsv);
  EXPECT_EQ(FormatForAccept("text/*"), ResultFormat::kCsv);
  EXPECT_EQ(FormatForAccept("application/vnd.apache.arrow.stream, application/json;q=0.5"), ResultFormat::kArrowStream);
  EXPECT_EQ(FormatForAccept("text/html, application/vnd.apache.parquet;q=0.1"), ResultFormat::kParquet);
  EXPECT_EQ(FormatForAccept("text/csv;q=0.2, application/x-ndjson;q=0.9"), ResultFormat::kNdjson);
  EXPECT_EQ(FormatForAccept("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), ResultFormat::kJsonRows) << "a browser";
  EXPECT_EQ(FormatForAccept("application/json;q=0, */*"), ResultFormat::kNdjson) << "anything but JSON";
}

TEST(AcceptTest, KnowsWhenNothingWillDo) {
  EXPECT_EQ(FormatForAccept("image/png"), std::nullopt);
  EXPECT_EQ(FormatForAccept("application/json;q=0"), std::nullopt);
  EXPECT_EQ(FormatForAccept("application/jsonx"), std::nullopt);
  EXPECT_EQ(FormatForAccept(",;,"), std::nullopt);
}

TEST(AcceptTest, AWeightThatIsNoNumberWeighsNothing) {
  // "nan" once became an int by undefined behaviour.
  for (const char* weight : {"nan", "-nan", "inf", "-1", "", "x", "0x1p-1"})
    EXPECT_EQ(FormatForAccept("text/csv;q=" + std::string(weight) + ", application/json;q=0.5"), ResultFormat::kJsonRows) << weight;
  EXPECT_EQ(FormatForAccept("text/csv;q=9, application/json;q=0.5"), ResultFormat::kCsv) << "more than 1 is 1";
}

TEST(AcceptTest, NamesAndTypesBelongTogether) {
  for (const ResultFormat format :
       {ResultFormat::kJsonRows, ResultFormat::kNdjson, ResultFormat::kCsv, ResultFormat::kArrowStream, ResultFormat::kParquet}) {
    EXPECT_EQ(FormatForName(WireName(format)), format);
    EXPECT_EQ(FormatForAccept(MediaTypeOf(format)), format);
  }
  EXPECT_EQ(FormatForName("xml"), std::nullopt);
}

}  // namespace
}  // namespace lakehouse::query
