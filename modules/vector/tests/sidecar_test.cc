#include "sidecar_format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>

#include "kernel_choice.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "storage_testing/flipped_bits.h"
#include "vector_testing/index_model.h"
#include "vector_testing/random_vectors.h"

namespace lakehouse::vector {
namespace {

constexpr std::uint32_t kDimension = 12;
const SourceDigest kDigest = Sha256Of("rows");

/// LH_VECTOR_MUTATIONS: of what has right checksums and is therefore opened and searched; ./dev torture vector sets it high.
int Mutations() {
  const char* wanted = std::getenv("LH_VECTOR_MUTATIONS");
  return wanted != nullptr ? std::atoi(wanted) : 1'000;
}

class SidecarTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto directory = TemporaryDirectory::Create(::testing::TempDir(), "sidecar");
    ASSERT_TRUE(directory);
    directory_ = std::make_unique<TemporaryDirectory>(std::move(directory).Take());
    ASSERT_TRUE(store_.Append(random_.Clustered(260, 9)));
    index_ = VectorIndex::Build({}, spec_, store_, {.lists = 7}).Take();
  }
  std::string Path(const std::string& name) const { return directory_->path() + "/" + name; }
  std::string Saved(const VectorIndex& index, const std::string& name) {
    EXPECT_TRUE(index.Save(Path(name), kDigest));
    return *ReadFile(Path(name));
  }
  std::string ReasonOfOpening(const std::string& octets, const SourceDigest& digest = kDigest,
                              IndexSpec spec = {kDimension, Metric::kEuclidean}) {
    std::ofstream(Path("tried"), std::ios::binary | std::ios::trunc) << octets;
    const auto opened = VectorIndex::Open(Path("tried"), digest, spec, store_);
    return opened ? "opened" : std::string(opened.error().reason());
  }
  /// Makes the checksums right again, so that what is behind them is reached.
  static void Reseal(std::string& octets) {
    SidecarHeader header;
    std::memcpy(&header, octets.data() + 8, sizeof header);
    const SidecarLayout layout(header);
    if (header.dimension > kMaxDimension || layout.sums.offset + layout.sums.bytes != octets.size()) return;
    std::vector<std::uint32_t> sums;
    for (std::size_t at = kSidecarHeaderBytes; at < layout.sums.offset; at += kSidecarCheckedBlock)
      sums.push_back(Crc32c(std::string_view(octets).substr(at, std::min<std::size_t>(kSidecarCheckedBlock, layout.sums.offset - at))));
    sums.push_back(Crc32c({reinterpret_cast<const char*>(sums.data()), sums.size() * 4}));
    std::memcpy(octets.data() + layout.sums.offset, sums.data(), sums.size() * 4);
    const std::uint32_t sum = Crc32c(std::string_view(octets).substr(0, kSidecarHeaderBytes - 4));
    std::memcpy(octets.data() + kSidecarHeaderBytes - 4, &sum, 4);
  }

  RandomVectors random_{kDimension, 31};
  IndexSpec spec_{kDimension, Metric::kEuclidean};
  RowStore store_{kDimension};
  std::unique_ptr<TemporaryDirectory> directory_;
  std::unique_ptr<VectorIndex> index_;
};

TEST_F(SidecarTest, ComesBackAsItWasWithLateRowsAndDeletions) {
  ASSERT_TRUE(store_.Append(random_.Clustered(75, 9)));
  ASSERT_TRUE(index_->Insert({}, 75));
  const std::vector<RowId> gone = {3, 64, 300};
  ASSERT_TRUE(index_->Delete(gone));
  const std::string octets = Saved(*index_, "one");
  const auto opened = VectorIndex::Open(Path("one"), kDigest, spec_, store_);
  ASSERT_TRUE(opened) << opened.error().ToString();
  EXPECT_EQ((*opened)->rows(), 335U);
  EXPECT_EQ((*opened)->Stats().live_rows, 332U);
  EXPECT_FALSE((*opened)->IsLive(300));
  const std::vector<float> queries = random_.Clustered(30, 9);
  for (std::size_t i = 0; i < 30; ++i) {
    const auto query = std::span(queries).subspan(i * kDimension, kDimension);
    for (const SearchParameters& parameters : {SearchParameters{.exact = true}, SearchParameters{.probe = 2}, SearchParameters{.k = 400}})
      ASSERT_EQ((*opened)->Search({}, query, parameters)->neighbors, index_->Search({}, query, parameters)->neighbors);
  }
  EXPECT_EQ(Saved(**opened, "two"), octets);
  ASSERT_TRUE(store_.Append(random_.Clustered(10, 9)));
  ASSERT_TRUE((*opened)->Insert({}, 10));
  EXPECT_EQ((*opened)
                ->Search({}, queries.empty() ? std::span<const float>() : std::span(queries).first(kDimension), {.k = 400})
                ->neighbors.size(),
            342U);
}

TEST_F(SidecarTest, AnEmptyIndexCanBeSaved) {
  RowStore none(5);
  const auto index = VectorIndex::Create({5, Metric::kCosine}, none);
  ASSERT_TRUE((*index)->Save(Path("empty"), kDigest));
  const auto opened = VectorIndex::Open(Path("empty"), kDigest, {5, Metric::kCosine}, none);
  ASSERT_TRUE(opened) << opened.error().ToString();
  EXPECT_EQ((*opened)->rows(), 0U);
}

TEST_F(SidecarTest, SaysWhyItCannotBeUsed) {
  const std::string octets = Saved(*index_, "one");
  EXPECT_EQ(ReasonOfOpening(octets), "opened");
  EXPECT_EQ(ReasonOfOpening(octets, Sha256Of("other rows")), "sidecar_mismatch");
  EXPECT_EQ(ReasonOfOpening(octets, kDigest, {kDimension, Metric::kCosine}), "sidecar_mismatch");
  EXPECT_EQ(ReasonOfOpening(octets, kDigest, {kDimension + 1, Metric::kEuclidean}), "sidecar_mismatch");
  EXPECT_EQ(ReasonOfOpening(""), "sidecar_damaged");
  EXPECT_EQ(ReasonOfOpening(octets + "x"), "sidecar_damaged");
  std::string later = octets;
  later[8] = 2;
  Reseal(later);
  EXPECT_EQ(ReasonOfOpening(later), "sidecar_version");
  EXPECT_EQ(VectorIndex::Open(Path("absent"), kDigest, spec_, store_).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(index_->Save(Path("one"), kDigest).error().code(), ErrorCode::kAlreadyExists);
  RowStore fewer(kDimension);
  EXPECT_EQ(VectorIndex::Open(Path("one"), kDigest, spec_, fewer).error().reason(), "sidecar_mismatch");
}

TEST_F(SidecarTest, OneFlippedBitAtAnyOctetIsNoticedByWhoLoadsItAndByWhoOnlyChecksIt) {
  const std::string octets = *ReadFile(std::string(LAKEHOUSE_VECTOR_GOLDEN) + "/five.lhv");
  ASSERT_LE(octets.size(), 12'288U) << "a small one: the header alone is a page";
  AlignedBuffer memory(octets.size());
  const auto check = [](const std::string& object) {
    return CheckSidecarObject("_vectors/notes/gen-1-x/index-5.lhv", object.size(),
                              [&](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
                                return object.substr(std::min<std::size_t>(offset, object.size()), length);
                              });
  };
  EXPECT_TRUE(*check(octets));
  EXPECT_FALSE(check(""));
  storage::ForEachFlippedBit(octets, [&](std::size_t at, const std::string& flipped) {
    std::memcpy(memory.data(), flipped.data(), flipped.size());
    EXPECT_FALSE(LoadSidecar({memory.data(), flipped.size()}, nullptr, KernelsFor(KernelChoice::kBest))) << at;
    EXPECT_FALSE(check(flipped)) << at;
  });
  const std::string large = Saved(*index_, "large");
  EXPECT_TRUE(*check(large));
  for (std::size_t at = 0; at < large.size(); at += 13) {
    std::string flipped = large;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    EXPECT_FALSE(check(flipped)) << at;
  }
}

TEST_F(SidecarTest, NoneOfTenThousandMutationsIsTakenOrBringsItDown) {
  const std::string octets = Saved(*index_, "one");
  ASSERT_LE(octets.size(), 64U << 10);
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  AlignedBuffer memory(octets.size() + 4096);
  for (int i = 0; i < 10'000; ++i) {
    std::string mutated = octets;
    switch (random() % 4) {
      case 0: mutated.resize(random() % mutated.size()); break;
      case 1: mutated[random() % mutated.size()] ^= static_cast<char>(1 << random() % 8); break;
      case 2:
        for (int n = 0; n < 8; ++n) mutated[random() % mutated.size()] = static_cast<char>(random());
        break;
      default: {
        const std::size_t from = random() % mutated.size(), to = random() % mutated.size(), length = 1 + random() % 512;
        mutated.replace(to, std::min(length, mutated.size() - to), mutated.substr(from, length));
        break;
      }
    }
    if (mutated == octets) continue;
    std::memcpy(memory.data(), mutated.data(), mutated.size());
    const auto loaded = LoadSidecar({memory.data(), mutated.size()}, nullptr, KernelsFor(KernelChoice::kBest));
    ASSERT_FALSE(loaded) << "taken, seed " << seed << ", mutation " << i;
  }
}

TEST_F(SidecarTest, MutationsBehindRightChecksumsAreRefusedOrHarmless) {
  const std::string octets = Saved(*index_, "one");
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  const std::vector<float> query = random_.Clustered(1, 9);
  int refused = 0;
  for (int i = 0; i < Mutations(); ++i) {
    std::string mutated = octets;
    const std::size_t within = i % 3 == 0 ? 128 : mutated.size();
    for (std::uint64_t n = 0; n < 1 + random() % 4; ++n) mutated[random() % within] = static_cast<char>(random() % 3 == 0 ? 255 : random());
    Reseal(mutated);
    std::ofstream(Path("tried"), std::ios::binary | std::ios::trunc) << mutated;
    const auto opened = VectorIndex::Open(Path("tried"), kDigest, spec_, store_);
    if (!opened) {
      ++refused;
      continue;
    }
    for (const SearchParameters& parameters :
         {SearchParameters{}, SearchParameters{.k = 300}, SearchParameters{.probe = 3}, SearchParameters{.exact = true}})
      ASSERT_TRUE((*opened)->Search({}, query, parameters)) << seed;
  }
  EXPECT_GT(refused, 100);
}

TEST_F(SidecarTest, IsDescribedInWords) {
  const std::string text = *InspectSidecar(Saved(*index_, "one"));
  for (const std::string_view expected : {"dimension: 12", "metric: euclidean", "rows: 260", "lists: 7", "default: exact"})
    EXPECT_NE(text.find(expected), std::string::npos) << text;
  EXPECT_EQ(InspectSidecar("short").error().reason(), "sidecar_damaged");
}

/// Rows that any machine computes alike: halves of small integers.
std::vector<float> GoldenRows() {
  std::vector<float> rows;
  std::uint32_t state = 1;
  for (int i = 0; i < 40 * 5; ++i) rows.push_back(static_cast<float>((state = state * 1'664'525 + 1'013'904'223) >> 28) / 2);
  return rows;
}

TEST_F(SidecarTest, OctetsAreThoseOfTheGoldenFile) {
  RowStore store(5);
  ASSERT_TRUE(store.Append(GoldenRows()));
  const auto index = VectorIndex::Build({}, {5, Metric::kEuclidean}, store, {.lists = 3}).Take();
  const RowId gone = 7;
  ASSERT_TRUE(index->Delete(std::span(&gone, 1)));
  const std::string octets = Saved(*index, "golden");
  const std::string golden = LAKEHOUSE_VECTOR_GOLDEN "/five.lhv";
  if (const char* accept = std::getenv("LH_ACCEPT"); accept != nullptr && std::string_view(accept) == "1") {
    ASSERT_TRUE(ReplaceFile(golden, octets));
    GTEST_SKIP() << "wrote " << golden;
  }
  EXPECT_EQ(octets, *ReadFile(golden)) << "the format changed: raise the version, or LH_ACCEPT=1";
  const auto opened = VectorIndex::Open(golden, kDigest, {5, Metric::kEuclidean}, store);
  ASSERT_TRUE(opened) << opened.error().ToString();
  EXPECT_EQ((*opened)->Stats().live_rows, 39U);
}

}  // namespace
}  // namespace lakehouse::vector
