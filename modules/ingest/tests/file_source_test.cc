#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "../src/bucket_source.h"
#include "../src/folder_source.h"
#include "../src/http_source.h"
#include "ingest_testing/file_source_contract.h"
#include "lakehouse/storage/memory_object_store.h"
#include "pull_server.h"

namespace lakehouse::ingest {
namespace {

class FolderUnderTest final : public FileSourceUnderTest {
 public:
  FolderUnderTest() : directory_(std::move(TemporaryDirectory::Create(testing::TempDir(), "inbox-")).Take()) {
    std::filesystem::create_directory(directory_.path() + "/x");
  }
  void Offer(const std::string& name, const std::string& octets) override {
    std::ofstream(directory_.path() + "/x/" + name, std::ios::binary) << octets;
  }
  std::unique_ptr<FileSource> Open() override {
    auto source =
        OpenFolderSource({directory_.path() + "/x", "inbox/x", 0, directory_.path(), "f" + std::to_string(++opened_)}, SystemClock());
    EXPECT_TRUE(source.ok());
    return std::move(source).Take();
  }

 private:
  TemporaryDirectory directory_;
  int opened_ = 0;
};

class BucketUnderTest final : public FileSourceUnderTest {
 public:
  BucketUnderTest() : directory_(std::move(TemporaryDirectory::Create(testing::TempDir(), "bucket-")).Take()) {}
  void Offer(const std::string& name, const std::string& octets) override { EXPECT_TRUE(store_.Put({}, "incoming/" + name, octets).ok()); }
  std::unique_ptr<FileSource> Open() override {
    return OpenBucketSource(store_, {"primary", "incoming/", directory_.path(), "f" + std::to_string(++opened_), 1 << 20});
  }

 private:
  TemporaryDirectory directory_;
  storage::MemoryObjectStore store_;
  int opened_ = 0;
};

class UrlUnderTest final : public FileSourceUnderTest {
 public:
  UrlUnderTest() : directory_(std::move(TemporaryDirectory::Create(testing::TempDir(), "pull-")).Take()) {}
  bool has_many() const override { return false; }
  void Offer(const std::string& name, const std::string& octets) override {
    name_ = name;
    server_.Offer("/files/" + name, octets);
  }
  std::unique_ptr<FileSource> Open() override {
    return OpenHttpSource(
        {server_.Url("/files/" + name_), Secret(), "127.0.0.1", directory_.path(), "f" + std::to_string(++opened_), 1 << 20, 60'000});
  }

 private:
  TemporaryDirectory directory_;
  PullServer server_;
  std::string name_ = "none.csv";
  int opened_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Kinds, FileSourceContract,
                         testing::Values(FileSourceFactory{"Folder", [] { return std::make_unique<FolderUnderTest>(); }},
                                         FileSourceFactory{"Bucket", [] { return std::make_unique<BucketUnderTest>(); }},
                                         FileSourceFactory{"Url", [] { return std::make_unique<UrlUnderTest>(); }}),
                         [](const auto& about) { return about.param.name; });

class FolderSourceTest : public testing::Test {
 protected:
  FolderSourceTest() { std::filesystem::create_directory(inbox_); }
  std::unique_ptr<FileSource> Open(std::int64_t settle_ms = 0) {
    return std::move(OpenFolderSource({inbox_, "x", settle_ms, directory_.path(), "f" + std::to_string(++opened_)}, SystemClock())).Take();
  }
  void Write(const std::string& name, const std::string& octets = "x") { std::ofstream(inbox_ + "/" + name) << octets; }
  bool Has(const std::string& name) const { return std::filesystem::exists(std::filesystem::symlink_status(inbox_ + "/" + name)); }

  const TemporaryDirectory directory_ = std::move(TemporaryDirectory::Create(testing::TempDir(), "inbox-")).Take();
  const std::string inbox_ = directory_.path() + "/inbox";
  FileSource::Marks marks_;
  int opened_ = 0;
};

TEST_F(FolderSourceTest, PassesOverWhatIsNotWhole) {
  for (const char* name : {".hidden", "a.csv.part", "b.tmp", "c.crdownload", "d~"}) Write(name);
  std::filesystem::create_directory(inbox_ + "/folder");
  std::filesystem::create_symlink("/etc/passwd", inbox_ + "/link.csv");
  ASSERT_EQ(::mkfifo((inbox_ + "/pipe.csv").c_str(), 0600), 0);
  EXPECT_FALSE((*Open()->Next({}, {})).has_value());
  Write("fresh.csv");
  EXPECT_FALSE((*Open(3'600'000)->Next({}, {})).has_value()) << "somebody may be writing still";
  for (const char* name : {"", "..", "a/b", "/tmp", ".x", "a b", "a\\b"}) EXPECT_FALSE(CheckFolderName(name).ok()) << name;
  EXPECT_TRUE(CheckFolderName("hr-2026.in").ok());
}

TEST_F(FolderSourceTest, AnOlderFileOfTheSameNameStays) {
  for (const bool taken : {true, true, false}) {
    Write("a.csv");
    const auto source = Open();
    const auto file = *source->Next({}, marks_);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE(source->Settle({}, *file, taken, marks_).ok());
  }
  for (const char* name : {"done/a.csv", "done/2-a.csv", "failed/a.csv"}) EXPECT_TRUE(Has(name)) << name;
}

TEST_F(FolderSourceTest, ALinkThatIsPutInTheFilesPlaceIsNeverRead) {
  Write("a.csv", "mine");
  const auto source = Open();
  const auto file = *source->Next({}, marks_);
  ASSERT_TRUE(file.has_value());
  std::filesystem::remove(inbox_ + "/a.csv");
  std::filesystem::create_symlink("/etc/passwd", inbox_ + "/a.csv");
  EXPECT_EQ(*ReadFile(file->path), "mine");
  ASSERT_TRUE(source->Settle({}, *file, true, marks_).ok());
  EXPECT_TRUE(Has("a.csv"));
  EXPECT_FALSE(Has("done/a.csv"));
}

TEST_F(FolderSourceTest, AFileThatTookTheNameMeanwhileIsForTheNextRun) {
  Write("a.csv", "first");
  const auto source = Open();
  const auto file = *source->Next({}, marks_);
  ASSERT_TRUE(file.has_value());
  Write("b.csv", "second");
  std::filesystem::rename(inbox_ + "/b.csv", inbox_ + "/a.csv");
  ASSERT_TRUE(source->Settle({}, *file, true, marks_).ok());
  const auto next = *Open()->Next({}, marks_);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(*ReadFile(next->path), "second");
}

TEST_F(FolderSourceTest, FoldersThatAreLinksAreRefused) {
  const std::string elsewhere = directory_.path() + "/elsewhere";
  std::filesystem::create_directory(elsewhere);
  std::filesystem::create_directory_symlink(elsewhere, inbox_ + "/done");
  const auto refused = OpenFolderSource({inbox_, "x", 0, directory_.path(), "f"}, SystemClock());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "bad_folder") << refused.error().ToString();
}

TEST(BucketSource, WhatCannotBeBroughtSaysSoAndTheOthersCome) {
  const auto directory = std::move(TemporaryDirectory::Create(testing::TempDir(), "bucket-")).Take();
  storage::MemoryObjectStore store;
  for (const char* key : {"in/a.csv", "in/b.csv", "in/c.csv", "in/d.csv"}) EXPECT_TRUE(store.Put({}, key, key).ok());
  EXPECT_TRUE(store.Put({}, "in/b.csv", std::string(101, 'x')).ok());
  FileSource::Marks marks;
  const auto run = [&](std::int64_t most, bool takes_away = false) {
    std::string found;
    const auto source = OpenBucketSource(store, {"primary", "in/", directory.path(), "f", most});
    for (;;) {
      const auto next = source->Next({}, marks);
      EXPECT_TRUE(next.ok());
      if (!next || !*next) return found;
      found += (*next)->name + ((*next)->fault ? " " + std::string((*next)->fault->reason()) : "") + ", ";
      const bool is_final = !(*next)->fault || (*next)->fault->code() == ErrorCode::kTooLarge;
      const bool settled = !is_final || source->Settle({}, **next, !(*next)->fault, marks).ok();
      const bool taken_away = !takes_away || store.Delete({}, "in/c.csv").ok();
      EXPECT_TRUE(settled && taken_away);
    }
  };
  EXPECT_EQ(run(100, true), "a.csv, b.csv source_too_large, c.csv not_found, d.csv, ");
  EXPECT_EQ(run(100), "") << "what is too large is told once";
  EXPECT_EQ(run(101), "b.csv, ") << "and comes when more may be pulled";
}

TEST(HttpSource, OnlyHostsOfTheListAreSpokenTo) {
  const auto reason = [](const char* url, const char* hosts) {
    const auto checked = CheckPullUrl(url, hosts);
    return checked ? std::string("allowed") : std::string(checked.error().reason());
  };
  EXPECT_EQ(reason("https://files.corp/a.csv", ""), "host_not_allowed");
  EXPECT_EQ(reason("https://files.corp/a.csv", "db.corp, files.corp"), "allowed");
  EXPECT_EQ(reason("https://FILES.corp./a.csv", "files.corp"), "allowed");
  EXPECT_EQ(reason("https://files.corp:444/a.csv", "files.corp:443"), "host_not_allowed");
  EXPECT_EQ(reason("https://files.corp/a.csv", "files.corp:443"), "allowed");
  EXPECT_EQ(reason("https://a.files.corp/a.csv", "*.files.corp"), "allowed");
  EXPECT_EQ(reason("https://evilfiles.corp/a.csv", "*.files.corp"), "host_not_allowed");
  EXPECT_EQ(reason("https://files.corp@evil.com/a.csv", "files.corp"), "password_in_url");
  EXPECT_EQ(reason("https://files.corp\\@evil.com/a.csv", "*"), "bad_url");
  EXPECT_EQ(reason("https://evil.com#files.corp/", "files.corp"), "host_not_allowed");
  EXPECT_EQ(reason("https://evil.com?x=files.corp/", "files.corp"), "host_not_allowed");
  for (const char* url : {"file:///etc/passwd", "ftp://files.corp/a", "gopher://files.corp/", "files.corp/a.csv", "https:///a",
                          "https://files.corp:x/", "https://files.corp:999999/", "https://[::1/", "https://files.corp/a b"})
    EXPECT_EQ(reason(url, "*"), "bad_url") << url;
}

TEST(HttpSource, OnlyPublicAddressesAreConnectedToUnlessTheyAreNamed) {
  for (const char* address : {"127.0.0.1",
                              "127.8.8.8",
                              "10.1.2.3",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "169.254.169.254",
                              "0.0.0.0",
                              "100.64.0.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "198.18.0.1",
                              "::1",
                              "::",
                              "fe80::1",
                              "fc00::1",
                              "fd12::1",
                              "::ffff:127.0.0.1",
                              "::ffff:8.8.8.8",
                              "64:ff9b::7f00:1",
                              "2002:7f00:1::",
                              "2001:0:1::",
                              "ff02::1",
                              "2001:db8::1",
                              "nonsense"})
    EXPECT_FALSE(CheckPullAddress(address, "*, files.corp").ok()) << address;
  for (const char* address : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "2a00:1450:4001::200e"})
    EXPECT_TRUE(CheckPullAddress(address, "").ok()) << address;
  EXPECT_TRUE(CheckPullAddress("10.1.2.3", "intranet.corp, 10.1.2.3").ok());
  EXPECT_TRUE(CheckPullAddress("10.1.2.3", "10.1.2.3:8080").ok());
  EXPECT_FALSE(CheckPullAddress("10.1.2.3", "10.1.2.30, 110.1.2.3").ok());
  EXPECT_TRUE(CheckPullAddress("fd12::1", "[fd12::1]:443").ok());
}

class HttpPull : public testing::Test {
 protected:
  HttpPull() : directory_(std::move(TemporaryDirectory::Create(testing::TempDir(), "pull-")).Take()) {}
  Result<std::optional<FileSource::File>> Pull(const std::string& url, const std::string& hosts = "localhost, 127.0.0.1",
                                               std::int64_t most = 1'000) {
    return OpenHttpSource({url, Secret("t0ken"), hosts, directory_.path(), "f", most, 60'000})->Next({}, marks_);
  }
  std::string Reason(const std::string& url, const std::string& hosts = "localhost, 127.0.0.1") {
    const auto pulled = Pull(url, hosts);
    return pulled ? "pulled" : std::string(pulled.error().reason());
  }
  TemporaryDirectory directory_;
  PullServer server_;
  FileSource::Marks marks_;
};

TEST_F(HttpPull, AnAddressIsCheckedWhereItIsConnectedTo) {
  server_.Offer("/a.csv", "a\n1\n");
  const std::string by_name = "http://localhost:" + std::to_string(server_.port()) + "/a.csv";
  EXPECT_EQ(Reason(by_name, "localhost"), "address_not_allowed") << "a name that leads to this machine";
  EXPECT_EQ(server_.requests(), 0) << "nobody was spoken to";
  EXPECT_EQ(Reason(by_name, "localhost, 127.0.0.1, ::1, [::1]"), "pulled");
}

TEST_F(HttpPull, RedirectsAreCheckedLikeTheUrl) {
  server_.Offer("/a.csv", "a\n1\n");
  server_.Redirect("/here", "/a.csv");
  server_.Redirect("/inside", "http://169.254.169.254/latest/meta-data");
  server_.Redirect("/file", "file:///etc/passwd");
  server_.Redirect("/round", "/round");
  EXPECT_EQ(Reason(server_.Url("/here")), "pulled");
  EXPECT_EQ(Reason(server_.Url("/inside")), "host_not_allowed");
  EXPECT_EQ(Reason(server_.Url("/inside"), "*, 127.0.0.1"), "address_not_allowed");
  EXPECT_EQ(Reason(server_.Url("/file")), "bad_url");
  EXPECT_EQ(Reason(server_.Url("/round")), "source_error");
  EXPECT_EQ(Reason(server_.Url("/nothing")), "source_error");
}

TEST_F(HttpPull, TheTokenGoesToItsOwnHostOnly) {
  PullServer other;
  other.Offer("/a.csv", "a\n1\n");
  server_.Redirect("/there", other.Url("/a.csv"));
  EXPECT_EQ(Reason(server_.Url("/there")), "pulled");
  EXPECT_EQ(server_.last_authorization(), "Bearer t0ken");
  EXPECT_EQ(other.last_authorization(), "");
}

TEST_F(HttpPull, WhatIsTooLargeLeavesNothing) {
  server_.Offer("/large.csv", std::string(5'000, 'x'));
  const auto pulled = Pull(server_.Url("/large.csv"));
  ASSERT_FALSE(pulled.ok());
  EXPECT_EQ(pulled.error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace lakehouse::ingest
