#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// Objects that arrive in parts, each in a file of the spool until it is complete. Nothing of it survives the process.
/// Thread-safe; one upload takes one part at a time.
class UploadSessions {
 public:
  struct Options {
    std::string directory;
    std::size_t max_uploads;
    std::int64_t idle_ms;
    std::uint64_t max_bytes;
  };
  UploadSessions(Options options, const Clock& clock, Random& random) : options_(std::move(options)), clock_(clock), random_(random) {}

  /// A file that goes when this goes, unless somebody took it away.
  class Spooled {
   public:
    Spooled(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    Spooled(Spooled&& other) noexcept
        : path_(std::move(other.path_)), fd_(std::move(other.fd_)), size_(other.size_), used_ns_(other.used_ns_) {
      other.path_.clear();
    }
    Spooled& operator=(Spooled&&) = delete;
    ~Spooled();
    const std::string& path() const { return path_; }
    std::uint64_t size_bytes() const { return size_; }

   private:
    friend UploadSessions;
    std::string path_;
    UniqueFd fd_;
    std::uint64_t size_ = 0;
    std::int64_t used_ns_ = 0;
  };

  /// kUnavailable "uploads_full".
  Result<std::string> Begin();
  /// kNotFound: dropped, or busy with another part. kInvalidArgument: not the next part. kTooLarge.
  Status Append(const std::string& id, std::uint64_t offset, std::string_view octets);
  /// Ends the upload; its file is the caller's. kNotFound; kInvalidArgument when it is not complete.
  Result<Spooled> Take(const std::string& id, std::uint64_t size_bytes);
  void Drop(const std::string& id);

 private:
  using Sessions = std::map<std::string, Spooled>;
  Result<Spooled> CheckOut(const std::string& id);
  static Status AppendTo(Spooled& file, std::uint64_t offset, std::string_view octets, std::uint64_t max_bytes);

  const Options options_;
  const Clock& clock_;
  Random& random_;
  Guarded<Sessions> sessions_;
};

}  // namespace lakehouse::storage
