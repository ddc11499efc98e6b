#include "lakehouse/embed/provider.h"

#include <gmock/gmock.h>

#include <thread>

#include "base_testing/fake_clock.h"
#include "embed_testing/fake_provider.h"

namespace lakehouse::embed {
namespace {

using Mood = FakeProvider::Mood;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class Providers : public testing::TestWithParam<ProviderKind> {
 protected:
  void SetUp() override { Connect(server_.OptionsOf(GetParam())); }
  void Connect(ProviderOptions options) { embedder_ = Must(MakeProvider(std::move(options), clock_)); }
  Result<std::vector<Result<Embedding>>> Embed(const std::vector<std::string>& texts, const Context& context = {}) {
    return embedder_->Embed(context, texts);
  }
  FakeClock clock_;
  FakeProvider server_;
  std::unique_ptr<Embedder> embedder_;
};
INSTANTIATE_TEST_SUITE_P(All, Providers, testing::Values(ProviderKind::kOllama, ProviderKind::kOpenAi, ProviderKind::kSidecar),
                         [](const auto& one) { return std::string(WireName(one.param)); });

TEST_P(Providers, AreNamedByKindAndModelAndKnowTheirDimensionOnceTheyHaveAnswered) {
  EXPECT_EQ(embedder_->id(), std::string(WireName(GetParam())) + "/fake-model");
  EXPECT_EQ(embedder_->dimension(), 0u);
  ASSERT_THAT(Embed({"forklift"}), IsOk());
  EXPECT_EQ(embedder_->dimension(), FakeProvider::kDimension);
}

TEST_P(Providers, TakeTextsInBatchesAndKeepTheirOrder) {
  ProviderOptions options = server_.OptionsOf(GetParam());
  options.batch = 7;
  Connect(options);
  std::vector<std::string> texts;
  for (int i = 0; i < 20; ++i) texts.push_back("text number" + std::to_string(i));
  const auto vectors = Must(Embed(texts));
  EXPECT_EQ(server_.calls(), 3);
  EXPECT_EQ(server_.asked(), texts);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(*vectors[i], *Must(Embed({texts[i]}))[0]) << i;
}

TEST_P(Providers, ThatAreNotThereSaySoAndAreNotAskedAgainAtOnce) {
  server_.Stop();
  const auto failed = Embed({"forklift"});
  EXPECT_THAT(failed, HasReason("provider_unavailable"));
  EXPECT_THAT(failed, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(failed.error().message(), HasSubstr(embedder_->id()));
}

TEST_P(Providers, InTroubleAreAskedAgainAfterAPauseThatGrowsAndEnds) {
  server_.Set(Mood::kUnavailable);
  EXPECT_THAT(Embed({"a"}), HasReason("provider_unavailable"));
  EXPECT_THAT(Embed({"a"}), HasReason("provider_unavailable"));
  EXPECT_EQ(server_.calls(), 1);
  clock_.AdvanceMs(1'001);
  EXPECT_THAT(Embed({"a"}), HasReason("provider_unavailable"));
  EXPECT_EQ(server_.calls(), 2);
  clock_.AdvanceMs(1'001);
  EXPECT_THAT(Embed({"a"}), HasReason("provider_unavailable"));
  EXPECT_EQ(server_.calls(), 2);
  server_.Set(Mood::kWorks);
  clock_.AdvanceMs(1'001);
  EXPECT_THAT(Embed({"a"}), IsOk());
  EXPECT_THAT(Embed({"a"}), IsOk());
}

TEST_P(Providers, ThatAreSlowFailWhenTheirTimeIsOver) {
  ProviderOptions options = server_.OptionsOf(GetParam());
  options.timeout_ms = 50;
  Connect(options);
  server_.Set(Mood::kHangs);
  EXPECT_THAT(Embed({"forklift"}), HasReason("provider_slow"));
}

TEST_P(Providers, AreNotBlamedForACallerThatLeft) {
  server_.Set(Mood::kHangs);
  Context context;
  context.deadline = Deadline::After(50);
  EXPECT_THAT(Embed({"forklift"}, context), HasCode(ErrorCode::kDeadlineExceeded));
  std::stop_source stop;
  context = {};
  context.cancel = stop.get_token();
  {
    const std::jthread leaver([this, &stop] {
      while (server_.calls() < 2) std::this_thread::yield();
      stop.request_stop();
    });
    EXPECT_THAT(Embed({"forklift"}, context), HasCode(ErrorCode::kCancelled));
  }
  server_.Set(Mood::kWorks);
  EXPECT_THAT(Embed({"forklift"}), IsOk());
}

TEST_P(Providers, ThatDenyTheKeyAreReportedWithoutIt) {
  ProviderOptions options = server_.OptionsOf(GetParam());
  options.key = Secret("sk-very-secret");
  for (const auto& [mood, reason] : {std::pair(Mood::kDenied, "provider_denied"), std::pair(Mood::kBroken, "provider_refused")}) {
    Connect(options);
    server_.Set(mood);
    const auto failed = Embed({"forklift"});
    EXPECT_THAT(failed, HasReason(reason));
    EXPECT_EQ(server_.authorization(), "Bearer sk-very-secret");
    EXPECT_THAT(failed.error().ToString(), Not(HasSubstr("secret")));
  }
}

TEST_P(Providers, ThatAreBusyAreLeftAloneForAsLongAsTheyAsk) {
  server_.Set(Mood::kBusy);
  const auto failed = Embed({"forklift"});
  EXPECT_THAT(failed, HasReason("provider_busy"));
  EXPECT_THAT(failed, HasCode(ErrorCode::kResourceExhausted));
  EXPECT_EQ(failed.error().details(), R"({"retry_after_ms":7000})");
  server_.Set(Mood::kWorks);
  clock_.AdvanceMs(6'999);
  EXPECT_THAT(Embed({"forklift"}), HasReason("provider_busy"));
  EXPECT_EQ(server_.calls(), 1);
  clock_.AdvanceMs(2);
  EXPECT_THAT(Embed({"forklift"}), IsOk());
}

TEST_P(Providers, FindTheOneTextThatIsRefusedAndKeepTheOthers) {
  server_.Set(Mood::kRefusesPoison);
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i) texts.push_back("text number" + std::to_string(i));
  texts[17] = "poison";
  const auto vectors = Must(Embed(texts));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == 17) {
      EXPECT_THAT(vectors[i], HasReason("text_refused"));
      EXPECT_THAT(vectors[i].error().message(), HasSubstr("the fake says no"));
    } else {
      EXPECT_THAT(vectors[i], IsOk()) << i;
    }
  }
  EXPECT_THAT(Must(Embed({"poison"}))[0], HasReason("text_refused"));
}

TEST_P(Providers, AVectorWithoutADirectionFailsAlone) {
  server_.Set(Mood::kPoisonHasNoDirection);
  const auto vectors = Must(Embed({"forklift", "poison", "nurse"}));
  EXPECT_THAT(vectors[0], IsOk());
  EXPECT_THAT(vectors[1], HasReason("bad_vector"));
  EXPECT_THAT(vectors[2], IsOk());
}

TEST_P(Providers, ThatRefuseEverythingFailAsAWhole) {
  for (const auto& [mood, reason] : {std::pair(Mood::kModelMissing, "provider_refused"), std::pair(Mood::kBroken, "provider_refused"),
                                     std::pair(Mood::kRedirects, "provider_refused"), std::pair(Mood::kNotANumber, "provider_bad_answer"),
                                     std::pair(Mood::kNoJson, "provider_bad_answer"), std::pair(Mood::kOneTooFew, "provider_bad_answer")}) {
    Connect(server_.OptionsOf(GetParam()));
    server_.Set(mood);
    EXPECT_THAT(Embed({"forklift", "nurse", "dock"}), HasReason(reason));
    EXPECT_THAT(Embed({"forklift"}), HasReason(reason));
  }
}

TEST_P(Providers, VectorsOfAnotherDimensionAreRefused) {
  ASSERT_THAT(Embed({"forklift"}), IsOk());
  server_.Set(Mood::kOtherDimension);
  const auto failed = Embed({"forklift", "nurse"});
  EXPECT_THAT(failed, HasReason("provider_bad_answer"));
  EXPECT_THAT(failed.error().message(), HasSubstr("5 dimensions, expected 64"));
  ProviderOptions options = server_.OptionsOf(GetParam());
  options.dimension = 6;
  Connect(options);
  EXPECT_THAT(Embed({"forklift"}), HasReason("provider_bad_answer"));
}

TEST_P(Providers, AnswersThatAreTooLargeOrNeverEndAreCutOff) {
  for (const Mood mood : {Mood::kHuge, Mood::kEndless}) {
    ProviderOptions options = server_.OptionsOf(GetParam());
    options.max_answer_bytes = 1 << 20;
    Connect(options);
    server_.Set(mood);
    EXPECT_THAT(Embed({"forklift"}), HasReason("provider_bad_answer"));
  }
}

TEST(ProviderOptionsTest, UrlsThatCarrySecretsOrAreNoneAreRefusedUnrepeated) {
  for (const char* url : {"", "127.0.0.1:80", "ftp://host", "file:///etc/passwd", "http://", "http://user:hidden@host", "http://host?key=hidden",
                          "http://host#hidden", "http://ho st", "http:///path"}) {
    ProviderOptions options;
    options.url = url;
    options.model = "m";
    const auto made = MakeProvider(options);
    ASSERT_THAT(made, HasCode(ErrorCode::kInvalidArgument)) << url;
    EXPECT_THAT(made.error().message(), Not(HasSubstr("hidden")));
  }
  ProviderOptions options;
  options.url = "https://host:8443/v1";
  EXPECT_THAT(MakeProvider(options), HasCode(ErrorCode::kInvalidArgument));  // no model
  options.model = "m";
  EXPECT_THAT(MakeProvider(options), IsOk());
  options.batch = 0;
  EXPECT_THAT(MakeProvider(options), HasCode(ErrorCode::kInvalidArgument));
}

}  // namespace
}  // namespace lakehouse::embed
