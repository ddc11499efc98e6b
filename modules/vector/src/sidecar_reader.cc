#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "lakehouse/base/hash.h"
#include "sidecar_format.h"

namespace lakehouse::vector {
namespace {

Error Damaged(const std::string& what) {
  return Error(ErrorCode::kCorruption, "vector index sidecar: " + what + "; it is derived: drop it and build anew")
      .Named("sidecar_damaged");
}

std::string_view Text(std::span<const std::byte> octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

template <typename T>
std::span<const T> SectionOf(std::span<const std::byte> octets, const SidecarLayout::Section& section) {
  return {reinterpret_cast<const T*>(octets.data() + section.offset), section.bytes / sizeof(T)};
}

/// `page`: the first octets, the header's at most. `file_bytes`: of all.
Result<SidecarHeader> ReadHeader(std::string_view page, std::uint64_t file_bytes) {
  if (page.size() < kSidecarHeaderBytes) return Damaged("it has " + std::to_string(page.size()) + " octets, its header alone has 4096");
  if (!page.starts_with(kSidecarMagic)) return Damaged("it does not begin with " + std::string(kSidecarMagic));
  std::uint32_t sum = 0;
  std::memcpy(&sum, page.data() + page.size() - sizeof sum, sizeof sum);
  if (sum != Crc32c(page.substr(0, page.size() - sizeof sum))) return Damaged("the header's checksum is wrong");
  SidecarHeader header;
  std::memcpy(&header, page.data() + kSidecarMagic.size(), sizeof header);
  if (header.version != kSidecarVersion)
    return Error(ErrorCode::kUnprocessable, "vector index sidecar: version " + std::to_string(header.version) + ", this program reads " +
                                                std::to_string(kSidecarVersion) + "; build it anew")
        .Named("sidecar_version");
  if (header.dimension < 1 || header.dimension > kMaxDimension) return Damaged("dimension " + std::to_string(header.dimension));
  if (header.metric > static_cast<std::uint32_t>(Metric::kEuclidean)) return Damaged("metric " + std::to_string(header.metric));
  if (header.rows > kMaxRows || header.trained_rows > header.rows || header.trained_live > header.trained_rows ||
      header.deleted > header.rows)
    return Damaged("its counts of rows contradict each other");
  if (header.lists < 1 || header.lists > std::max<std::uint32_t>(1, header.rows))
    return Damaged("it has " + std::to_string(header.lists) + " lists");
  if (header.blocks > std::uint64_t{header.rows} / kBlockRows + header.lists + 1) return Damaged("it has more blocks than rows can fill");
  if (header.calibration_points > kMaxCalibrationPoints || header.chosen_point > header.calibration_points)
    return Damaged("bad calibration");
  if (!std::isfinite(header.largest_norm) || !std::isfinite(header.outlier_limit)) return Damaged("a number is not finite");
  const SidecarLayout layout(header);
  if (header.file_bytes != file_bytes || layout.sums.offset + layout.sums.bytes != file_bytes)
    return Damaged("it has " + std::to_string(file_bytes) + " octets, its header says " +
                   std::to_string(layout.sums.offset + layout.sums.bytes));
  return header;
}

Status CheckSums(std::span<const std::byte> octets, const SidecarLayout& layout) {
  const auto sums = SectionOf<std::uint32_t>(octets, layout.sums);
  const std::string_view text = Text(octets);
  if (sums.back() != Crc32c(text.substr(layout.sums.offset, layout.sums.bytes - sizeof(std::uint32_t))))
    return Damaged("the checksums' own is wrong");
  const std::string_view body = text.substr(kSidecarHeaderBytes, layout.sums.offset - kSidecarHeaderBytes);
  for (std::size_t i = 0; i * kSidecarCheckedBlock < body.size(); ++i)
    if (sums[i] != Crc32c(body.substr(i * kSidecarCheckedBlock, kSidecarCheckedBlock)))
      return Damaged("the checksum of block " + std::to_string(i) + " is wrong");
  return Ok{};
}

/// NaN and infinities have all exponent bits set.
bool AllFinite(std::span<const float> values) {
  bool finite = true;
  for (const float value : values) finite &= (std::bit_cast<std::uint32_t>(value) & 0x7F800000U) != 0x7F800000U;
  return finite;
}

/// Every row that lives is in exactly one list, no row in two, and every number that a search would compute with is one.
Status CheckLists(std::span<const std::byte> octets, const SidecarHeader& header, const SidecarLayout& layout) {
  const std::size_t padded = (header.dimension + kPadding - 1) / kPadding * kPadding;
  const BlockShape shape(padded);
  const auto list_rows = SectionOf<std::uint32_t>(octets, layout.list_rows);
  const auto deleted = SectionOf<std::uint64_t>(octets, layout.deleted);
  std::uint64_t gone = 0;
  for (const std::uint64_t word : deleted) gone += static_cast<std::uint64_t>(std::popcount(word));
  if (gone != header.deleted) return Damaged("its count of deleted rows is wrong");
  if (header.rows % 64 != 0 && deleted.back() >> (header.rows % 64) != 0) return Damaged("rows that do not exist are deleted");
  std::vector<std::uint64_t> seen(deleted.size());
  const std::byte* block = octets.data() + layout.blocks.offset;
  std::uint64_t blocks = 0;
  for (const std::uint32_t rows : list_rows) {
    blocks += (std::uint64_t{rows} + kBlockRows - 1) / kBlockRows;
    if (blocks > header.blocks) return Damaged("its lists have more blocks than it holds");
    for (std::uint32_t first = 0; first < rows; first += kBlockRows, block += shape.bytes) {
      if (!AllFinite({reinterpret_cast<const float*>(block + shape.signs), 2 * kBlockRows}))
        return Damaged("a number in a block is not finite");
      const std::uint32_t* ids = IdsOf(shape, block);
      for (std::uint32_t j = 0; j < std::min<std::uint32_t>(kBlockRows, rows - first); ++j) {
        if (ids[j] >= header.rows) return Damaged("a list names row " + std::to_string(ids[j]) + " of " + std::to_string(header.rows));
        const std::uint64_t bit = std::uint64_t{1} << (ids[j] % 64);
        if ((seen[ids[j] / 64] & bit) != 0) return Damaged("row " + std::to_string(ids[j]) + " is in two lists");
        seen[ids[j] / 64] |= bit;
      }
    }
  }
  if (blocks != header.blocks) return Damaged("its lists have fewer blocks than it holds");
  for (std::size_t word = 0; word < seen.size(); ++word) {
    const std::uint64_t rows = (word + 1) * 64 <= header.rows ? ~std::uint64_t{0} : (std::uint64_t{1} << header.rows % 64) - 1;
    if (((seen[word] | deleted[word]) & rows) != rows) return Damaged("a row is in no list");
  }
  const bool finite = AllFinite(SectionOf<float>(octets, layout.mean)) && AllFinite(SectionOf<float>(octets, layout.centers)) &&
                      AllFinite(SectionOf<float>(octets, layout.terms));
  return finite ? Status(Ok{}) : Damaged("a number is not finite");
}

}  // namespace

SidecarLayout::SidecarLayout(const SidecarHeader& header) {
  const std::uint64_t padded = (std::uint64_t{header.dimension} + kPadding - 1) / kPadding * kPadding;
  std::uint64_t end = kSidecarHeaderBytes;
  const auto next = [&](std::uint64_t bytes) {
    const Section section = {(end + 63) / 64 * 64, bytes};
    end = section.offset + bytes;
    return section;
  };
  mean = next(header.dimension * sizeof(float));
  centers = next(header.lists * padded * sizeof(float));
  list_rows = next((std::uint64_t{header.lists} + 1) * sizeof(std::uint32_t));
  calibration = next(header.calibration_points * sizeof(SidecarCalibration));
  deleted = next((std::uint64_t{header.rows} + 63) / 64 * sizeof(std::uint64_t));
  terms = next(header.rows * sizeof(RowTerms));
  octets = next(header.rows * padded);
  blocks = next(header.blocks * BlockShape(padded).bytes);
  sums = next(0);
  sums.bytes = ((sums.offset - kSidecarHeaderBytes + kSidecarCheckedBlock - 1) / kSidecarCheckedBlock + 1) * sizeof(std::uint32_t);
}

Status CheckSidecarSums(std::uint64_t file_bytes, const ReadPart& read) {
  const SidecarHeader header = LH_TRY(ReadHeader(LH_TRY(read(0, kSidecarHeaderBytes)), file_bytes));
  const SidecarLayout layout(header);
  const std::string sums = LH_TRY(read(layout.sums.offset, layout.sums.bytes));
  if (sums.size() != layout.sums.bytes) return Damaged("its checksums are cut off");
  const auto sum_at = [&](std::uint64_t index) {
    std::uint32_t sum = 0;
    std::memcpy(&sum, sums.data() + index * sizeof sum, sizeof sum);
    return sum;
  };
  const std::uint64_t count = sums.size() / sizeof(std::uint32_t) - 1;
  if (sum_at(count) != Crc32c(std::string_view(sums).substr(0, count * sizeof(std::uint32_t))))
    return Damaged("the checksums' own is wrong");
  constexpr std::uint64_t kBlocksAtOnce = 16;
  for (std::uint64_t block = 0; block < count; block += kBlocksAtOnce) {
    const std::uint64_t begin = kSidecarHeaderBytes + block * kSidecarCheckedBlock;
    const std::uint64_t end = std::min<std::uint64_t>(layout.sums.offset, begin + kBlocksAtOnce * kSidecarCheckedBlock);
    const std::string octets = LH_TRY(read(begin, end - begin));
    if (octets.size() != end - begin) return Damaged("it is cut off");
    for (std::uint64_t at = 0; at < octets.size(); at += kSidecarCheckedBlock)
      if (sum_at(block + at / kSidecarCheckedBlock) != Crc32c(std::string_view(octets).substr(at, kSidecarCheckedBlock)))
        return Damaged("the checksum of block " + std::to_string(block + at / kSidecarCheckedBlock) + " is wrong");
  }
  return Ok{};
}

Result<LoadedSidecar> LoadSidecar(std::span<const std::byte> octets, std::shared_ptr<void> owner, const Kernels& kernels) {
  LoadedSidecar loaded;
  loaded.header = LH_TRY(ReadHeader(Text(octets.first(std::min(octets.size(), kSidecarHeaderBytes))), octets.size()));
  const SidecarHeader& header = loaded.header;
  const SidecarLayout layout(header);
  LH_TRY(CheckSums(octets, layout));
  LH_TRY(CheckLists(octets, header, layout));

  Generation::Model model;
  const auto mean = SectionOf<float>(octets, layout.mean);
  const IndexSpec spec = {header.dimension, static_cast<Metric>(header.metric)};
  model.space = std::make_unique<CodeSpace>(kernels, spec, header.seed, std::vector<float>(mean.begin(), mean.end()));
  model.centroids = std::make_unique<Centroids>(*model.space, header.lists);
  std::memcpy(model.centroids->Center(0), octets.data() + layout.centers.offset, layout.centers.bytes);
  model.centroids->Seal();
  model.trained_rows = header.trained_rows;
  model.trained_live = header.trained_live;
  model.largest_norm = header.largest_norm;
  model.outlier_limit = header.outlier_limit;

  Generation::Base base;
  base.owner = std::move(owner);
  base.octets = reinterpret_cast<const std::uint8_t*>(octets.data() + layout.octets.offset);
  base.terms = reinterpret_cast<const RowTerms*>(octets.data() + layout.terms.offset);
  base.blocks = octets.data() + layout.blocks.offset;
  base.rows = header.rows;
  const auto list_rows = SectionOf<std::uint32_t>(octets, layout.list_rows);
  base.list_rows.assign(list_rows.begin(), list_rows.end());
  base.bytes = layout.terms.bytes + layout.octets.bytes + layout.blocks.bytes;
  loaded.generation = std::make_unique<Generation>(std::move(model), std::move(base));

  std::vector<CalibrationPoint> points;
  for (const SidecarCalibration& kept : SectionOf<SidecarCalibration>(octets, layout.calibration)) {
    if (kept.probe < 1 || kept.probe > header.lists || kept.rescore < 1) return Damaged("bad calibration");
    points.push_back({kept.probe, kept.rescore, kept.recall_at_10, kept.recall_at_100});
  }
  loaded.generation->SetCalibration(std::move(points), header.chosen_point);
  loaded.deleted_words = SectionOf<std::uint64_t>(octets, layout.deleted);
  return loaded;
}

}  // namespace lakehouse::vector
