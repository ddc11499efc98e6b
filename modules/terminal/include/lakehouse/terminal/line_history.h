#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"

namespace lakehouse::terminal {

/// What was entered before, oldest first, kept in a file of mode 0600 that several prompts may append to. One entry a line: "\n" and
/// "\\" stand for a line end and a backslash. Single-threaded.
class LineHistory {
 public:
  struct Options {
    std::size_t max_entries = 5'000;       ///< the oldest go
    std::size_t max_entry_bytes = 16'384;  ///< longer ones are not kept
    Secret never;                          ///< what holds this is not kept: the token of this session
  };

  /// In memory alone.
  explicit LineHistory(Options options) : options_(std::move(options)) {}
  /// Makes directory (0700) and file when there are none. Errors of the file system: go on without a file.
  static Result<LineHistory> Open(std::string path, Options options);

  const std::vector<std::string>& entries() const { return entries_; }
  /// Repetitions of the last entry, empty ones and those that begin with a blank are not kept. Errors as Open: the entry is kept in
  /// memory.
  Status Add(std::string_view entry);

 private:
  bool IsWanted(std::string_view entry) const;

  Options options_;
  std::string path_;  // empty: in memory
  std::vector<std::string> entries_;
};

}  // namespace lakehouse::terminal
