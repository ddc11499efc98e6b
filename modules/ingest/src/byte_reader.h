#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// Octets in order, pulled. One thread.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// At least one octet unless at the end, then 0. Errors are final.
  virtual Result<std::size_t> Read(char* out, std::size_t capacity) = 0;
};

/// A descriptor's octets from where it stands. Not owned.
class FdReader final : public ByteReader {
 public:
  explicit FdReader(int fd) : fd_(fd) {}
  Result<std::size_t> Read(char* out, std::size_t capacity) override;
  std::int64_t consumed_bytes() const { return consumed_; }

 private:
  int fd_;
  std::int64_t consumed_ = 0;
};

/// Opens in the process's own directories ("in/…", "tmp/…").
Result<UniqueFd> OpenToRead(const std::string& path);
/// A new file; kAlreadyExists when there is one.
Result<UniqueFd> OpenToWrite(const std::string& path);

/// Collects small writes. Finish reports what could not be written.
class BufferedWriter {
 public:
  BufferedWriter(int fd, std::string path) : fd_(fd), path_(std::move(path)) { buffer_.reserve(kCapacity + 4096); }
  std::string& buffer() { return buffer_; }
  Status FlushWhenFull() { return buffer_.size() < kCapacity ? Status(Ok{}) : Finish(); }
  Status Finish();

 private:
  static constexpr std::size_t kCapacity = 1u << 20;
  int fd_;
  std::string path_;
  std::string buffer_;
};

/// Everything from one to the other; returns how much.
Result<std::int64_t> CopyAll(ByteReader& from, int to, const std::string& to_path);

}  // namespace lakehouse::ingest
