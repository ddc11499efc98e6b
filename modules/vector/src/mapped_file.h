#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::vector {

/// A file in memory, read only, as long as this lives.
class MappedFile {
 public:
  /// `at_once`: all of it is read now rather than page by page. The file's errors, see base/file.h.
  static Result<std::shared_ptr<const MappedFile>> Open(const std::string& path, bool at_once);
  MappedFile() = default;
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::span<const std::byte> octets() const { return octets_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(octets_.data()), octets_.size()}; }

 private:
  std::span<const std::byte> octets_;
};

}  // namespace lakehouse::vector
