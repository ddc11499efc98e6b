#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/result.h"

/// Files of this machine, with every return checked. Errors name the path and the system's reason: kNotFound (ENOENT),
/// kAlreadyExists (EEXIST), kPermissionDenied (EACCES, EPERM), kUnavailable with reason "disk_full" (ENOSPC, EDQUOT), kUnavailable (any
/// other).
namespace lakehouse {

/// Owns a descriptor.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  ~UniqueFd() { Reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(), fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset();

 private:
  int fd_ = -1;
};

/// The error for errno after `attempted` ("open", "write") on `path`.
Error FileError(std::string_view attempted, std::string_view path, int error_number);

Result<std::string> ReadFile(const std::string& path);
/// At most `length` octets from `offset`; fewer at the end of the file.
Result<std::string> ReadFileRange(const std::string& path, std::uint64_t offset, std::uint64_t length);
Result<std::uint64_t> FileSize(const std::string& path);
Status WriteAll(int fd, std::string_view octets, std::string_view path);
/// fsync of a file's content, and of a directory's names. A failed sync is final: the kernel may have dropped the pages
/// (never retry it: write a new file).
Status SyncFile(int fd, std::string_view path);
Status SyncDirectory(const std::string& path);
/// Creates what is missing; every new directory's parent is synced.
Status CreateDirectories(const std::string& path);
/// The file holds exactly this afterwards, or what it held before: temporary file beside it, sync, rename, sync of the directory.
Status ReplaceFile(const std::string& path, std::string_view octets, unsigned mode = 0644);
/// A directory that is removed with everything in it when this goes.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> Create(const std::string& parent, std::string_view prefix);
  ~TemporaryDirectory();
  TemporaryDirectory(TemporaryDirectory&&) noexcept;
  TemporaryDirectory& operator=(TemporaryDirectory&&) noexcept;
  const std::string& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace lakehouse
