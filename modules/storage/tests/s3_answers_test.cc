#include "s3_answers.h"

#include <gmock/gmock.h>

#include "s3_refusal.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

constexpr const char* kHead = "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";

TEST(S3Answers, ReadsAList) {
  const auto listing =
      ReadListing(std::string(kHead) +
                  "<IsTruncated>true</IsTruncated><EncodingType>url</EncodingType><NextContinuationToken>t&amp;1</NextContinuationToken>"
                  "<Contents><Key>a+b%2Bc/%C3%A9</Key><LastModified>2026-11-21T17:32:08.125Z</LastModified><Size>7</Size></Contents>"
                  "<Contents><Key>z</Key><Size>0</Size></Contents></ListBucketResult>");
  ASSERT_THAT(listing, Succeeds());
  EXPECT_TRUE(listing->is_truncated);
  EXPECT_EQ(listing->continuation_token, "t&1");
  ASSERT_EQ(listing->objects.size(), 2U);
  EXPECT_EQ(listing->objects[0].key, "a b+c/\u00e9");
  EXPECT_EQ(listing->objects[0].size_bytes, 7U);
  EXPECT_EQ(listing->objects[0].modified_micros, 1'795'282'328'125'000);
}

TEST(S3Answers, AKeyIsDecodedOnlyWhenTheServerSaysThatItIsEncoded) {
  for (const char* type : {"", "<EncodingType></EncodingType>"}) {
    const auto listing =
        ReadListing(std::string(kHead) + type +
                    "<IsTruncated>false</IsTruncated><Contents><Key>100%25 a+b</Key><Size>1</Size></Contents></ListBucketResult>");
    ASSERT_THAT(listing, Succeeds());
    EXPECT_EQ(listing->objects[0].key, "100%25 a+b");
  }
}

TEST(S3Answers, RefusesListsThatLeaveSomethingOpen) {
  for (const char* body :
       {"<Contents><Key>a</Key><Size>1</Size></Contents>", "<IsTruncated>false</IsTruncated><Contents><Size>1</Size></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents>",
        "<IsTruncated>false</IsTruncated><Contents><Key>a</Key><Size>-1</Size></Contents>", "<IsTruncated>no</IsTruncated>",
        "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType><Contents><Key>%4</Key><Size>1</Size></Contents>"})
    EXPECT_THAT(ReadListing(std::string(kHead) + body + "</ListBucketResult>"), FailsWith(ErrorCode::kCorruption)) << body;
  EXPECT_THAT(ReadListing("<Error><Code>InternalError</Code></Error>"), FailsWith(ErrorCode::kCorruption)) << "even behind 200 OK";
  EXPECT_THAT(ReadListing("<html>proxy</html>"), FailsWith(ErrorCode::kCorruption));
}

TEST(S3Answers, ReadsTheEndsOfUploads) {
  EXPECT_EQ(*ReadUploadId("<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>"), "u/1");
  EXPECT_THAT(ReadUploadId("<InitiateMultipartUploadResult/>"), FailsWith(ErrorCode::kCorruption));
  EXPECT_THAT(ReadCompletion("<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"), Succeeds());
  EXPECT_THAT(ReadCompletion("<Error><Code>InternalError</Code></Error>"), FailsWith(ErrorCode::kCorruption));
  EXPECT_THAT(ReadCompletion(""), FailsWith(ErrorCode::kCorruption));
}

TEST(S3Answers, ReadsTimes) {
  EXPECT_EQ(ParseHttpDate("Sat, 21 Nov 2026 17:32:08 GMT"), 1'795'282'328'000'000);
  EXPECT_EQ(ParseIsoTime("2026-11-21T17:32:08Z"), 1'795'282'328'000'000);
  EXPECT_EQ(ParseIsoTime("2026-11-21T17:32:08.1234567Z"), 1'795'282'328'123'456);
  for (const char* text : {"", "Sat, 21 Nov 2026 17:32:08 UTC", "Saturday, 21-Nov-26 17:32:08 GMT", "Sat, 31 Feb 2026 17:32:08 GMT",
                           "Sat, 21 ovN 2026 17:32:08 GMT", "Sat, 21 Nov 2026 25:32:08 GMT"})
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  for (const char* text :
       {"", "2026-11-21", "2026-11-21T17:32:08", "2026-13-21T17:32:08Z", "2026-11-21T17:32:08.Z", "2026-11-21 17:32:08.1Z"})
    EXPECT_EQ(ParseIsoTime(text), std::nullopt) << text;
}

TEST(S3Answers, ARefusalIsAReaction) {
  const auto kind = [](int status, const char* code) { return KindOfRefusal(status, {code, ""}); };
  EXPECT_EQ(kind(404, "NoSuchKey"), RefusalKind::kAnswer);
  EXPECT_EQ(kind(404, ""), RefusalKind::kAnswer) << "after HEAD there is no code";
  EXPECT_EQ(kind(412, "PreconditionFailed"), RefusalKind::kAnswer);
  EXPECT_EQ(kind(404, "NoSuchBucket"), RefusalKind::kFinal) << "a lake whose bucket is gone has not lost one object only";
  EXPECT_EQ(kind(404, "NoSuchUser"), RefusalKind::kFinal) << "not every 404 is about the key";
  EXPECT_EQ(kind(409, "ConditionalRequestConflict"), RefusalKind::kPasses);
  EXPECT_EQ(kind(429, "TooManyRequests"), RefusalKind::kPasses);
  EXPECT_EQ(kind(400, "RequestTimeout"), RefusalKind::kPasses);
  EXPECT_EQ(kind(503, "SlowDown"), RefusalKind::kMayHaveHappened);
  EXPECT_EQ(kind(500, "UnknownError"), RefusalKind::kMayHaveHappened);
  EXPECT_EQ(kind(403, "SignatureDoesNotMatch"), RefusalKind::kFinal);

  const Error denied = ErrorOfRefusal(403, {"AccessDenied", "no"}, "S3 GET of key \"k\"");
  EXPECT_EQ(denied.code(), ErrorCode::kUnavailable) << "it is not the user who lacks a right";
  EXPECT_EQ(denied.reason(), "storage_access_denied");
  EXPECT_EQ(ErrorOfRefusal(404, {"NoSuchBucket", ""}, "x").reason(), "no_such_bucket");
  EXPECT_EQ(ErrorOfRefusal(404, {"NoSuchUser", ""}, "x").code(), ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorOfRefusal(413, {"EntityTooLarge", ""}, "x").code(), ErrorCode::kTooLarge);
  EXPECT_EQ(ErrorOfRefusal(301, {"", ""}, "x").reason(), "wrong_region");
  EXPECT_EQ(ErrorOfRefusal(418, {"Teapot", "short and stout"}, "x").message(), "x: the server answers 418 Teapot (short and stout)");
}

}  // namespace
}  // namespace lakehouse::storage
