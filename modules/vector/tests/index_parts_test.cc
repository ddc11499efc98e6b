#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "code_list.h"
#include "code_space.h"
#include "epochs.h"
#include "growing_array.h"
#include "k_means.h"
#include "lakehouse/vector/row_source.h"
#include "top_collector.h"
#include "vector_testing/random_vectors.h"

namespace lakehouse::vector {
namespace {

TEST(Epochs, FreeWhatIsRetiredOnlyAfterTheReadersOfThatTimeHaveLeft) {
  Epochs epochs;
  bool freed = false;
  auto early = std::make_unique<Epochs::Reader>(epochs);
  epochs.Retire([&] { freed = true; });
  epochs.Collect();
  EXPECT_FALSE(freed);
  const Epochs::Reader late(epochs);
  early.reset();
  epochs.Collect();
  EXPECT_TRUE(freed);  // the late reader cannot have seen it
}

TEST(Epochs, GiveEveryReaderOfAThreadASlot) {
  Epochs epochs;
  std::vector<std::unique_ptr<Epochs::Reader>> readers;
  for (int i = 0; i < 100; ++i) readers.push_back(std::make_unique<Epochs::Reader>(epochs));
  bool freed = false;
  epochs.Retire([&] { freed = true; });
  while (readers.size() > 1) {
    readers.pop_back();
    epochs.Collect();
    ASSERT_FALSE(freed);
  }
  readers.clear();
  epochs.Collect();
  EXPECT_TRUE(freed);
}

TEST(GrowingArray, KeepsElementsInPlaceWhileItGrows) {
  GrowingArray array(8);
  array.Reserve(1);
  std::byte* first = array.At(0);
  std::vector<std::byte*> places;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    array.Reserve(i + 1);
    places.push_back(array.At(i));
  }
  EXPECT_EQ(first, array.At(0));
  std::sort(places.begin(), places.end());
  for (std::size_t i = 1; i < places.size(); ++i) ASSERT_GE(places[i] - places[i - 1], 8);
}

TEST(TopCollector, KeepsAtLeastTheBestOfAnyOrder) {
  std::mt19937 random(3);
  for (const std::size_t wanted : {1U, 10U, 100U}) {
    for (int round = 0; round < 50; ++round) {
      std::vector<float> scores(1 + random() % 5000);
      std::normal_distribution<float> normal;
      for (float& score : scores) score = round % 2 == 0 ? normal(random) : static_cast<float>(random() % 7);
      TopCollector collector;
      collector.Reset(wanted);
      for (std::size_t i = 0; i < scores.size(); ++i)
        if (scores[i] > collector.threshold()) collector.Push(scores[i], static_cast<std::uint32_t>(i));
      std::vector<float> kept;
      for (const Scored& one : collector.Finish()) {
        kept.push_back(one.score);
        ASSERT_EQ(scores[one.id], one.score);
      }
      std::sort(kept.rbegin(), kept.rend());
      std::sort(scores.rbegin(), scores.rend());
      ASSERT_GE(kept.size(), std::min(wanted, scores.size()));
      for (std::size_t i = 0; i < std::min(wanted, scores.size()); ++i) ASSERT_EQ(kept[i], scores[i]) << wanted << " " << round;
    }
  }
}

TEST(TopCollector, SurvivesScoresThatAreNoNumbers) {
  TopCollector collector;
  collector.Reset(10);
  for (std::uint32_t i = 0; i < 10'000; ++i) collector.Push(i % 3 == 0 ? NAN : i % 3 == 1 ? INFINITY : -INFINITY, i);
  EXPECT_GE(collector.Finish().size(), 10U);
}

TEST(CodeSpace, KeepsDistancesAndBoundsItsErrors) {
  for (const std::uint32_t d : {1U, 2U, 3U, 7U, 64U, 100U, 768U}) {
    for (const Metric metric : {Metric::kCosine, Metric::kInnerProduct, Metric::kEuclidean}) {
      RandomVectors random(d, d);
      const std::vector<float> values = random.Isotropic(42);
      const CodeSpace space(PortableKernels(), {d, metric}, 5, std::vector<float>(d, .25F));
      QueryForms query;
      space.PrepareQuery(values.data(), query);
      AlignedBuffer rotated(space.padded() * 4), octets(space.padded() * 4);
      for (std::size_t row = 1; row < 41; ++row) {
        float length = 0;
        const float inverse = space.Transform(reinterpret_cast<const std::byte*>(values.data() + row * d), rotated.As<float>(), &length);
        const RowTerms terms = space.Encode(rotated.As<float>(), inverse, length, octets.As<std::uint8_t>());
        double exact = -double{terms.bias};
        for (std::size_t i = 0; i < d; ++i) exact += double{query.rotated[i]} * rotated.As<float>()[i];
        const std::uint8_t* rows[4] = {octets.As<std::uint8_t>(), octets.As<std::uint8_t>(), octets.As<std::uint8_t>(),
                                       octets.As<std::uint8_t>()};
        std::int32_t products[4];
        PortableKernels().dot_codes(rows, query.octets, space.padded(), products);
        const double score = CodeSpace::Product(query, products[0], terms.scale) - terms.bias;
        EXPECT_LE(std::fabs(score - exact), space.ScoreError(query, terms, 100)) << d;
        EXPECT_LE(space.ScoreError(query, terms, 0), .1F * (query.length + 1) * (length + 2)) << d;  // a bound that says something
      }
    }
  }
}

TEST(ListsFor, GrowSlowlyFromOneFlatList) {
  EXPECT_EQ(ListsFor(0), 1U);
  EXPECT_EQ(ListsFor(19'999), 1U);
  EXPECT_EQ(ListsFor(100'000), 512U);
  EXPECT_NEAR(ListsFor(1'000'000), 2048, 32);
  for (std::uint32_t rows = 20'000; rows < 4'000'000; rows += 20'000) ASSERT_LE(ListsFor(rows), ListsFor(rows + 20'000));
}

TEST(RowStore, HoldsPiecesOfOthersAndItsOwnRowsInOneOrder) {
  RowStore store(2);
  const std::vector<float> piece = {1, 2, 3, 4};
  ASSERT_TRUE(store.Append(std::vector<float>{9, 8}));
  ASSERT_TRUE(store.AddPiece(std::as_bytes(std::span(piece))));
  ASSERT_TRUE(store.Append(std::vector<float>{7, 6}));
  EXPECT_EQ(store.size(), 4U);
  EXPECT_EQ(store.Row(1), reinterpret_cast<const std::byte*>(piece.data()));
  float value = 0;
  std::memcpy(&value, store.Row(3), sizeof value);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(store.Append(std::vector<float>{1, 2, 3}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store.AddPiece(std::as_bytes(std::span(piece)).first(9)).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store.size(), 4U);
}

}  // namespace
}  // namespace lakehouse::vector
