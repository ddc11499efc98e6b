#include "cache_segment.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lakehouse/base/hash.h"

namespace lakehouse::embed {
namespace {

constexpr std::string_view kSegmentMagic = "LHVCACH1";
constexpr std::size_t kSumOctets = 4;
constexpr std::size_t kRecordHead = 4 + sizeof(VectorCache::Key);  ///< dimension, key
constexpr std::uint32_t kMostCached = 65'536;                      ///< dimensions; so that a damaged length is seen as one

std::size_t RecordOctets(std::uint32_t dimension) { return kRecordHead + std::size_t{4} * dimension + kSumOctets; }

std::uint32_t NumberAt(std::string_view octets, std::size_t at) {
  std::uint32_t number = 0;
  std::memcpy(&number, octets.data() + at, sizeof number);
  return number;
}

bool IsWhole(std::string_view record) {
  const std::size_t end = record.size() - kSumOctets;
  return Crc32c(record.substr(0, end)) == NumberAt(record, end);
}

std::string RecordOf(const VectorCache::Key& key, const Embedding& vector) {
  std::string record(RecordOctets(static_cast<std::uint32_t>(vector.size())), '\0');
  const auto dimension = static_cast<std::uint32_t>(vector.size());
  std::memcpy(record.data(), &dimension, sizeof dimension);
  std::memcpy(record.data() + sizeof dimension, key.data(), key.size());
  std::memcpy(record.data() + kRecordHead, vector.data(), vector.size() * sizeof(float));
  const std::uint32_t sum = Crc32c(std::string_view(record).substr(0, record.size() - kSumOctets));
  std::memcpy(record.data() + record.size() - kSumOctets, &sum, sizeof sum);
  return record;
}

}  // namespace

std::uint64_t ScanSegment(std::string_view octets, const std::function<void(const VectorCache::Key&, CachePlace)>& found) {
  if (!octets.starts_with(kSegmentMagic)) return 0;
  std::uint64_t good_end = kSegmentMagic.size();
  for (std::size_t at = kSegmentMagic.size(); octets.size() - at >= kRecordHead + kSumOctets;) {
    const std::uint32_t dimension = NumberAt(octets, at);
    if (dimension == 0 || dimension > kMostCached || octets.size() - at < RecordOctets(dimension)) break;
    const std::string_view record = octets.substr(at, RecordOctets(dimension));
    at += record.size();
    if (!IsWhole(record)) continue;
    VectorCache::Key key;
    std::memcpy(key.data(), record.data() + sizeof dimension, key.size());
    found(key, {at - record.size(), dimension});
    good_end = at;
  }
  return good_end;
}

Result<std::unique_ptr<CacheSegment>> CacheSegment::Open(const std::string& path,
                                                         const std::function<void(const VectorCache::Key&, CachePlace)>& found) {
  auto segment = std::make_unique<CacheSegment>();
  segment->path_ = path;
  segment->fd_ = UniqueFd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!segment->fd_) return FileError("open", path, errno);
  std::string octets = LH_TRY(ReadFile(path));
  if (octets.empty()) {
    LH_TRY(WriteAll(segment->fd_.get(), kSegmentMagic, path));
    octets = kSegmentMagic;
  }
  segment->size_ = octets.size();
  segment->good_end_ = ScanSegment(octets, found);
  if (segment->good_end_ == 0) return Error(ErrorCode::kCorruption, path + " is no file of a cache of vectors");
  return segment;
}

std::optional<Embedding> CacheSegment::Read(const VectorCache::Key& key, CachePlace place) const {
  std::string record(RecordOctets(place.dimension), '\0');
  const ssize_t got = pread(fd_.get(), record.data(), record.size(), static_cast<off_t>(place.offset));
  if (got != static_cast<ssize_t>(record.size()) || NumberAt(record, 0) != place.dimension || !IsWhole(record)) return std::nullopt;
  if (std::memcmp(record.data() + 4, key.data(), key.size()) != 0) return std::nullopt;
  Embedding vector(place.dimension);
  std::memcpy(vector.data(), record.data() + kRecordHead, vector.size() * sizeof(float));
  return vector;
}

bool CacheSegment::Claim() {
  if (claimed_) return true;
  if (flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return false;
  // What was written since this process read the file is another's, and may be whole.
  const auto now = FileSize(path_);
  if (!now || *now != size_) return flock(fd_.get(), LOCK_UN), false;
  return claimed_ = true;
}

Result<CachePlace> CacheSegment::Append(const VectorCache::Key& key, const Embedding& vector) {
  // Half a record, of a writer that was killed or a disk that was full, would hide what comes after it.
  if (size_ != good_end_ && ftruncate(fd_.get(), static_cast<off_t>(good_end_)) != 0) return FileError("cut", path_, errno);
  size_ = good_end_;
  const std::string record = RecordOf(key, vector);
  for (std::size_t done = 0; done < record.size();) {
    const ssize_t wrote = pwrite(fd_.get(), record.data() + done, record.size() - done, static_cast<off_t>(good_end_ + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      size_ = good_end_ + done + 1;  // so that the next append cuts it
      return FileError("write", path_, errno);
    }
    done += static_cast<std::size_t>(wrote);
  }
  const CachePlace place{good_end_, static_cast<std::uint32_t>(vector.size())};
  size_ = good_end_ += record.size();
  return place;
}

}  // namespace lakehouse::embed
