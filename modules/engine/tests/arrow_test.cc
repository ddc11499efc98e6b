#include <gmock/gmock.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "engine_testing/worker_fixture.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::engine {
namespace {

class ArrowTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { fixture_ = std::make_unique<WorkerFixture>(LAKEHOUSE_TEST_WORKER); }
  static void TearDownTestSuite() { fixture_.reset(); }
  Result<Session::Answer> Run(const std::string& sql, std::uint64_t max_rows = UINT64_MAX, std::uint64_t max_bytes = UINT64_MAX) {
    Session session(fixture_->worker());
    Context context;
    context.deadline = Deadline::After(120'000);
    return session.RunToEnd(context, {.statement = sql, .format = Format::kArrowStream, .max_rows = max_rows, .max_bytes = max_bytes});
  }
  static std::uint32_t Word(const std::string& octets, std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, octets.data() + at, sizeof word);
    return word;
  }
  static bool EndsInEndOfStream(const std::string& octets) {
    return octets.size() >= 8 && Word(octets, octets.size() - 8) == 0xFFFFFFFF && Word(octets, octets.size() - 4) == 0;
  }

  static std::unique_ptr<WorkerFixture> fixture_;
};

std::unique_ptr<WorkerFixture> ArrowTest::fixture_;

// The golden file was read with pyarrow 26 (validate(full=True), values compared), so that equal bytes are good bytes.
TEST_F(ArrowTest, EveryTypeGivesTheGoldenBytes) {
  const auto answer =
      Run("SELECT * EXCLUDE (bignum, \"union\", geometry, medium_enum, large_enum, time, time_ns), TIME '01:02:03.5' AS t FROM "
          "test_all_types()");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  const std::string path = std::string(ENGINE_GOLDEN) + "/all_types.arrow";
  if (std::getenv("LH_ACCEPT") != nullptr) {
    std::ofstream(path, std::ios::binary) << answer->body;
    GTEST_SKIP() << "rewrote " << path;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string golden((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_TRUE(golden == answer->body) << golden.size() << " and " << answer->body.size() << " bytes; SHA-256 " << Sha256Hex(answer->body);
}

TEST_F(ArrowTest, AnEmptyResultIsASchemaAndAnEnd) {
  const auto answer = Run("SELECT 1 AS a WHERE false");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(Word(answer->body, 0), 0xFFFFFFFF);
  EXPECT_EQ(answer->body.size(), 8 + Word(answer->body, 4) + 8) << "one message and the end";
  EXPECT_TRUE(EndsInEndOfStream(answer->body));
}

TEST_F(ArrowTest, ManyChunksBecomeFewBatches) {
  const auto small = Run("SELECT range FROM range(1)");
  const auto big = Run("SELECT range FROM range(65536)");
  ASSERT_TRUE(small.ok() && big.ok());
  // One batch more costs a message of about 200 bytes; 32 of them would show.
  EXPECT_LT(big->body.size() - small->body.size(), 65'536u * 8 + 100);
  EXPECT_EQ(big->summary.rows, 65'536u);
}

TEST_F(ArrowTest, RowsAndBytesAreCutAndTheStreamStaysWhole) {
  auto answer = Run("SELECT range, 'text ' || range FROM range(1000000)", 1'000);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->summary.rows, 1'000u);
  EXPECT_EQ(answer->summary.truncated, Truncated::kRows);
  EXPECT_TRUE(EndsInEndOfStream(answer->body));
  for (const std::uint64_t limit : {1'000u, 10'000u, 100'000u, 9'000'000u}) {
    answer = Run("SELECT range, 'text ' || range FROM range(1000000)", UINT64_MAX, limit);
    ASSERT_TRUE(answer.ok()) << answer.error().ToString();
    EXPECT_EQ(answer->summary.truncated, Truncated::kBytes);
    EXPECT_LE(answer->body.size(), limit + 8);
    EXPECT_TRUE(EndsInEndOfStream(answer->body));
  }
  EXPECT_EQ(Run("SELECT 1", 1, 8).error().code(), ErrorCode::kTooLarge);
}

TEST_F(ArrowTest, OneHugeValueDoesNotPassTheByteLimit) {
  const auto answer = Run("SELECT repeat('x', 50000000)", 10, 1'000'000);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->summary.rows, 0u);
  EXPECT_EQ(answer->summary.truncated, Truncated::kBytes);
}

}  // namespace
}  // namespace lakehouse::engine
