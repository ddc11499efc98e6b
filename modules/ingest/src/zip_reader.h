#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// What may come out of one archive.
struct ZipLimits {
  std::int64_t max_entries = 10'000;
  std::int64_t max_bytes = std::int64_t{4} << 30;         ///< of everything that is read
  std::int64_t ratio = 100;                               ///< out : the archive's size …
  std::int64_t ratio_free_bytes = std::int64_t{1} << 20;  ///< … once more than this came out
};

/// A ZIP file's members, one after another. What is read counts against the limits, so that members that share octets, lie about their
/// size or hold nothing but zeros cost no more than any others. One thread.
class ZipReader {
 public:
  /// kUnprocessable "bad_zip": no ZIP file, or cut short; "too_many_files".
  static Result<ZipReader> Open(const std::string& path, const ZipLimits& limits = {});
  ~ZipReader();
  ZipReader(ZipReader&&) noexcept;

  struct Entry {
    std::string name;  ///< as it stands there: hostile
    std::int64_t bytes = 0;
    bool is_encrypted = false;
  };
  /// Nothing after the last.
  Result<std::optional<Entry>> Next();
  /// The member that Next named into an open file. "bad_zip": damaged; "decompression_bomb": over a limit; "unsupported_codec".
  Status CopyTo(int fd, const std::string& path);
  /// The member of this name as text, of at most this many octets; empty: there is none.
  Result<std::string> Read(const std::string& name, std::int64_t max_bytes);
  bool Has(const std::string& name);

 private:
  struct State;
  explicit ZipReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::ingest
