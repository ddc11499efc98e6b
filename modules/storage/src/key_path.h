#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How keys become names of files, so that every valid key has its own place on every file system with names of 255 bytes.
/// An ordinary key ("datasets/workers/data/7-0199.parquet") is its own path. The rest follows from four rules:
///   1. A name of a directory never has a dot (written %2E); a name of a file always has one (without one, ".%" is put behind it).
///      So the objects "a" (a.%) and "a/b" (a/b.%) can both exist. A leading dot is written %2E in both.
///   2. '%' is written %25.
///   3. A segment over 80 bytes is cut into pieces of at most 80, between characters; all but the last are directories whose
///      names end in "%~". 80, because a piece may grow threefold.
///   4. A file whose name is not what these rules write is not an object: lists pass over it.
/// Names that begin with a dot are therefore free for the store itself (.tmp).
namespace lakehouse::storage {

struct KeyPath {
  std::vector<std::string> directories;  ///< from the root
  std::string file;

  /// Relative to the root.
  std::string ToString() const;
};

/// The key must be valid.
KeyPath PathOfKey(std::string_view key);

/// What a directory's name adds to the keys below it ("data" gives "data/"); nothing for a name that no key leads to.
std::optional<std::string> KeyPartOfDirectory(std::string_view name);
/// What a file's name adds to its key; nothing for a name that cannot be an object's.
std::optional<std::string> KeyPartOfFile(std::string_view name);

}  // namespace lakehouse::storage
