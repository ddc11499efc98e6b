#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "byte_reader.h"

namespace lakehouse::ingest {

constexpr std::size_t kMaxRejectedText = 4096;

/// One cell of a CSV file with commas: quoted when it must be.
void AppendCell(std::string& out, std::string_view value);

/// Rows that could not be loaded, one line each: line, column_name, reason, raw. The file appears with the first one.
class RejectFile {
 public:
  explicit RejectFile(std::string path) : path_(std::move(path)) {}
  Status Add(std::int64_t line, std::string_view column, std::string_view reason, std::string_view raw);
  Status Finish();
  std::int64_t count() const { return count_; }
  /// Empty when there is none.
  std::string path() const { return count_ > 0 ? path_ : std::string(); }

 private:
  std::string path_;
  UniqueFd fd_;
  std::unique_ptr<BufferedWriter> writer_;
  std::int64_t count_ = 0;
};

}  // namespace lakehouse::ingest
