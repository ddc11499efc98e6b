#include "lakehouse/embed/embed_routes.h"

#include <gmock/gmock.h>

#include "base_testing/matchers.h"
#include "lakehouse/base/json_view.h"

namespace lakehouse::embed {
namespace {

using testing::HasSubstr;

class EmbedRoutesTest : public testing::Test {
 protected:
  net::HttpResponse Ask(std::string_view pattern, std::string body) {
    for (const net::Route& route : EmbedRoutes(embeddings_)) {
      if (route.pattern != pattern) continue;
      net::HttpRequest request;
      request.body = std::move(body);
      return route.handle({}, request);
    }
    ADD_FAILURE() << "no route " << pattern;
    return {};
  }
  Embeddings embeddings_{{MakeChargram()}};
};

TEST_F(EmbedRoutesTest, GiveAVectorForEachTextAndSayWhichHasNone) {
  const auto response = Ask("/embed", R"({"texts":["forklift","...","crane"]})");
  ASSERT_EQ(response.status, 200) << response.body;
  const auto document = Must(JsonDocument::Parse(response.body));
  EXPECT_EQ(document.root().Find("dimension")->AsInteger(), 1'024);
  EXPECT_EQ(document.root().Find("model")->AsString(), "chargram-v1");
  std::vector<std::size_t> sizes;
  Must(document.root().Find("vectors")->ForEachElement([&](JsonView one) -> Status {
    sizes.push_back(one.size());
    return Ok{};
  }));
  EXPECT_THAT(sizes, testing::ElementsAre(1'024, 0, 1'024));
  EXPECT_THAT(response.body, HasSubstr(R"("failures":[{"index":1,"code":"nothing_to_embed")"));
  EXPECT_THAT(Ask("/embed/stats", "").body, HasSubstr(R"("failures":1)"));
}

TEST_F(EmbedRoutesTest, SpeakOpenAisShapeInBothEncodings) {
  const auto floats = Ask("/embeddings", R"({"input":"forklift","model":"chargram-v1"})");
  ASSERT_EQ(floats.status, 200) << floats.body;
  EXPECT_THAT(floats.body, HasSubstr(R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[)"));
  const auto base64 = Ask("/embeddings", R"({"input":["forklift"],"encoding_format":"base64"})");
  EXPECT_THAT(base64.body, HasSubstr(R"("embedding":")"));
  EXPECT_EQ(Ask("/embeddings", R"({"input":["forklift","!"]})").status, 422);
}

TEST_F(EmbedRoutesTest, RefuseWhatTheyCannotRead) {
  EXPECT_EQ(Ask("/embed", R"({"texts":[]})").status, 400);
  EXPECT_EQ(Ask("/embed", R"({"texts":["a"],"model":"bert"})").status, 404);
  EXPECT_EQ(Ask("/embed", R"({"text":"a"})").status, 400);
  EXPECT_EQ(Ask("/embeddings", R"({"input":[1,2]})").status, 400);
  EXPECT_EQ(Ask("/embeddings", R"({"input":"a","encoding_format":"hex"})").status, 400);
  std::string many = R"({"texts":["a")";
  for (int i = 0; i < 2'048; ++i) many += R"(,"a")";
  EXPECT_EQ(Ask("/embed", many + "]}").status, 400);
}

}  // namespace
}  // namespace lakehouse::embed
