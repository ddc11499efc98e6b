#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "sidecar_format.h"

namespace lakehouse::vector {
namespace {

std::string_view View(const void* data, std::size_t bytes) { return {static_cast<const char*>(data), bytes}; }

/// Everything after the header, in pieces of one checksum each.
class CheckedWriter {
 public:
  CheckedWriter(int fd, const std::string& path) : fd_(fd), path_(path) { piece_.reserve(kSidecarCheckedBlock); }

  Status Add(const void* data, std::size_t bytes) {
    auto rest = View(data, bytes);
    while (!rest.empty()) {
      const std::size_t part = std::min(rest.size(), kSidecarCheckedBlock - piece_.size());
      piece_.append(rest.substr(0, part));
      rest.remove_prefix(part);
      if (piece_.size() == kSidecarCheckedBlock) LH_TRY(Flush());
    }
    offset_ += bytes;
    return Ok{};
  }
  Status PadTo(std::uint64_t offset) {
    const std::string zeros(offset - offset_, '\0');
    return Add(zeros.data(), zeros.size());
  }
  /// The last piece, then the sums.
  Status Finish() {
    if (!piece_.empty()) LH_TRY(Flush());
    const std::uint32_t of_sums = Crc32c(View(sums_.data(), sums_.size() * sizeof(std::uint32_t)));
    sums_.push_back(of_sums);
    return WriteAll(fd_, View(sums_.data(), sums_.size() * sizeof(std::uint32_t)), path_);
  }

 private:
  Status Flush() {
    sums_.push_back(Crc32c(piece_));
    LH_TRY(WriteAll(fd_, piece_, path_));
    piece_.clear();
    return Ok{};
  }

  int fd_;
  const std::string& path_;
  std::uint64_t offset_ = kSidecarHeaderBytes;
  std::string piece_;
  std::vector<std::uint32_t> sums_;
};

SidecarHeader HeaderOf(const Generation& generation, const LiveRows& live, std::uint64_t seed, const SourceDigest& digest) {
  SidecarHeader header;
  header.metric = static_cast<std::uint32_t>(generation.space().metric());
  header.seed = seed;
  header.dimension = static_cast<std::uint32_t>(generation.space().dimension());
  header.rows = generation.rows();
  header.lists = generation.list_count();
  for (std::uint32_t list = 0; list <= header.lists; ++list) header.blocks += (generation.list(list).rows() + kBlockRows - 1) / kBlockRows;
  header.trained_rows = generation.model().trained_rows;
  header.trained_live = generation.model().trained_live;
  header.deleted = live.deleted();
  header.calibration_points = static_cast<std::uint32_t>(generation.calibration().size());
  header.chosen_point = static_cast<std::uint32_t>(generation.chosen_point());
  header.largest_norm = generation.largest_norm();
  header.outlier_limit = generation.model().outlier_limit;
  header.digest = digest;
  const SidecarLayout layout(header);
  header.file_bytes = layout.sums.offset + layout.sums.bytes;
  return header;
}

Status WriteHeader(int fd, const std::string& path, const SidecarHeader& header) {
  std::string page(kSidecarHeaderBytes, '\0');
  std::memcpy(page.data(), kSidecarMagic.data(), kSidecarMagic.size());
  std::memcpy(page.data() + kSidecarMagic.size(), &header, sizeof header);
  const std::uint32_t sum = Crc32c(std::string_view(page).substr(0, page.size() - sizeof(std::uint32_t)));
  std::memcpy(page.data() + page.size() - sizeof sum, &sum, sizeof sum);
  return WriteAll(fd, page, path);
}

Status WriteSections(CheckedWriter& out, const SidecarHeader& header, const Generation& generation, const LiveRows& live) {
  const SidecarLayout layout(header);
  LH_TRY(out.Add(generation.space().mean().data(), layout.mean.bytes));
  LH_TRY(out.PadTo(layout.centers.offset));
  for (std::uint32_t list = 0; list < header.lists; ++list)
    LH_TRY(out.Add(generation.centroids().Center(list), generation.space().padded() * sizeof(float)));
  LH_TRY(out.PadTo(layout.list_rows.offset));
  for (std::uint32_t list = 0; list <= header.lists; ++list) {
    const std::uint32_t rows = generation.list(list).rows();
    LH_TRY(out.Add(&rows, sizeof rows));
  }
  LH_TRY(out.PadTo(layout.calibration.offset));
  for (const CalibrationPoint& point : generation.calibration()) {
    const SidecarCalibration kept = {point.probe, point.rescore, point.recall_at_10, point.recall_at_100};
    LH_TRY(out.Add(&kept, sizeof kept));
  }
  LH_TRY(out.PadTo(layout.deleted.offset));
  for (std::size_t word = 0; word * 64 < header.rows; ++word) {
    const std::uint64_t bits = live.DeletedWord(word);
    LH_TRY(out.Add(&bits, sizeof bits));
  }
  LH_TRY(out.PadTo(layout.terms.offset));
  for (RowId row = 0; row < header.rows; ++row) LH_TRY(out.Add(&generation.Terms(row), sizeof(RowTerms)));
  LH_TRY(out.PadTo(layout.octets.offset));
  for (RowId row = 0; row < header.rows; ++row) LH_TRY(out.Add(generation.Octets(row), generation.space().padded()));
  LH_TRY(out.PadTo(layout.blocks.offset));
  for (std::uint32_t list = 0; list <= header.lists; ++list)
    for (std::size_t block = 0; block * kBlockRows < generation.list(list).rows(); ++block)
      LH_TRY(out.Add(generation.list(list).Block(block), generation.shape().bytes));
  LH_TRY(out.PadTo(layout.sums.offset));
  return out.Finish();
}

}  // namespace

Status WriteSidecar(const std::string& path, const Generation& generation, const LiveRows& live, std::uint64_t seed,
                    const SourceDigest& digest) {
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return FileError("create", path, errno);
  const SidecarHeader header = HeaderOf(generation, live, seed, digest);
  const auto write = [&]() -> Status {
    LH_TRY(WriteHeader(fd.get(), path, header));
    CheckedWriter out(fd.get(), path);
    LH_TRY(WriteSections(out, header, generation, live));
    return SyncFile(fd.get(), path);
  };
  Status done = write();
  if (!done) unlink(path.c_str());
  return done;
}

}  // namespace lakehouse::vector
