// The S3 store against a real server, which tests/servers/with_server.py starts and names in the environment.
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>

#include "lakehouse/base/random.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/storage/s3_object_store.h"
#include "s3_client.h"
#include "storage_testing/object_store_contract.h"

namespace lakehouse::storage {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Context Soon() { return {.principal = "user:ann", .trace = "trace-1", .deadline = Deadline::After(120'000), .cancel = {}}; }

/// The log and metrics of this program, and a bucket of its own for every store.
struct S3World {
  Log log{"test", LogLevel::kDebug, [](std::string_view) {}};
  Metrics metrics;
  S3ObjectStore::Options options;
  std::unique_ptr<S3ObjectStore> store;

  S3World() {
    options.endpoint = Environment("LAKEHOUSE_TEST_S3_ENDPOINT");
    options.credentials = {Environment("LAKEHOUSE_TEST_S3_ACCESS_KEY"), Secret(Environment("LAKEHOUSE_TEST_S3_SECRET_KEY")), Secret()};
    options.location.bucket = "test-" + SystemRandom().Hex(10);
  }
  S3ObjectStore::Parts parts() { return {metrics, log, SystemClock(), SystemRandom()}; }
  bool CreateBucket() {
    const auto made = S3Client(options, parts()).Send(Soon(), {.method = "PUT"});
    EXPECT_THAT(made, Succeeds());
    return made.ok();
  }
  bool Open() {
    auto opened = OpenS3ObjectStore(Soon(), options, parts());
    EXPECT_THAT(opened, Succeeds());
    if (opened) store = std::move(opened).Take();
    return store != nullptr;
  }
};

std::shared_ptr<ObjectStore> OpenS3(const std::string&) {
  const auto world = std::make_shared<S3World>();
  if (!world->CreateBucket() || !world->Open()) return nullptr;
  return {world, world->store.get()};
}

/// Small parts, so that the suite's large objects go up in many.
std::shared_ptr<ObjectStore> OpenS3InParts(const std::string&) {
  const auto world = std::make_shared<S3World>();
  world->options.part_bytes = std::uint64_t{5} << 20U;
  world->options.virtual_host_style = false;
  if (!world->CreateBucket() || !world->Open()) return nullptr;
  return {world, world->store.get()};
}

std::map<std::string, std::string> Lacks() {
  if (Environment("LAKEHOUSE_TEST_S3_NAME") != "versitygw") return {};
  const std::string why = "it keeps objects as files, so a key is a path: no object beside those below it, no name over 255 octets";
  return {{"EveryValidKeyWorks", why},      {"AnObjectAndOneBelowItLiveSideBySide", why},
          {"ADeletedKeyIsFreeAgain", why},  {"ListsInOrderOfBytes", why},
          {"AListStartsAfterAnyText", why}, {"APrefixNeedNotEndAtASlash", why}};
}

INSTANTIATE_TEST_SUITE_P(S3, ObjectStoreContract,
                         testing::Values(StoreKind{"s3", OpenS3, Lacks()}, StoreKind{"s3_in_parts", OpenS3InParts, Lacks()}),
                         [](const auto& kind) { return kind.param.name; });

class S3Server : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.CreateBucket());
    ASSERT_TRUE(world_.Open());
  }
  S3World world_;
};

TEST_F(S3Server, EnforcesConditionsAsTheProbeSays) {
  const S3Capabilities& found = world_.store->capabilities();
  EXPECT_TRUE(found.create_if_absent);
  std::printf("%s: create_if_absent %d, complete_if_absent %d, replace_if_match %d, wants the tag bare %d\n",
              Environment("LAKEHOUSE_TEST_S3_NAME").c_str(), found.create_if_absent, found.complete_if_absent, found.replace_if_match,
              found.if_match_wants_bare_tag);
  const auto left = world_.store->List(Soon(), "", "", 10);
  ASSERT_THAT(left, Succeeds());
  EXPECT_TRUE(left->objects.empty()) << "the probe leaves nothing behind";
}

TEST_F(S3Server, OfEightWritersOneWinsIn200Rounds) {
  constexpr std::size_t kWriters = 8;
  constexpr int kRounds = 200;
  std::vector<std::unique_ptr<S3ObjectStore>> stores;
  for (std::size_t i = 0; i < kWriters; ++i) stores.push_back(OpenS3ObjectStore(Soon(), world_.options, world_.parts()).Take());
  for (int round = 0; round < kRounds; ++round) {
    const std::string key = "race/" + std::to_string(round);
    std::atomic<int> winners = 0, losers = 0;
    std::atomic<std::size_t> winner = kWriters;
    std::latch start(kWriters);
    std::vector<std::thread> writers;
    for (std::size_t i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        start.arrive_and_wait();
        const auto put = stores[i]->PutIfAbsent(Soon(), key, "by " + std::to_string(i));
        if (put)
          ++winners, winner = i;
        else if (put.error().code() == ErrorCode::kAlreadyExists)
          ++losers;
        else
          ADD_FAILURE() << put.error().ToString();
      });
    }
    for (std::thread& writer : writers) writer.join();
    ASSERT_EQ(winners, 1) << "round " << round;
    ASSERT_EQ(losers, static_cast<int>(kWriters) - 1) << "round " << round;
    ASSERT_EQ(*world_.store->Get(Soon(), key), "by " + std::to_string(winner)) << "round " << round;
  }
}

TEST_F(S3Server, RefusesAWrongKeyAndSaysSo) {
  S3ObjectStore::Options options = world_.options;
  options.credentials.secret_key = Secret("not the key");
  const auto opened = OpenS3ObjectStore(Soon(), options, world_.parts());
  ASSERT_THAT(opened, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(opened.error().reason(), "storage_access_denied");
  options = world_.options;
  options.credentials.access_key = "NOBODY";
  EXPECT_EQ(OpenS3ObjectStore(Soon(), options, world_.parts()).error().reason(), "storage_access_denied");
  options = world_.options;
  options.location.bucket = "there-is-none-of-this-name";
  EXPECT_EQ(OpenS3ObjectStore(Soon(), options, world_.parts()).error().reason(), "no_such_bucket");
}

TEST_F(S3Server, APresignedUrlReadsAndWritesWithoutAKey) {
  ASSERT_THAT(world_.store->PutIfAbsent(Soon(), "a/b c+d.txt", "by url"), Succeeds());
  net::HttpClient client;
  const auto read_url = world_.store->Presign("GET", "a/b c+d.txt", 600);
  ASSERT_THAT(read_url, Succeeds());
  const auto send = [&client](const std::string& method, const Secret& url, const std::string& body) {
    net::HttpClient::Request request;
    request.method = method;
    request.url = url.Reveal();
    request.body = body;
    return client.Send(Soon(), request);
  };
  const auto read = send("GET", *read_url, "");
  ASSERT_THAT(read, Succeeds());
  EXPECT_EQ(read->status, 200);
  EXPECT_EQ(read->body, "by url");
  const auto write_url = world_.store->Presign("PUT", "a/new", 600);
  ASSERT_THAT(write_url, Succeeds());
  const auto written = send("PUT", *write_url, "from outside");
  ASSERT_THAT(written, Succeeds());
  EXPECT_EQ(written->status, 200);
  EXPECT_EQ(*world_.store->Get(Soon(), "a/new"), "from outside");
  const auto crossed = send("PUT", *read_url, "x");
  ASSERT_THAT(crossed, Succeeds());
  EXPECT_EQ(crossed->status, 403) << "a URL for reading writes nothing";
}

TEST_F(S3Server, TheBucketMayStandInTheHostName) {
  if (Environment("LAKEHOUSE_TEST_S3_NAME") != "ceph") GTEST_SKIP() << "only Ceph is started with a name of its own";
  S3ObjectStore::Options options = world_.options;
  options.virtual_host_style = true;
  options.endpoint = "http://localhost" + options.endpoint.substr(options.endpoint.rfind(':'));
  options.location.prefix = "below/";
  const auto opened = OpenS3ObjectStore(Soon(), options, world_.parts());
  ASSERT_THAT(opened, Succeeds());
  ASSERT_THAT((*opened)->PutIfAbsent(Soon(), "caf\u00e9 1", "x"), Succeeds());
  EXPECT_EQ(*world_.store->Get(Soon(), "below/caf\u00e9 1"), "x") << "the same object as in the path style";
  EXPECT_EQ((*opened)->List(Soon(), "caf", "", 10)->objects.size(), 1U);
}

TEST_F(S3Server, PagesOverMoreThanTheServerGivesAtOnce) {
  for (int i = 0; i < 1100; ++i) ASSERT_THAT(world_.store->PutIfAbsent(Soon(), "many/" + std::to_string(10'000 + i), ""), Succeeds());
  std::size_t met = 0, pages = 0;
  std::string next;
  do {
    const auto page = world_.store->List(Soon(), "many/", next, kMaxListPage);
    ASSERT_THAT(page, Succeeds());
    met += page->objects.size();
    next = page->next;
    ++pages;
  } while (!next.empty());
  EXPECT_EQ(met, 1100U);
  EXPECT_EQ(pages, 2U);
}

/// A file of so many octets that do not repeat within a part.
void WriteLargeFile(const std::string& path, std::uint64_t size_bytes) {
  std::ofstream out(path, std::ios::binary);
  std::string block(std::size_t{1} << 20U, '\0');
  for (std::uint64_t at = 0; at < size_bytes; at += block.size()) {
    for (std::size_t i = 0; i < block.size(); i += 8) {
      const std::uint64_t word = (at + i) * 0x9E3779B97F4A7C15ULL;
      std::memcpy(block.data() + i, &word, sizeof word);
    }
    out.write(block.data(), static_cast<std::streamsize>(block.size()));
  }
}

double SecondsOf(const std::function<void()>& run) {
  const std::int64_t begin = SystemClock().SteadyNanos();
  run();
  return static_cast<double>(SystemClock().SteadyNanos() - begin) * 1e-9;
}

TEST_F(S3Server, AGibibyteGoesUpAndDownInLittleMemory) {
  if (Environment("LAKEHOUSE_TEST_S3_LARGE").empty()) GTEST_SKIP() << "takes 3 GiB; ./dev torture s3 runs it";
  constexpr std::uint64_t kSize = std::uint64_t{1} << 30U;
  constexpr const char* kKey = "_vectors/skills/gen-1/embeddings.parquet";
  std::string directory = testing::TempDir() + "s3_large_XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const std::string file = directory + "/large", kept = directory + "/kept", back = directory + "/back";
  WriteLargeFile(file, kSize);
  std::filesystem::create_hard_link(file, kept);
  const double up = SecondsOf([&] { EXPECT_THAT(world_.store->PutFile(Soon(), kKey, file), Succeeds()); });
  const double up_once = SecondsOf([&] {
    std::filesystem::create_hard_link(kept, file);
    EXPECT_THAT(world_.store->PutFileIfAbsent(Soon(), std::string(kKey) + ".new", file), Succeeds());
  });
  const double down = SecondsOf([&] { EXPECT_THAT(world_.store->GetToFile(Soon(), kKey, back), Succeeds()); });
  EXPECT_EQ(std::filesystem::file_size(back), kSize);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const long peak_mb = usage.ru_maxrss / 1024;
  EXPECT_LT(peak_mb, 200);
  const auto curl = [&](const std::string& options, const char* method, const std::string& key) {
    const std::string url = world_.store->Presign(method, key, 600)->Reveal();
    return SecondsOf([&] { EXPECT_EQ(std::system(("curl -sSf -o " + back + ".curl " + options + " '" + url + "'").c_str()), 0); });
  };
  const double curl_up = curl("-T " + kept, "PUT", "bare");
  const double curl_down = curl("", "GET", kKey);
  std::printf("1 GiB: up in parts %.1f s, up in one condition %.1f s, down %.1f s; bare curl up %.1f s, down %.1f s; peak %ld MB\n", up,
              up_once, down, curl_up, curl_down, peak_mb);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace lakehouse::storage
