#pragma once
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::query {

/// A file of a cache of this machine says in its name what it is made from and what is in it: "<id>.<sha256>.<8 hex digits><suffix>",
/// id and digest in 64 hex digits each. The last digits make each file another one, because workers keep what they have linked.
struct DerivedName {
  std::string id;
  std::string sha256;
};
std::optional<DerivedName> ReadDerivedName(std::string_view file_name, std::string_view suffix);

/// The id of a file made of a snapshot: the SHA-256 over how it is made, its columns, and its files with their digests, each text with its
/// length before it. Another content, or another way of making it, is another id.
std::string IdOfDerived(std::initializer_list<std::string_view> made_how, const catalog::ResolvedTable& table);

/// What tells without reading that a file is the one it was.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
/// Nothing unless it is a regular file.
std::optional<FileStamp> StampOf(const std::string& path);

/// Closes a file that has been written: read-only from now on, digested, under its name in the same directory. Its path; when it fails,
/// the file is gone.
Result<std::string> PublishDerived(const std::string& made, const std::string& id, std::string_view suffix);

/// Paths of the files in a directory that are not what their names say; `spend` is called for the octets of each, and its errors are passed
/// on.
using DamagedFiles = std::vector<std::string>;
Result<DamagedFiles> FindDamaged(const std::string& directory, std::string_view suffix,
                                 const std::function<Status(std::int64_t bytes)>& spend);

}  // namespace lakehouse::query
