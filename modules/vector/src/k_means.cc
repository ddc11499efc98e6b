#include "k_means.h"

#include <algorithm>
#include <numeric>

#include "parallel_for.h"

namespace lakehouse::vector {
namespace {

constexpr int kRounds = 6;

/// The members of each list, in the order of the sample.
struct Membership {
  std::vector<std::uint32_t> begin;    // list + 1 entries
  std::vector<std::uint32_t> members;  // positions in the sample

  std::uint32_t SizeOf(std::uint32_t list) const { return begin[list + 1] - begin[list]; }
};

Membership GroupByList(const std::vector<std::uint32_t>& list_of, std::uint32_t lists) {
  Membership groups{std::vector<std::uint32_t>(lists + 1, 0), std::vector<std::uint32_t>(list_of.size())};
  for (const std::uint32_t list : list_of) ++groups.begin[list + 1];
  std::partial_sum(groups.begin.begin(), groups.begin.end(), groups.begin.begin());
  std::vector<std::uint32_t> next = groups.begin;
  for (std::uint32_t i = 0; i < list_of.size(); ++i) groups.members[next[list_of[i]]++] = i;
  return groups;
}

}  // namespace

std::uint32_t ListsFor(std::uint32_t rows) {
  constexpr std::uint32_t kFlatBelow = 20'000, kStep = 32;
  if (rows < kFlatBelow) return 1;
  // 512 * (rows / 100,000)^0.6 in integers, which every machine agrees on: lists^5 = 512^5 * (rows / 100,000)^3.
  const auto enough = [rows](std::uint64_t lists) {
    const double l = static_cast<double>(lists) / 512, r = static_cast<double>(rows) / 100'000;
    return l * l * l * l * l >= r * r * r;
  };
  std::uint32_t lists = kStep;
  while (!enough(lists)) lists += kStep;
  return lists;
}

Status RunKMeans(const Context& context, std::uint32_t threads, const CodeSpace& space, std::span<const RowId> sample,
                 const CodeOf& code_of, std::vector<SearchScratch>& scratch, Centroids& centroids) {
  const std::uint32_t lists = centroids.count();
  const std::size_t padded = space.padded();
  const auto decode = [&](std::uint32_t position, float* out) {
    const auto [octets, terms] = code_of(sample[position]);
    space.Decode(octets, *terms, out);
  };
  for (std::uint32_t list = 0; list < lists; ++list) decode(list, centroids.Center(list));

  std::vector<std::uint32_t> list_of(sample.size());
  for (int round = 0; round < kRounds; ++round) {
    centroids.Seal();
    // The first centres are rows: their 1-bit codes around a common mean say little.
    const bool all_octets = round == 0 || !centroids.HasCodes();
    LH_TRY(ParallelFor(context, threads, sample.size(), 64, [&](std::uint64_t i, std::uint32_t worker) -> Status {
      SearchScratch& mine = scratch[worker];
      decode(static_cast<std::uint32_t>(i), mine.query.rotated);
      space.PrepareRotated(mine.query, !all_octets);
      list_of[i] = centroids.NearestOf(mine.query, all_octets, mine.centroids);
      return Ok{};
    }));
    const Membership groups = GroupByList(list_of, lists);
    LH_TRY(ParallelFor(context, threads, lists, 4, [&](std::uint64_t list, std::uint32_t worker) -> Status {
      const std::uint32_t size = groups.SizeOf(static_cast<std::uint32_t>(list));
      if (size == 0) return Ok{};
      float* center = centroids.Center(static_cast<std::uint32_t>(list));
      std::fill(center, center + padded, 0.F);
      float* row = scratch[worker].query.rotated;
      for (std::uint32_t at = groups.begin[list]; at < groups.begin[list + 1]; ++at) {
        decode(groups.members[at], row);
        for (std::size_t i = 0; i < padded; ++i) center[i] += row[i];
      }
      for (std::size_t i = 0; i < padded; ++i) center[i] /= static_cast<float>(size);
      return Ok{};
    }));
    if (round + 1 == kRounds) break;
    std::vector<std::uint32_t> by_size(lists);
    std::iota(by_size.begin(), by_size.end(), 0U);
    std::stable_sort(by_size.begin(), by_size.end(), [&](std::uint32_t a, std::uint32_t b) { return groups.SizeOf(a) > groups.SizeOf(b); });
    std::size_t crowded = 0;
    for (std::uint32_t list = 0; list < lists; ++list) {
      if (groups.SizeOf(list) >= kSamplesPerList / 16) continue;
      const std::uint32_t from = by_size[crowded++];
      if (groups.SizeOf(from) > 0) decode(groups.members[groups.begin[from]], centroids.Center(list));
    }
  }
  centroids.Seal();
  return Ok{};
}

}  // namespace lakehouse::vector
