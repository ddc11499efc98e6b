#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "generation.h"
#include "lakehouse/base/result.h"
#include "lakehouse/vector/local_vectors.h"
#include "lakehouse/vector/vector_index.h"

/// The sidecar file; its page is docs/formats/vector-index.md. Little-endian, as the processors are.
namespace lakehouse::vector {

inline constexpr std::string_view kSidecarMagic = "LHVECIDX";
inline constexpr std::uint32_t kSidecarVersion = 1;
inline constexpr std::size_t kSidecarHeaderBytes = 4096;
inline constexpr std::size_t kSidecarCheckedBlock = std::size_t{64} << 10;
inline constexpr std::uint32_t kMaxCalibrationPoints = 256;

/// The fields of the header, in this order from octet 8 on, without gaps; the rest of the page is zero but for its last four octets, the
/// CRC-32C of all before.
struct SidecarHeader {
  std::uint32_t version = kSidecarVersion;
  std::uint32_t metric = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t seed = 0;
  std::uint64_t blocks = 0;  ///< of all lists
  std::uint32_t dimension = 0;
  std::uint32_t rows = 0;
  std::uint32_t lists = 0;
  std::uint32_t trained_rows = 0;
  std::uint32_t trained_live = 0;
  std::uint32_t deleted = 0;
  std::uint32_t calibration_points = 0;
  std::uint32_t chosen_point = 0;
  float largest_norm = 0;
  float outlier_limit = 0;
  SourceDigest digest{};
};
static_assert(sizeof(SidecarHeader) == 104);

struct SidecarCalibration {
  std::uint32_t probe = 0;
  std::uint32_t rescore = 0;
  double recall_at_10 = 0;
  double recall_at_100 = 0;
};
static_assert(sizeof(SidecarCalibration) == 24);

/// Where the sections are; follows from the header alone. Each begins at a multiple of 64 octets.
struct SidecarLayout {
  explicit SidecarLayout(const SidecarHeader& header);
  struct Section {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };
  Section mean, centers, list_rows, calibration, deleted, terms, octets, blocks;
  Section sums;  ///< CRC-32C of every 64 KiB between the header and here, then that of these sums
};

/// What a sidecar holds, its octets checked and every number in it within bounds.
struct LoadedSidecar {
  SidecarHeader header;
  std::unique_ptr<Generation> generation;
  std::span<const std::uint64_t> deleted_words;
};

/// `octets` is aligned to 64 and kept by `owner`. kCorruption "sidecar_damaged", kUnprocessable "sidecar_version".
Result<LoadedSidecar> LoadSidecar(std::span<const std::byte> octets, std::shared_ptr<void> owner, const Kernels& kernels);

/// Its octets against its checksums, a piece at a time; what the numbers say is not looked at. Errors as LoadSidecar, and those of `read`.
Status CheckSidecarSums(std::uint64_t file_bytes, const ReadPart& read);

/// Writes to a new file and syncs it; removes it again on failure.
Status WriteSidecar(const std::string& path, const Generation& generation, const LiveRows& live, std::uint64_t seed,
                    const SourceDigest& digest);

}  // namespace lakehouse::vector
