// Calls between daemons: the same promises over the encoded loopback and over real HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lakehouse/net/http_transport.h"
#include "lakehouse/net/loopback_transport.h"
#include "lakehouse/net/methods.h"
#include "lakehouse/net/stream_frame.h"
#include "test_server.h"

namespace lakehouse::net {
namespace {

struct Question {
  std::string text;
  std::optional<std::int64_t> number;
};
BOOST_DESCRIBE_STRUCT(Question, (), (text, number))
struct Reaction {
  std::string text;
  std::string principal;
  std::string trace;
  std::optional<std::int64_t> left_ms;
};
BOOST_DESCRIBE_STRUCT(Reaction, (), (text, principal, trace, left_ms))

class Oracle {
 public:
  virtual ~Oracle() = default;
  virtual Result<Reaction> Ask(const Context& context, const Question& question) = 0;
  virtual Result<std::unique_ptr<ByteSource>> Read(const Context& context, const Question& question) = 0;
};

/// Gives `count` chunks, then the end or an error.
class Chunks final : public ByteSource {
 public:
  Chunks(std::int64_t count, bool fails, Signal* gone) : left_(count), fails_(fails), gone_(gone) {}
  ~Chunks() override { gone_->Raise(); }
  Result<std::optional<std::string>> Next(const Context& context) override {
    LH_TRY(context.Check());
    if (left_ == 0 && fails_) return Error(ErrorCode::kCorruption, "half of it is missing").Named("torn").While("read a chunk");
    if (left_-- == 0) return std::optional<std::string>();
    return std::optional(std::string(10'000, 'c'));
  }

 private:
  std::int64_t left_;
  bool fails_;
  Signal* gone_;
};

class LocalOracle final : public Oracle {
 public:
  Result<Reaction> Ask(const Context& context, const Question& question) override {
    ++asked;
    if (question.number) {
      return Error(static_cast<ErrorCode>(*question.number), "no: " + question.text)
          .Named("finer_reason")
          .WithDetails(R"({"columns":[1,2]})")
          .While("inner")
          .While("outer");
    }
    if (question.text == "wait") {
      const std::stop_callback on_cancel(context.cancel, [this] { cancelled.Raise(); });
      began.Raise();
      cancelled.Wait();
      return context.Check().error();
    }
    return Reaction{question.text, context.principal, context.trace, context.deadline.RemainingMs()};
  }
  Result<std::unique_ptr<ByteSource>> Read(const Context&, const Question& question) override {
    if (question.text == "refuse") return Error(ErrorCode::kNotFound, "there is no such thing").Named("no_such_thing");
    return std::make_unique<Chunks>(question.number.value_or(0), question.text == "fail", &stream_gone);
  }
  std::atomic<int> asked{0};
  Signal began, cancelled, stream_gone;
};

using OracleMethods = Methods<"oracle", Method<"Ask", &Oracle::Ask>, Method<"Read", &Oracle::Read>>;

class RemoteOracle final : public Oracle, Remote<OracleMethods> {
 public:
  explicit RemoteOracle(Transport& transport) : Remote(transport) {}
  Result<Reaction> Ask(const Context& c, const Question& q) override { return Call<&Oracle::Ask>(c, q); }
  Result<std::unique_ptr<ByteSource>> Read(const Context& c, const Question& q) override { return Open<&Oracle::Read>(c, q); }
};

Secret Key() { return Secret("the internal key of both daemons"); }

/// One way for calls to travel. `over_http` decides.
class RpcContractTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam()) return void(transport_ = std::make_unique<LoopbackTransport>(dispatcher_, Key()));
    server_.routes.Mount("", RpcRoutes(dispatcher_));
    server_.options.io_timeout_ms = 20'000;
    server_.Start();
    transport_ = std::make_unique<HttpTransport>(client_, server_.server->url() + "/", Key());
  }
  RemoteOracle remote() { return RemoteOracle(*transport_); }

  static Result<std::string> ReadAll(ByteSource& source) {
    std::string text;
    while (auto chunk = LH_TRY(source.Next({}))) text += *chunk;
    return text;
  }

  LocalOracle local_;
  Dispatcher dispatcher_{{Serve<OracleMethods>(local_)}, Key()};
  TestServer server_;
  HttpClient client_;
  std::unique_ptr<Transport> transport_;
};
INSTANTIATE_TEST_SUITE_P(Transports, RpcContractTest, testing::Bool(), [](const auto& of) { return of.param ? "Http" : "Loopback"; });

TEST_P(RpcContractTest, CarriesContextRequestAndResponse) {
  Context context{"alice", "trace-7", Deadline::After(30'000), {}};
  for (int i = 0; i < 3; ++i) {
    const auto reaction = remote().Ask(context, {.text = "h\xc3\xa9\n\"x\"", .number = {}});
    ASSERT_TRUE(reaction.ok()) << reaction.error().ToString();
    EXPECT_EQ(reaction->text, "h\xc3\xa9\n\"x\"");
    EXPECT_EQ(reaction->principal, "alice");
    EXPECT_EQ(reaction->trace, "trace-7");
    EXPECT_GT(reaction->left_ms.value_or(0), 10'000);
    EXPECT_LE(reaction->left_ms.value_or(0), 30'000);
  }
  EXPECT_FALSE(remote().Ask({}, {.text = "", .number = {}})->left_ms) << "no deadline stays no deadline";
  EXPECT_EQ(local_.asked, 4);
}

TEST_P(RpcContractTest, CarriesEveryKindOfErrorUnchanged) {
  for (std::int64_t number = 0; !WireName(static_cast<ErrorCode>(number)).empty(); ++number) {
    const auto code = static_cast<ErrorCode>(number);
    const auto reaction = remote().Ask({}, {.text = "sorry", .number = number});
    ASSERT_FALSE(reaction.ok());
    EXPECT_EQ(reaction.error().code(), code) << WireName(code);
    EXPECT_EQ(reaction.error().message(), "no: sorry");
    EXPECT_EQ(reaction.error().reason(), "finer_reason");
    EXPECT_EQ(reaction.error().details(), R"({"columns":[1,2]})");
    EXPECT_EQ(reaction.error().notes(), (std::vector<std::string>{"inner", "outer"}));
  }
}

TEST_P(RpcContractTest, AnErrorWithoutAReasonKeepsTheNameOfItsCode) {
  Error error = DecodeError(EncodeError(Error(ErrorCode::kConflict, "lost")));
  EXPECT_EQ(error.reason(), "conflict");
  EXPECT_EQ(error.details(), "");
  EXPECT_EQ(DecodeError("nonsense").code(), ErrorCode::kCorruption);
}

TEST_P(RpcContractTest, APassedDeadlineOrACancelledCallerCallsNobody) {
  EXPECT_EQ(remote().Ask({"", "", Deadline::After(0), {}}, {.text = "", .number = {}}).error().code(), ErrorCode::kDeadlineExceeded);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(remote().Ask({"", "", {}, stop.get_token()}, {.text = "", .number = {}}).error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(local_.asked, 0);
}

TEST_P(RpcContractTest, CancellingTheCallerCancelsTheMethod) {
  const auto stop = std::make_unique<std::stop_source>();  // on the stack g++ 12 warns of what is not so
  std::thread canceller([&] {
    EXPECT_TRUE(local_.began.Wait());
    stop->request_stop();
  });
  const auto reaction = remote().Ask({"", "", {}, stop->get_token()}, {.text = "wait", .number = {}});
  canceller.join();
  EXPECT_EQ(reaction.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(local_.cancelled.Wait());
}

TEST_P(RpcContractTest, StreamsArriveWhole) {
  for (const std::int64_t count : {0, 1, 100}) {
    auto source = remote().Read({}, {.text = "", .number = count});
    ASSERT_TRUE(source.ok()) << source.error().ToString();
    const auto text = ReadAll(**source);
    ASSERT_TRUE(text.ok()) << text.error().ToString();
    EXPECT_EQ(text->size(), static_cast<std::size_t>(count) * 10'000);
  }
}

TEST_P(RpcContractTest, AStreamThatFailsOnTheWaySaysSoAtItsEnd) {
  auto source = remote().Read({}, {.text = "fail", .number = 20});
  ASSERT_TRUE(source.ok());
  const auto text = ReadAll(**source);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(text.error().reason(), "torn");
  EXPECT_EQ(text.error().notes(), std::vector<std::string>{"read a chunk"});
}

TEST_P(RpcContractTest, AStreamThatIsRefusedSaysWhy) {
  const auto source = remote().Read({}, {.text = "refuse", .number = {}});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(source.error().reason(), "no_such_thing");
}

TEST_P(RpcContractTest, DroppingAStreamCancelsItsSource) {
  auto source = remote().Read({}, {.text = "", .number = 1'000'000});
  ASSERT_TRUE(source.ok());
  EXPECT_TRUE((*source)->Next({}).ok());
  source->reset();
  EXPECT_TRUE(local_.stream_gone.Wait());
}

TEST_P(RpcContractTest, AMethodOrServiceThatIsNotThereIsUnimplemented) {
  EXPECT_EQ(transport_->Call({}, "oracle", "Nope", "{}").error().code(), ErrorCode::kUnimplemented);
  EXPECT_EQ(transport_->Call({}, "nobody", "Ask", "{}").error().code(), ErrorCode::kUnimplemented);
  EXPECT_EQ(transport_->OpenStream({}, "oracle", "Ask", R"({"text":"x"})").ok(), false);
  EXPECT_EQ(transport_->Call({}, "oracle", "Ask", R"({"text":1})").error().code(), ErrorCode::kInvalidArgument);
}

TEST_P(RpcContractTest, AnotherKeyIsRefusedByBothSides) {
  std::unique_ptr<Transport> foreign;
  if (GetParam())
    foreign = std::make_unique<HttpTransport>(client_, server_.server->url(), Secret("another key"));
  else
    foreign = std::make_unique<LoopbackTransport>(dispatcher_, Secret("another key"));
  const auto answer = foreign->Call({}, "oracle", "Ask", R"({"text":"x"})");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(foreign->OpenStream({}, "oracle", "Read", R"({"text":"x"})").error().code(), ErrorCode::kUnauthenticated);
  EXPECT_EQ(local_.asked, 0);
}

TEST(SealedCall, EveryChangedOctetIsNoticed) {
  LocalOracle local;
  Dispatcher dispatcher({Serve<OracleMethods>(local)}, Key());
  LoopbackTransport transport(dispatcher, Key());
  ASSERT_TRUE(RemoteOracle(transport).Ask({}, {.text = "x", .number = {}}).ok());
  const Frame good = transport.last();
  const int asked = local.asked;
  for (std::string Frame::* field : {&Frame::head, &Frame::mac, &Frame::body})
    for (std::size_t i = 0; i < (good.*field).size(); ++i) {
      Frame bad = good;
      (bad.*field)[i] ^= 1;
      EXPECT_FALSE(dispatcher.Handle(bad).ok);
    }
  Frame moved = good;  // an octet from one field into the next
  moved.body = moved.head.back() + moved.body;
  moved.head.pop_back();
  EXPECT_FALSE(dispatcher.Handle(moved).ok);
  EXPECT_EQ(local.asked, asked);
}

TEST(SealedCall, RunsOnce) {
  LocalOracle local;
  Dispatcher dispatcher({Serve<OracleMethods>(local)}, Key());
  LoopbackTransport transport(dispatcher, Key());
  ASSERT_TRUE(RemoteOracle(transport).Ask({}, {.text = "x", .number = {}}).ok());
  const Reply again = dispatcher.Handle(transport.last());
  EXPECT_FALSE(again.ok);
  EXPECT_EQ(DecodeError(again.body).reason(), "replayed");
  EXPECT_EQ(local.asked, 1);
  Dispatcher restarted({Serve<OracleMethods>(local)}, Key());
  EXPECT_EQ(DecodeError(restarted.Handle(transport.last()).body).reason(), "stale_window")
      << "a restart forgets nonces, but no old call fits its window";
  EXPECT_EQ(local.asked, 1);
}

TEST(SealedCall, AnAnswerFitsOneCallOnly) {
  LocalOracle local;
  Dispatcher dispatcher({Serve<OracleMethods>(local)}, Key());
  LoopbackTransport transport(dispatcher, Key());
  ASSERT_TRUE(RemoteOracle(transport).Ask({}, {.text = "first", .number = {}}).ok());
  const Frame first = SealCall(Key(), {}, "oracle", "Ask", R"({"text":"a"})", "");
  const Frame second = SealCall(Key(), {}, "oracle", "Ask", R"({"text":"a"})", "");
  const auto call = OpenCall(Key(), first);
  ASSERT_TRUE(call.ok());
  const Reply reply = SealReply(Key(), call->nonce, std::string("{}"));
  EXPECT_TRUE(OpenReply(Key(), first, reply).ok());
  EXPECT_EQ(OpenReply(Key(), second, reply).error().code(), ErrorCode::kUnauthenticated);
}

class StillClock final : public Clock {
 public:
  std::int64_t WallMicros() const override { return 0; }
  std::int64_t SteadyNanos() const override { return nanos; }
  std::int64_t nanos = 1;
};

TEST(ReplayWindow, ForgetsByWindowsOfTheReceiversClock) {
  StillClock clock;
  ReplayWindow window({.window_ms = 1000, .max_nonces = 100}, clock, SystemRandom());
  const std::string first = StaleWindowOf(window.Admit("", "n").error());
  ASSERT_FALSE(first.empty());
  EXPECT_TRUE(window.Admit(first, "a").ok());
  EXPECT_EQ(window.Admit(first, "a").error().reason(), "replayed");
  clock.nanos += 1'000'000'000;
  EXPECT_TRUE(window.Admit(first, "b").ok()) << "sealed just before the change";
  EXPECT_EQ(window.Admit(first, "a").error().reason(), "replayed");
  EXPECT_EQ(window.Admit(first, "b").error().reason(), "replayed");
  clock.nanos += 1'000'000'000;
  const auto stale = window.Admit(first, "a");
  EXPECT_EQ(stale.error().reason(), "stale_window");
  const std::string second = StaleWindowOf(stale.error());
  EXPECT_TRUE(window.Admit(second, "a").ok());
  clock.nanos += 10'000'000'000;
  EXPECT_EQ(window.Admit(second, "a").error().reason(), "stale_window") << "after a long silence the window before is too old as well";
}

TEST(ReplayWindow, MemoryIsBoundedAndNothingRunsTwice) {
  StillClock clock;
  ReplayWindow window({.window_ms = 1'000'000, .max_nonces = 50}, clock, SystemRandom());
  std::string current;
  std::vector<std::pair<std::string, std::string>> admitted;
  for (int i = 0; i < 2000; ++i) {
    const std::string nonce = "n" + std::to_string(i);
    auto outcome = window.Admit(current, nonce);
    if (!outcome) {
      current = StaleWindowOf(outcome.error());
      ASSERT_FALSE(current.empty());
      outcome = window.Admit(current, nonce);
    }
    ASSERT_TRUE(outcome.ok());
    admitted.emplace_back(current, nonce);
    EXPECT_LE(window.remembered(), 200u);
  }
  for (const auto& [name, nonce] : admitted) EXPECT_FALSE(window.Admit(name, nonce).ok()) << nonce;
  EXPECT_FALSE(window.Admit(current, std::string(65, 'n')).ok());
}

/// Hands out prepared octets in pieces of a given size.
class Pieces final : public ByteSource {
 public:
  Pieces(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
  Result<std::optional<std::string>> Next(const Context&) override {
    if (text_.empty()) return std::optional<std::string>();
    std::string piece = text_.substr(0, step_);
    text_.erase(0, piece.size());
    return std::optional(std::move(piece));
  }

 private:
  std::string text_;
  std::size_t step_;
};

std::string Drain(ByteSource& source) {
  std::string text;
  while (true) {
    auto chunk = source.Next({});
    if (!chunk) return "error " + std::string(chunk.error().reason());
    if (!*chunk) return text;
    text += **chunk;
  }
}

TEST(StreamFrame, SurvivesEveryCutAndNoticesEveryLoss) {
  const std::string content = "some content, not long";
  const std::string framed = Drain(*FrameStream(std::make_unique<Pieces>(content, 7), Key(), "nonce"));
  for (std::size_t step = 1; step < 40; ++step)
    EXPECT_EQ(Drain(*UnframeStream(std::make_unique<Pieces>(framed, step), Key(), "nonce")), content);
  for (std::size_t cut = 0; cut < framed.size(); ++cut)
    EXPECT_EQ(Drain(*UnframeStream(std::make_unique<Pieces>(framed.substr(0, cut), 9), Key(), "nonce")), "error stream_cut") << cut;
  for (std::size_t i = 0; i < framed.size(); ++i) {
    std::string bad = framed;
    bad[i] ^= 0x20;
    EXPECT_TRUE(Drain(*UnframeStream(std::make_unique<Pieces>(bad, 9), Key(), "nonce")).starts_with("error")) << i;
  }
  EXPECT_EQ(Drain(*UnframeStream(std::make_unique<Pieces>(framed, 9), Key(), "another nonce")), "error bad_mac");
  const std::string without_first = framed.substr(5 + 7);
  EXPECT_EQ(Drain(*UnframeStream(std::make_unique<Pieces>(without_first, 9), Key(), "nonce")), "error bad_mac");
}

}  // namespace
}  // namespace lakehouse::net
