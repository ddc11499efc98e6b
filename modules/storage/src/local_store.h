#pragma once
#include <sys/stat.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "directory_tree.h"
#include "key_path.h"
#include "lakehouse/base/file.h"
#include "lakehouse/storage/object_store.h"
#include "temporary_files.h"
#include "unsettled_keys.h"

namespace lakehouse::storage {

/// See OpenLocalObjectStore. A change is: temporary file, sync, link or rename into place, sync of the directory. A failed
/// sync of a directory ends all writing, because nobody can say any more what the disk holds; one of a temporary file does not.
class LocalObjectStore final : public ObjectStore {
 public:
  LocalObjectStore(std::string root, UniqueFd root_fd, std::unique_ptr<TemporaryFiles> temporary_files);

  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override;
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override;
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override;
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override;
  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override;
  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override;
  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override;
  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) override;
  Status Delete(const Context& ctx, const std::string& key) override;
  std::optional<std::string> LocalPath(const std::string& key) override;

 private:
  struct OpenObject {
    UniqueFd fd;
    ObjectInfo info;
  };
  /// Puts a file into place in the directory of this descriptor: 0, or -1 with errno.
  using Publish = std::function<int(int directory, const char* file)>;

  std::string PathFor(const std::string& key) const { return root_ + '/' + PathOfKey(key).ToString(); }
  Status CheckWritable(const Context& ctx, const std::string& key) const;
  Status RefuseExisting(const std::string& key);
  Error AlreadyExists(const std::string& key, int directory);
  Result<TemporaryFiles::File> WriteTemporary(const Context& ctx, std::string_view octets);
  Status SealTemporary(const TemporaryFiles::File& file);
  Status CopyFile(const Context& ctx, int from, const std::string& from_path, int to, const std::string& to_path) const;
  Result<DirectoryTree::Pin> PinForWriting(const KeyPath& place);
  /// `content`: a descriptor of the synced file that is to be published.
  Result<ObjectInfo> Settle(const std::string& key, int content, const Publish& publish);
  /// What was published is visible: makes it durable.
  Status Confirm(UnsettledKeys::Change& change, const std::string& key, int directory);
  Result<ObjectInfo> LinkTemporary(const std::string& key, const TemporaryFiles::File& file);
  Result<ObjectInfo> Take(const Context& ctx, const std::string& key, const std::string& path, bool replace);
  /// The file under a second, temporary name. Nothing when it cannot be linked and must be copied.
  Result<std::optional<TemporaryFiles::File>> LinkToTemporary(int fd, const struct stat& found);
  Result<ObjectInfo> RenameTemporary(const std::string& key, TemporaryFiles::File& file);
  /// After a change became visible: ok only when it is durable.
  Status SyncChange(UnsettledKeys::Change& change, const std::string& key, int directory);

  Result<OpenObject> OpenForReading(const Context& ctx, const std::string& key);
  Result<ObjectInfo> InfoOf(const std::string& key, int fd) const;

  const std::string root_;
  const UniqueFd root_fd_;
  const std::unique_ptr<TemporaryFiles> temporary_files_;
  DirectoryTree directories_;
  UnsettledKeys unsettled_;
  std::atomic<bool> failed_{false};
};

/// Keys of the files below the root, in order; see ObjectStore::List.
Result<ListPage> ListObjectFiles(const Context& ctx, int root_fd, const std::string& root, const std::string& prefix,
                                 const std::string& start_after, std::size_t limit);

/// Never infinite: a file with a time outside int64 microseconds gets 0.
std::int64_t ModifiedMicros(const struct stat& found);

}  // namespace lakehouse::storage
