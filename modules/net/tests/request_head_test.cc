#include "request_head.h"

#include <gtest/gtest.h>

#include <random>

#include "chunk_decoder.h"

namespace lakehouse::net {
namespace {

TEST(RequestHead, ReadsWhatABrowserSends) {
  const auto parsed = ParseRequestHead(
      "POST /a/b?c=d HTTP/1.1\r\nhost: LocalHost:3110\r\nContent-Length:  12 \r\nX-Empty:\r\nConnection: keep-alive, Upgrade\r\nExpect: "
      "100-Continue\r\n\r\n",
      {});
  const auto* head = std::get_if<RequestHead>(&parsed);
  ASSERT_NE(head, nullptr);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/a/b?c=d");
  EXPECT_EQ(head->raw_path, "/a/b");
  EXPECT_EQ(head->raw_query, "c=d");
  EXPECT_EQ(head->host, "localhost:3110");
  EXPECT_EQ(head->content_length, 12u);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_TRUE(head->expects_continue);
  EXPECT_EQ(head->headers.size(), 5u);
}

TEST(RequestHead, AnAbsoluteTargetNamesTheHost) {
  const auto parsed = ParseRequestHead("GET HTTP://A.Example:80?x HTTP/1.1\r\nHost: a.example:80\r\n\r\n", {});
  ASSERT_TRUE(std::holds_alternative<RequestHead>(parsed));
  EXPECT_EQ(std::get<RequestHead>(parsed).host, "a.example:80");
  EXPECT_EQ(std::get<RequestHead>(parsed).raw_path, "/");
  EXPECT_EQ(std::get<RequestHead>(parsed).raw_query, "x");
}

TEST(RequestHead, TheScannerFindsTheSameEndHoweverTheOctetsCome) {
  const std::string head = "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string text = head + "the next request";
  for (std::size_t step = 1; step < 12; ++step) {
    HeadScanner scanner;
    for (std::size_t seen = step;; seen = std::min(seen + step, text.size())) {
      const auto found = scanner.Scan(std::string_view(text).substr(0, seen), {});
      ASSERT_FALSE(std::holds_alternative<HeadFault>(found));
      if (const auto* length = std::get_if<std::size_t>(&found)) {
        EXPECT_EQ(*length, head.size());
        break;
      }
      ASSERT_LT(seen, head.size()) << "the head was whole";
    }
  }
}

TEST(RequestHead, ReadsHosts) {
  EXPECT_EQ(ParseHost("Example.COM:80")->host, "example.com");
  EXPECT_EQ(ParseHost("[::1]:3110")->host, "[::1]");
  EXPECT_EQ(ParseHost("[::1]")->port, "");
  for (const char* bad : {"", ":80", "[::1", "[::1]x", "a:b", "a:123456", "a b", "a/b", "a@b", "a,b"}) EXPECT_FALSE(ParseHost(bad)) << bad;
}

/// Octets of the decoded body, or nothing when it is refused.
std::optional<std::string> Decode(std::string_view text, std::size_t step, std::size_t room, std::string* rest = nullptr) {
  ChunkDecoder decoder;
  std::string body;
  std::string_view unread = text;
  std::size_t given = std::min(step, text.size());
  while (true) {
    std::size_t consumed = 0;
    const auto outcome = decoder.Feed(unread.substr(0, given), room, body, consumed);
    EXPECT_LE(consumed, given);
    unread.remove_prefix(consumed);
    if (outcome == ChunkDecoder::Outcome::kBroken) return std::nullopt;
    if (outcome == ChunkDecoder::Outcome::kDone) {
      if (rest != nullptr) *rest = unread;
      return body;
    }
    if (consumed == 0 && given == unread.size()) return std::nullopt;
    given = std::min(unread.size(), given - consumed + step);
  }
}

TEST(ChunkDecoder, GivesTheSameBodyForEveryCut) {
  const std::string text = "5\r\nhello\r\n1;x=\"y\"\r\n \r\n00A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\nGET";
  for (std::size_t step = 1; step <= text.size(); ++step)
    for (const std::size_t room : {1u, 3u, 1000u}) {
      std::string rest;
      EXPECT_EQ(Decode(text, step, room, &rest), "hello 0123456789") << "step " << step << " room " << room;
      EXPECT_TRUE(std::string_view(text).ends_with(rest));
      EXPECT_TRUE(rest.ends_with("GET"));
    }
}

TEST(ChunkDecoder, RefusesWhatBreaksTheRules) {
  for (const char* bad : {"g\r\n", "5 \r\nhello\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\n", " 5\r\nhello\r\n", "5 x\r\nhello\r\n", "\r\n",
                          "5\nhello\r\n", "5\r\nhelloX\r\n", "5\r\nhello\n", "5\r\nhello\rX", "1000000000000000\r\n",
                          "FFFFFFFFFFFFFFFFF\r\n", "5;\x01\r\n", "0\r\nbad\x01\r\n\r\n"})
    for (const std::size_t step : {1u, 2u, 100u}) EXPECT_EQ(Decode(bad, step, 1000), std::nullopt) << bad << " step " << step;
}

TEST(ChunkDecoder, ManyTinyChunksAreNoOverhead) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "1\r\nx\r\n";
  EXPECT_EQ(Decode(text + "0\r\n\r\n", 4096, 100'000), std::string(20'000, 'x'));
}

TEST(BodyDecoder, CountsOffALength) {
  BodyDecoder decoder(false, 5);
  std::string body;
  std::size_t consumed = 0;
  EXPECT_EQ(decoder.Feed("hel", 100, body, consumed), ChunkDecoder::Outcome::kMore);
  EXPECT_EQ(decoder.Feed("lo world", 100, body, consumed), ChunkDecoder::Outcome::kDone);
  EXPECT_EQ(consumed, 2u);
  EXPECT_EQ(body, "hello");
}

}  // namespace
}  // namespace lakehouse::net
