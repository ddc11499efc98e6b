#include "lakehouse/sandbox/channel.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "lakehouse/sandbox/wire.h"

namespace lakehouse::sandbox {
namespace {

class ChannelTest : public testing::Test {
 protected:
  void SetUp() override {
    int fds[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    parent_ = ParentChannel(UniqueFd(fds[0]));
    worker_fd_ = UniqueFd(fds[1]);
    worker_ = std::make_unique<Channel>(fds[1]);
    context_.deadline = Deadline::After(10'000);
  }
  void SendRaw(std::string_view octets) {
    ASSERT_EQ(write(worker_fd_.get(), octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
  }
  static std::string Header(std::uint32_t length, std::uint32_t type) {
    std::string header(8, '\0');
    std::memcpy(header.data(), &length, 4);
    std::memcpy(header.data() + 4, &type, 4);
    return header;
  }

  ParentChannel parent_;
  UniqueFd worker_fd_;
  std::unique_ptr<Channel> worker_;
  Context context_;
};

TEST_F(ChannelTest, FramesArriveWholeAndInOrder) {
  const std::string big(3u << 20, 'b');
  std::thread sender([&] {
    EXPECT_TRUE(worker_->Send(20, "one").ok());
    EXPECT_TRUE(worker_->Send(21, big).ok());
    EXPECT_TRUE(worker_->Send(22, "", true).ok());
  });
  const auto first = parent_.Receive(context_);
  const auto second = parent_.Receive(context_);
  const auto third = parent_.Receive(context_);
  sender.join();
  ASSERT_TRUE(first.ok() && second.ok() && third.ok());
  EXPECT_EQ(first->type, 20u);
  EXPECT_EQ(first->body, "one");
  EXPECT_EQ(second->body, big);
  EXPECT_EQ(third->type, 22u);
  EXPECT_EQ(third->body, "");
}

TEST_F(ChannelTest, TheWorkerReadsWhatTheParentSends) {
  const std::string big(5u << 20, 'p');
  std::thread sender([&] { EXPECT_TRUE(parent_.Send(context_, 33, big).ok()); });
  const auto frame = worker_->Receive();
  sender.join();
  ASSERT_TRUE(frame.ok());
  EXPECT_EQ(frame->type, 33u);
  EXPECT_EQ(frame->body, big);
}

TEST_F(ChannelTest, AFrameThatArrivesOctetByOctetIsOneFrame) {
  const std::string octets = Header(3, 40) + "abc" + Header(0, 41);
  for (const char octet : octets) {
    Context now;
    now.deadline = Deadline::After(0);
    EXPECT_EQ(parent_.Receive(now).error().code(), ErrorCode::kDeadlineExceeded);
    SendRaw({&octet, 1});
    if (octet == 'c') {
      EXPECT_EQ(parent_.Receive(context_)->body, "abc");
    }
  }
  EXPECT_EQ(parent_.Receive(context_)->type, 41u);
}

TEST_F(ChannelTest, ALengthOverTheLimitIsRefusedBeforeMemoryIsTaken) {
  SendRaw(Header(kMaxFrameBytes + 1, 40));
  const auto frame = parent_.Receive(context_);
  ASSERT_FALSE(frame.ok());
  EXPECT_EQ(frame.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(frame.error().reason(), "bad_frame");
  EXPECT_EQ(worker_->Send(40, std::string(kMaxFrameBytes + 1, 'x')).error().code(), ErrorCode::kTooLarge);
}

TEST_F(ChannelTest, AClosedEndIsALostWorker) {
  SendRaw(Header(100, 40) + "half");
  worker_fd_.Reset();
  const auto frame = parent_.Receive(context_);
  ASSERT_FALSE(frame.ok());
  EXPECT_EQ(frame.error().reason(), "worker_lost");
  EXPECT_EQ(parent_.Send(context_, 40, "x").error().reason(), "worker_lost");
}

TEST_F(ChannelTest, ADeadlineEndsTheWaitAndNothingIsLost) {
  SendRaw(Header(4, 40) + "ab");
  Context shortly;
  shortly.deadline = Deadline::After(20);
  EXPECT_EQ(parent_.Receive(shortly).error().code(), ErrorCode::kDeadlineExceeded);
  SendRaw("cd");
  EXPECT_EQ(parent_.Receive(context_)->body, "abcd");
}

TEST_F(ChannelTest, ACancellationWakesTheReader) {
  const auto stop = std::make_unique<std::stop_source>();
  Context context;
  context.cancel = stop->get_token();
  std::thread canceller([&] { stop->request_stop(); });
  EXPECT_EQ(parent_.Receive(context).error().code(), ErrorCode::kCancelled);
  canceller.join();
  SendRaw(Header(0, 40));
  EXPECT_EQ(parent_.Receive(context_)->type, 40u) << "the next context is not cancelled";
}

TEST_F(ChannelTest, AWorkerThatDoesNotReadCannotHoldTheParent) {
  Context shortly;
  shortly.deadline = Deadline::After(50);
  EXPECT_EQ(parent_.Send(shortly, 40, std::string(kMaxFrameBytes, 'x')).error().code(), ErrorCode::kDeadlineExceeded);
}

TEST(ErrorBody, ComesBackAsItWas) {
  const Error error = DecodeError(EncodeError(Error(ErrorCode::kConflict, "what").Named("why").WithDetails("{}")));
  EXPECT_EQ(error.code(), ErrorCode::kConflict);
  EXPECT_EQ(error.message(), "what");
  EXPECT_EQ(error.reason(), "why");
  EXPECT_EQ(error.details(), "{}");
  EXPECT_EQ(DecodeError(EncodeError(Error(ErrorCode::kNotFound, ""))).reason(), "not_found");
}

TEST(ErrorBody, GarbageIsABadFrame) {
  const std::string good = EncodeError(Error(ErrorCode::kConflict, "what").Named("why"));
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_EQ(DecodeError(good.substr(0, length)).reason(), "bad_frame");
  EXPECT_EQ(DecodeError(good + "x").reason(), "bad_frame");
  EXPECT_EQ(DecodeError("\xff" + good.substr(1)).reason(), "bad_frame");
}

TEST(BodyReader, ReadsPastTheEndAsNothing) {
  BodyWriter writer;
  writer.Put<std::uint16_t>(7);
  writer.PutText("ab");
  BodyReader reader(writer.body());
  EXPECT_EQ(reader.Get<std::uint16_t>(), 7);
  EXPECT_EQ(reader.GetText(), "ab");
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(reader.Get<std::uint64_t>(), 0u);
  EXPECT_FALSE(reader.ok());
  BodyReader lying(std::string_view("\xff\xff\xff\xff", 4));
  EXPECT_EQ(lying.GetText(), "");
  EXPECT_FALSE(lying.ok());
}

}  // namespace
}  // namespace lakehouse::sandbox
