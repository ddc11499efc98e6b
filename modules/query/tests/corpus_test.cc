// Hundreds of hostile statements, and some that people ask, through the gate and real jailed workers. Canaries stand wherever a
// statement must not reach: a secret file, personal data, the environment, the network, new files. tests/system/hostile_sql_test.py says
// the same to the real binary; only here a raw file can be laid into the workers' reach, as a careless parent would.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base_testing/shared_data.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/engine/session.h"
#include "test_lake.h"

namespace lakehouse::query {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxDrainedBytes = 8u << 20;
constexpr std::string_view kSecret = "CANARY-SECRET-5f3a";
constexpr std::string_view kPersonal = "canary.person@pii.example";
constexpr std::string_view kEnvironment = "CANARY-ENVIRONMENT-91bc";

struct Line {
  std::string id;
  std::string category;
  std::string sql;
};

std::vector<Line> ReadLines(const std::string& path) {
  std::vector<Line> lines;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) {
    const auto document = JsonDocument::Parse(text);
    if (!document) continue;
    const auto field = [&](std::string_view key) { return std::string(document->root().Find(key)->AsString().value_or("")); };
    lines.push_back({field("id"), field("cat"), field("sql")});
  }
  return lines;
}

void ReplaceAll(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
}

/// A port that counts who comes.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, 16), 0);
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      for (int peer; (peer = accept(socket_, nullptr, nullptr)) >= 0; close(peer)) ++visitors_;
    });
  }
  ~Listener() {
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
  }
  int port() const { return port_; }
  int visitors() const { return visitors_; }

 private:
  const int socket_;
  int port_ = 0;
  std::atomic<int> visitors_ = 0;
  std::jthread thread_;
};

class CorpusTest : public ::testing::Test {
 protected:
  CorpusTest() : place_(TemporaryDirectory::Create(testing::TempDir(), "corpus-").Take()) {}

  void SetUp() override {
    const auto data = SharedData();
    if (!data || !fs::exists(*data + "/../prototypes/reliability/gen_corpus.py"))
      GTEST_SKIP() << "the corpus of hostile statements is not there: " << kNoSharedData;
    corpus_ = *data + "/../prototypes/reliability";
    for (const char* name : {"/secret", "/lake_outside", "/out", "/corpus"}) fs::create_directories(place_.path() + name);
    ASSERT_EQ(std::system(("cd '" + place_.path() + "/corpus' && python3 '" + corpus_ + "/gen_corpus.py' > /dev/null").c_str()), 0);

    setenv("CANARY_ENV", std::string(kEnvironment).c_str(), 1);
    TestLake::Options options;
    options.query.timeout_ms = 2'000;
    options.query.max_bytes = kMaxDrainedBytes;
    options.address_space_bytes = 2ull << 30;
    lake_ = std::make_unique<TestLake>(options);
    lake_->Put("customers", "SELECT * FROM (VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cy')) t(id, name)");
    lake_->Put("v_customers", "SELECT * FROM (VALUES (1, 'A*'), (2, 'B*'), (3, 'C*')) t(id, name)");
    MakeCanaries();
  }

  void MakeCanaries() {
    const std::string secret = place_.path() + "/secret";
    for (const char* name : {"canary.txt", "canary.csv", "canary.json"})
      std::ofstream(secret + "/" + name) << (std::string_view(name).ends_with("json") ? "{\"secret\":\"" + std::string(kSecret) + "\"}\n"
                                                                                      : "secret\n" + std::string(kSecret) + "\n");
    lake_->side.Rows("COPY (SELECT '" + std::string(kSecret) + "' AS secret) TO '" + secret + "/canary.parquet'");
    raw_ = place_.path() + "/lake_outside/raw.parquet";
    lake_->side.Rows("COPY (SELECT 1 AS id, '" + std::string(kPersonal) + "' AS email) TO '" + raw_ + "'");
    lake_->side.Rows("ATTACH '" + secret + "/canary.duckdb' AS c; CREATE TABLE c.t AS SELECT '" + std::string(kSecret) +
                     "' AS secret; DETACH c");
    fs::create_symlink(secret + "/canary.csv", place_.path() + "/lake_outside/link.csv");
    fs::create_directory_symlink(secret, place_.path() + "/lake_outside/linkdir");
  }

  /// What a caller hears: octets and words.
  std::string Hear(const std::string& sql, std::string& outcome) {
    QueryRequest request;
    request.sql = sql;
    request.format = ResultFormat::kCsv;
    const Context context = lake_->context("mallory");
    auto result = lake_->query->Run(context, request);
    std::string heard;
    while (result) {
      const auto octets = (*result)->Next(context);
      if (!octets) return outcome = octets.error().reason(), heard + octets.error().ToString();
      if (!*octets) return outcome = "answered", heard;
      heard += **octets;
    }
    outcome = result.error().reason();
    return heard + result.error().ToString() + result.error().details();
  }

  std::string DigestOf(const std::string& directory) const {
    std::string listing;
    for (const auto& entry : fs::recursive_directory_iterator(directory))
      if (entry.is_regular_file() && !entry.is_symlink()) listing += entry.path().string() + " " + *Sha256HexOfFile(entry.path()) + "\n";
    std::string sorted = listing;
    std::ranges::sort(sorted);  // an iterator has no order; the multiset of letters will do to see a change
    return Sha256Hex(sorted);
  }

  /// A careless parent: the raw file lies where the workers may read.
  void PlantInWorkers() const {
    for (const auto& worker : fs::directory_iterator(lake_->path() + "/workers")) {
      const fs::path in = worker.path() / "in" / "raw.parquet";
      std::error_code error;
      if (!fs::exists(in, error)) fs::copy_file(raw_, in, error);
    }
  }

  void RunHostile(const std::string& lake_directory) {
    const Listener listener;
    const std::string before =
        DigestOf(place_.path() + "/secret") + DigestOf(place_.path() + "/lake_outside") + DigestOf(lake_->path() + "/lake");
    std::map<std::string, int> outcomes;
    int statements = 0;
    for (Line line : ReadLines(place_.path() + "/corpus/corpus.jsonl")) {
      ReplaceAll(line.sql, "@S@", place_.path() + "/secret");
      ReplaceAll(line.sql, "@L@", lake_directory);
      ReplaceAll(line.sql, "@O@", place_.path() + "/out");
      ReplaceAll(line.sql, "@P@", std::to_string(listener.port()));
      ReplaceAll(line.sql, "safe.", "main.");
      PlantInWorkers();
      std::string outcome;
      const std::string heard = Hear(line.sql, outcome);
      ++outcomes[outcome];
      ++statements;
      for (std::string_view canary : {kSecret, kPersonal, kEnvironment, std::string_view("root:x:0:0")})
        EXPECT_EQ(heard.find(canary), std::string::npos) << "ESCAPE " << line.id << ": " << line.sql.substr(0, 300);
      EXPECT_EQ(heard.find(lake_->path()), std::string::npos) << "a path of this machine: " << line.id << ": " << heard.substr(0, 300);
      std::string alive;  // a busy machine may take longer than the limit of a statement to start a new worker
      for (int attempt = 0; attempt < 10 && alive != "answered"; ++attempt) (void)Hear("SELECT 40 + 2 AS a", alive);
      EXPECT_EQ(alive, "answered") << "after " << line.id << ": " << line.sql.substr(0, 300);
      EXPECT_EQ(Hear("SELECT 40 + 2 AS a", alive), "a\n42\n") << "after " << line.id << ": " << line.sql.substr(0, 300);
    }
    EXPECT_GT(statements, 400);
    EXPECT_EQ(listener.visitors(), 0) << "somebody reached the network";
    EXPECT_TRUE(fs::is_empty(place_.path() + "/out")) << "somebody wrote a file";
    EXPECT_EQ(before, DigestOf(place_.path() + "/secret") + DigestOf(place_.path() + "/lake_outside") + DigestOf(lake_->path() + "/lake"));
    const auto report = lake_->workers->Inspect();
    std::string said = std::to_string(statements) + " statements, workers started " + std::to_string(report.started) +
                       ", ended unhealthy " + std::to_string(report.ended_unhealthy) + ":";
    for (const auto& [outcome, count] : outcomes) said += " " + outcome + " " + std::to_string(count);
    printf("%s\n", said.c_str());
  }

  TemporaryDirectory place_;
  std::string corpus_;
  std::string raw_;
  std::unique_ptr<TestLake> lake_;
};

TEST_F(CorpusTest, NothingEscapesWhenTheRawFileLiesInTheWorkersReach) { RunHostile("in"); }

TEST_F(CorpusTest, WhatPeopleAskIsAnswered) {
  int answered = 0;
  std::string others;
  const auto lines = ReadLines(corpus_ + "/ok.jsonl");
  for (Line line : lines) {
    ReplaceAll(line.sql, "safe.", "main.");
    std::string outcome;
    const std::string heard = Hear(line.sql, outcome);
    if (outcome == "answered")
      ++answered;
    else
      others += "\n  " + line.id + " " + outcome + ": " + line.sql + " -> " + heard;
  }
  printf("%d of %zu answered%s\n", answered, lines.size(), others.c_str());
  EXPECT_GE(answered, 54) << others;
}

}  // namespace
}  // namespace lakehouse::query
