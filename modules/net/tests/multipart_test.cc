#include "multipart.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace lakehouse::net {
namespace {

struct Part {
  std::string name, file_name, content_type, body;
  bool ended = false;
  bool operator==(const Part&) const = default;
};

class RecordingSink final : public MultipartParser::Sink {
 public:
  Status BeginPart(PartHead head) override {
    parts.push_back({head.name, head.file_name.value_or("-"), head.content_type, "", false});
    return Ok{};
  }
  Status Data(std::string_view octets) override {
    parts.back().body += octets;
    return Ok{};
  }
  Status EndPart() override {
    parts.back().ended = true;
    return Ok{};
  }
  std::vector<Part> parts;
};

Result<std::vector<Part>> Parse(std::string_view boundary, std::string_view text, const std::function<std::size_t()>& step) {
  RecordingSink sink;
  MultipartParser parser(boundary, sink);
  while (!text.empty()) {
    const std::size_t size = std::min(std::max<std::size_t>(step(), 1), text.size());
    LH_TRY(parser.Feed(text.substr(0, size)));
    text.remove_prefix(size);
  }
  LH_TRY(parser.Finish());
  return sink.parts;
}

TEST(Multipart, RandomMessagesInRandomPiecesComeBackWhole) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  // Few letters, so that bodies are full of things that nearly are the boundary.
  const std::string letters = "\r\n--bX";
  for (int round = 0; round < 20'000; ++round) {
    const std::string boundary = random() % 2 == 0 ? "b" : "bXb";
    std::vector<Part> expected;
    std::string text = random() % 4 == 0 ? "preamble\r\n" : "";
    const std::size_t parts = random() % 4;
    for (std::size_t i = 0; i < parts; ++i) {
      Part part{"n" + std::to_string(i), random() % 2 == 0 ? "-" : "f", "", "", true};
      const std::size_t length = random() % 30;
      for (std::size_t j = 0; j < length; ++j) part.body += letters[random() % letters.size()];
      if (("\r\n" + part.body + "\r\n").find("\r\n--" + boundary) != std::string::npos) part.body = "plain";
      text += "--" + boundary + (random() % 3 == 0 ? " \t" : "") + "\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
      if (part.file_name == "f") text += "; filename=\"f\"";
      text += "\r\n\r\n" + part.body + "\r\n";
      expected.push_back(std::move(part));
    }
    text += "--" + boundary + "--" + (random() % 2 == 0 ? "\r\nepilogue" : "");
    const auto parsed = Parse(boundary, text, [&] { return random() % 9; });
    ASSERT_TRUE(parsed.ok()) << parsed.error().ToString() << "\n" << text;
    ASSERT_EQ(parsed->size(), expected.size()) << text;
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ((*parsed)[i], expected[i]) << text;
  }
}

TEST(Multipart, ReadsTheNamesThatClientsSend) {
  EXPECT_EQ(ParsePartHead("Content-Disposition: form-data; name=\"a\\\"b\"; filename=\"x;y.csv\"")->name, "a\"b");
  EXPECT_EQ(*ParsePartHead("content-disposition: form-data; name=a; filename=\"x;y.csv\"\r\nContent-Type: text/csv")->file_name, "x;y.csv");
  EXPECT_EQ(*ParsePartHead("Content-Disposition: form-data; name=a; filename=\"C:\\new\\x.csv\"")->file_name, "x.csv");
  EXPECT_EQ(*ParsePartHead("Content-Disposition: form-data; name=a; filename=\"../../etc/passwd\"")->file_name, "passwd");
  EXPECT_EQ(*ParsePartHead("Content-Disposition: form-data; name=a; filename=x; filename*=UTF-8''na%C3%AFve.csv")->file_name,
            "na\xc3\xafve.csv");
  EXPECT_EQ(*ParsePartHead("Content-Disposition: form-data; name=a; filename=\"\"")->file_name, "");
  EXPECT_FALSE(ParsePartHead("Content-Disposition: form-data; name=a")->file_name);
}

TEST(Multipart, RefusesWhatIsNone) {
  const auto whole = [] { return std::size_t{1000}; };
  for (const char* bad :
       {"", "--b", "--b\r\n", "--bx\r\n", "--b\r\n\r\nno disposition\r\n--b--", "--b\r\nContent-Disposition: attachment\r\n\r\n\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\n\r\n--b--", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nbody without end",
        "--b\r\nnonsense\r\n\r\n\r\n--b--"})
    EXPECT_FALSE(Parse("b", bad, whole).ok()) << bad;
  const std::string huge = "--b\r\nX: " + std::string(20'000, 'h') + "\r\n\r\n\r\n--b--";
  EXPECT_EQ(Parse("b", huge, whole).error().code(), ErrorCode::kTooLarge);
}

TEST(Multipart, FindsTheBoundaryInTheContentType) {
  EXPECT_EQ(BoundaryOf("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(BoundaryOf("Multipart/Form-Data; charset=x; Boundary=\"a b;c\""), "a b;c");
  for (const std::string& bad :
       {std::string("multipart/form-data"), std::string("multipart/form-data; boundary="), std::string("multipart/mixed; boundary=a"),
        std::string("text/plain; boundary=a"), "multipart/form-data; boundary=" + std::string(71, 'x'),
        std::string("multipart/form-data; boundary=a\x01")})
    EXPECT_FALSE(BoundaryOf(bad)) << bad;
}

}  // namespace
}  // namespace lakehouse::net
