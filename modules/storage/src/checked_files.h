#pragma once
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "lakehouse/base/context.h"

namespace lakehouse::storage {

/// Which file it is and whether it may have changed.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileIdentity&) const = default;

  static FileIdentity Of(const struct stat& facts);
  /// Nothing when there is no regular file.
  static std::optional<FileIdentity> OfPath(const std::string& path);
};

/// Files that were found to have a digest, so that it is not taken again. Keeps the 200,000 that were used last. Thread-safe.
class CheckedFiles {
 public:
  bool Knows(const std::string& path, const FileIdentity& identity, const std::string& sha256);
  void Remember(const std::string& path, const FileIdentity& identity, const std::string& sha256);

 private:
  struct Entry {
    FileIdentity identity;
    std::string sha256;
    std::list<std::string>::iterator place;
  };
  std::mutex mutex_;
  std::list<std::string> by_use_;  // most recent first
  std::unordered_map<std::string, Entry> entries_;
};

/// SHA-256 of a file, hex, giving up when the context ends, and what the file was when it was read.
struct FileDigest {
  std::string sha256;
  FileIdentity identity;
};
Result<FileDigest> DigestFile(const Context& context, const std::string& path);

/// At most so many at a time; those that wait give up when their context ends.
class CheckSlots {
 public:
  explicit CheckSlots(unsigned count) : free_(count) {}
  class Slot {
   public:
    explicit Slot(CheckSlots& slots) : slots_(&slots) {}
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->Release();
    }

   private:
    CheckSlots* slots_;
  };
  Result<Slot> Acquire(const Context& context);

 private:
  void Release();
  std::mutex mutex_;
  std::condition_variable_any changed_;
  unsigned free_;
};

/// Waits until `done` holds or the context ends.
template <typename Done>
Status WaitFor(const Context& context, std::unique_lock<std::mutex>& lock, std::condition_variable_any& changed, Done done) {
  while (!done()) {
    LH_TRY(context.Check());
    const auto left_ms = context.deadline.RemainingMs();
    const auto step = std::chrono::milliseconds(left_ms ? std::min<std::int64_t>(*left_ms + 1, 60'000) : 60'000);
    changed.wait_for(lock, context.cancel, step, done);
  }
  return Ok{};
}

}  // namespace lakehouse::storage
