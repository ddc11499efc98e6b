#include "s3_signer.h"

#include <gmock/gmock.h>

namespace lakehouse::storage {
namespace {

constexpr std::int64_t kMay24 = 1'369'353'600'000'000;  // 2013-05-24T00:00:00Z, the time of Amazon's examples
constexpr const char* kEmptyBody = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

S3Credentials ExampleCredentials() { return {"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), Secret()}; }

UnsignedS3Request ExampleRequest(const std::string& method, const std::string& path) {
  return {method, path, {}, {{"Host", "examplebucket.s3.amazonaws.com"}}, kEmptyBody};
}

std::string AuthorizationOf(UnsignedS3Request request) {
  SignS3Request(request, ExampleCredentials(), "us-east-1", kMay24);
  return net::FindHeader(request.headers, "Authorization").value_or("");
}

TEST(S3Signer, SignsTheExamplesThatAmazonPublishes) {
  UnsignedS3Request get = ExampleRequest("GET", "/test.txt");
  get.headers.push_back({"Range", "bytes=0-9"});
  EXPECT_EQ(AuthorizationOf(get),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  UnsignedS3Request put = ExampleRequest("PUT", '/' + UriEncode("test$file.text", true));
  put.headers.push_back({"Date", "Fri, 24 May 2013 00:00:00 GMT"});
  put.headers.push_back({"x-amz-storage-class", "REDUCED_REDUNDANCY"});
  put.payload_sha256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";  // "Welcome to Amazon S3."
  EXPECT_THAT(AuthorizationOf(put), testing::EndsWith("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));

  UnsignedS3Request lifecycle = ExampleRequest("GET", "/");
  lifecycle.query = {{"lifecycle", ""}};
  EXPECT_THAT(AuthorizationOf(lifecycle), testing::EndsWith("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));

  UnsignedS3Request list = ExampleRequest("GET", "/");
  list.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_THAT(AuthorizationOf(list), testing::EndsWith("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
}

TEST(S3Signer, PresignsTheExampleThatAmazonPublishes) {
  const std::string url = PresignS3Request(ExampleRequest("GET", "/test.txt"), ExampleCredentials(), "us-east-1", kMay24, 86400);
  EXPECT_EQ(url,
            "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(S3Signer, WritesTheCanonicalRequestInTheOneForm) {
  UnsignedS3Request request = ExampleRequest("PUT", '/' + UriEncode("caf\u00e9/a b+c~.txt", true));
  request.query = {{"uploads", ""}, {"b", "2/3"}, {"a-b", "x y"}, {"b", "1"}, {"A", "z"}};
  request.headers.push_back({"X-Amz-Meta-Words", "  two   inner\tblanks  "});
  request.headers.push_back({"Content-Type", "text/plain"});
  std::string signed_headers;
  EXPECT_EQ(CanonicalRequest(request, signed_headers),
            "PUT\n"
            "/caf%C3%A9/a%20b%2Bc~.txt\n"
            "A=z&a-b=x%20y&b=1&b=2%2F3&uploads=\n"
            "content-type:text/plain\n"
            "host:examplebucket.s3.amazonaws.com\n"
            "x-amz-meta-words:two inner blanks\n"
            "\n"
            "content-type;host;x-amz-meta-words\n" +
                std::string(kEmptyBody));
  EXPECT_EQ(signed_headers, "content-type;host;x-amz-meta-words");
}

TEST(S3Signer, ASessionTokenIsSentAndSigned) {
  S3Credentials credentials = ExampleCredentials();
  credentials.session_token = Secret("token/with+signs=");
  UnsignedS3Request request = ExampleRequest("GET", "/k");
  SignS3Request(request, credentials, "us-east-1", kMay24);
  EXPECT_EQ(net::FindHeader(request.headers, "x-amz-security-token"), "token/with+signs=");
  EXPECT_THAT(net::FindHeader(request.headers, "Authorization").value_or(""),
              testing::HasSubstr("SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,"));
  EXPECT_THAT(PresignS3Request(ExampleRequest("GET", "/k"), credentials, "us-east-1", kMay24, 60),
              testing::HasSubstr("&X-Amz-Security-Token=token%2Fwith%2Bsigns%3D&"));
}

TEST(S3Signer, EveryPartOfARequestChangesItsSignature) {
  const std::string base = AuthorizationOf(ExampleRequest("GET", "/k"));
  UnsignedS3Request other = ExampleRequest("HEAD", "/k");
  EXPECT_NE(AuthorizationOf(other), base);
  EXPECT_NE(AuthorizationOf(ExampleRequest("GET", "/K")), base);
  other = ExampleRequest("GET", "/k");
  other.query = {{"versionId", "1"}};
  EXPECT_NE(AuthorizationOf(other), base);
  other = ExampleRequest("GET", "/k");
  other.payload_sha256[0] = 'f';
  EXPECT_NE(AuthorizationOf(other), base);
  other = ExampleRequest("GET", "/k");
  other.headers.push_back({"If-None-Match", "*"});
  EXPECT_NE(AuthorizationOf(other), base);
}

}  // namespace
}  // namespace lakehouse::storage
