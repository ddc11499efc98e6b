#include "lakehouse/storage/local_object_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lakehouse/base/failpoint.h"
#include "local_store.h"

namespace lakehouse::storage {
namespace {

Failpoint after_temp_write("storage.put.after_temp_write");
Failpoint after_file_sync("storage.put.after_file_sync");
Failpoint after_link("storage.put.after_link");
Failpoint after_directory_sync("storage.put.after_directory_sync");
Failpoint before_unlink("storage.delete.before_unlink");
Failpoint after_unlink("storage.delete.after_unlink");
Failpoint after_delete_sync("storage.delete.after_directory_sync");

constexpr std::size_t kChunkBytes = std::size_t{4} << 20U;  // between two looks at the context
constexpr int kPruneRaces = 16;                             // another process may prune a directory as often as this meanwhile
constexpr mode_t kObjectMode = 0444;                        // an object is never written to again

Status WriteChunk(int fd, std::string_view octets, const std::string& path) {
  while (!octets.empty()) {
    const ssize_t written = write(fd, octets.data(), octets.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return StoreFileError("write", path, errno);
    octets.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok{};
}

Error OutcomeUnknown(const std::string& attempted, const std::string& key, const std::string& why) {
  return Error(ErrorCode::kOutcomeUnknown, attempted + " key \"" + key + "\": " + why + "; read the key back to see whether it happened");
}

/// Only these leave the directory as it was for certain.
bool LeavesNothing(int error_number) { return error_number != EIO; }

}  // namespace

Result<std::unique_ptr<ObjectStore>> OpenLocalObjectStore(const std::string& root) {
  LH_TRY(CreateDirectories(root));
  UniqueFd root_fd(open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_fd) return FileError("open", root, errno);
  // What a process that was killed had linked but not synced is visible: from here on it may be relied on.
  if (syncfs(root_fd.get()) != 0) return FileError("sync the file system of", root, errno);
  std::unique_ptr<TemporaryFiles> temporary_files = LH_TRY(TemporaryFiles::Open(root));
  return std::unique_ptr<ObjectStore>(std::make_unique<LocalObjectStore>(root, std::move(root_fd), std::move(temporary_files)));
}

LocalObjectStore::LocalObjectStore(std::string root, UniqueFd root_fd, std::unique_ptr<TemporaryFiles> temporary_files)
    : root_(std::move(root)),
      root_fd_(std::move(root_fd)),
      temporary_files_(std::move(temporary_files)),
      directories_(root_fd_.get(), root_) {}

Status LocalObjectStore::CheckWritable(const Context& ctx, const std::string& key) const {
  LH_TRY(ValidateKey(key));
  LH_TRY(ctx.Check());
  if (!failed_) return Ok{};
  return Error(ErrorCode::kUnavailable, "write key \"" + key + "\": a sync of " + root_ +
                                            " failed earlier, so this store takes no more writes: check the disk, " +
                                            "then open the store again")
      .Named("store_failed");
}

Result<ObjectInfo> LocalObjectStore::PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) {
  LH_TRY(CheckWritable(ctx, key));
  LH_TRY(RefuseExisting(key));
  const TemporaryFiles::File file = LH_TRY_WHILE(WriteTemporary(ctx, octets), "put key \"" + key + "\"");
  return LinkTemporary(key, file);
}

Result<ObjectInfo> LocalObjectStore::Put(const Context& ctx, const std::string& key, std::string_view octets) {
  LH_TRY(CheckWritable(ctx, key));
  TemporaryFiles::File file = LH_TRY_WHILE(WriteTemporary(ctx, octets), "put key \"" + key + "\"");
  return RenameTemporary(key, file);
}

Result<ObjectInfo> LocalObjectStore::PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) {
  return Take(ctx, key, path, false);
}

Result<ObjectInfo> LocalObjectStore::PutFile(const Context& ctx, const std::string& key, const std::string& path) {
  return Take(ctx, key, path, true);
}

Result<ObjectInfo> LocalObjectStore::Take(const Context& ctx, const std::string& key, const std::string& path, bool replace) {
  LH_TRY(CheckWritable(ctx, key));
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return FileError("open", path, errno);
  struct stat found{};
  if (fstat(fd.get(), &found) != 0) return FileError("look at", path, errno);
  if (!S_ISREG(found.st_mode)) return Error(ErrorCode::kInvalidArgument, "put key \"" + key + "\": " + path + " is not a regular file");
  if (!replace) LH_TRY(RefuseExisting(key));

  const auto publish = [&]() -> Result<ObjectInfo> {
    std::optional<TemporaryFiles::File> file = LH_TRY(LinkToTemporary(fd.get(), found));
    if (!file) {
      file.emplace(LH_TRY(temporary_files_->Create()));
      LH_TRY(CopyFile(ctx, fd.get(), path, file->fd(), file->path()));
    }
    LH_TRY(SealTemporary(*file));
    return replace ? RenameTemporary(key, *file) : LinkTemporary(key, *file);
  };
  Result<ObjectInfo> info = publish();
  if (info)
    unlink(path.c_str());  // a file that cannot be removed is litter, not a failed put
  else if (info.error().code() != ErrorCode::kOutcomeUnknown)
    fchmod(fd.get(), found.st_mode & 07777U);
  return info;
}

Status LocalObjectStore::RefuseExisting(const std::string& key) {
  const KeyPath place = PathOfKey(key);
  const std::optional<UniqueFd> directory = LH_TRY(directories_.Open(place.directories));
  if (!directory || faccessat(directory->get(), place.file.c_str(), F_OK, AT_SYMLINK_NOFOLLOW) != 0) return Ok{};
  const DirectoryTree::Pin pin = LH_TRY(PinForWriting(place));
  return AlreadyExists(key, pin.fd());
}

/// The caller may take it as the answer to its own earlier attempt, so it must be on disk, whoever wrote it.
Error LocalObjectStore::AlreadyExists(const std::string& key, int directory) {
  UnsettledKeys::Change change(unsettled_, key);
  const Status synced = SyncChange(change, key, directory);
  if (synced) return {ErrorCode::kAlreadyExists, "key \"" + key + "\" exists"};
  return Error(ErrorCode::kUnavailable, "key \"" + key + "\" exists, but whether it is on disk is not known: " + synced.error().message())
      .Named("store_failed");
}

Result<TemporaryFiles::File> LocalObjectStore::WriteTemporary(const Context& ctx, std::string_view octets) {
  TemporaryFiles::File file = LH_TRY(temporary_files_->Create());
  while (!octets.empty()) {
    LH_TRY(ctx.Check());
    const std::string_view chunk = octets.substr(0, kChunkBytes);
    LH_TRY(WriteChunk(file.fd(), chunk, file.path()));
    octets.remove_prefix(chunk.size());
  }
  LH_TRY(SealTemporary(file));
  return file;
}

Status LocalObjectStore::SealTemporary(const TemporaryFiles::File& file) {
  LH_TRY(after_temp_write.Hit());
  if (fchmod(file.fd(), kObjectMode) != 0) return StoreFileError("make read-only", file.path(), errno);
  LH_TRY(SyncFile(file.fd(), file.path()));
  return after_file_sync.Hit();
}

Status LocalObjectStore::CopyFile(const Context& ctx, int from, const std::string& from_path, int to, const std::string& to_path) const {
  std::string buffer(std::size_t{1} << 20U, '\0');
  while (true) {
    LH_TRY(ctx.Check());
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FileError("read", from_path, errno);
    if (got == 0) return Ok{};
    LH_TRY(WriteChunk(to, std::string_view(buffer).substr(0, static_cast<std::size_t>(got)), to_path));
  }
}

Result<ObjectInfo> LocalObjectStore::LinkTemporary(const std::string& key, const TemporaryFiles::File& file) {
  return Settle(key, file.fd(),
                [&file](int directory, const char* name) { return linkat(file.directory(), file.name().c_str(), directory, name, 0); });
}

Result<ObjectInfo> LocalObjectStore::RenameTemporary(const std::string& key, TemporaryFiles::File& file) {
  return Settle(key, file.fd(), [&file](int directory, const char* name) {
    const int renamed = renameat(file.directory(), file.name().c_str(), directory, name);
    if (renamed == 0) file.WasRenamed();
    return renamed;
  });
}

Result<std::optional<TemporaryFiles::File>> LocalObjectStore::LinkToTemporary(int fd, const struct stat& found) {
  // A second name or another owner means that somebody else may still write to it.
  if (found.st_nlink != 1 || found.st_uid != geteuid()) return std::optional<TemporaryFiles::File>();
  return temporary_files_->Link(fd);
}

Result<DirectoryTree::Pin> LocalObjectStore::PinForWriting(const KeyPath& place) {
  for (int races = 0;; ++races) {
    bool sync_failed = false;
    Result<DirectoryTree::Pin> pin = directories_.PinForWriting(place.directories, sync_failed);
    if (sync_failed) failed_ = true;
    if (pin || pin.error().code() != ErrorCode::kNotFound) return pin;
    if (races == kPruneRaces) return Error(ErrorCode::kUnavailable, pin.error().message());
  }
}

Result<ObjectInfo> LocalObjectStore::Settle(const std::string& key, int content, const Publish& publish) {
  const KeyPath place = PathOfKey(key);
  const ObjectInfo info = LH_TRY(InfoOf(key, content));
  for (int races = 0;; ++races) {
    const DirectoryTree::Pin pin = LH_TRY_WHILE(PinForWriting(place), "put key \"" + key + "\"");
    UnsettledKeys::Change change(unsettled_, key);
    if (publish(pin.fd(), place.file.c_str()) == 0) {
      LH_TRY(Confirm(change, key, pin.fd()));
      return info;
    }
    const int why = errno;
    if (why == ENOENT && races < kPruneRaces) continue;
    if (why == EEXIST) return AlreadyExists(key, pin.fd());
    if (LeavesNothing(why)) return StoreFileError("put into place", PathFor(key), why);
    failed_ = true;
    change.BecomesDoubtful();
    return OutcomeUnknown("put", key, FileError("put into place", PathFor(key), why).message());
  }
}

Status LocalObjectStore::Confirm(UnsettledKeys::Change& change, const std::string& key, int directory) {
  Status synced = after_link.Hit();
  if (!synced) failed_ = true, change.BecomesDoubtful();
  if (synced) synced = SyncChange(change, key, directory);
  if (synced) synced = after_directory_sync.Hit();
  if (!synced) return OutcomeUnknown("put", key, synced.error().message());

  return Ok{};
}

Status LocalObjectStore::SyncChange(UnsettledKeys::Change& change, const std::string& key, int directory) {
  Status synced = SyncFile(directory, "the directory of " + PathFor(key));
  if (!synced) failed_ = true, change.BecomesDoubtful();
  return synced;
}

Status LocalObjectStore::Delete(const Context& ctx, const std::string& key) {
  LH_TRY(CheckWritable(ctx, key));
  const KeyPath place = PathOfKey(key);
  const std::optional<DirectoryTree::Pin> pin = LH_TRY(directories_.PinExisting(place.directories));
  if (!pin) return Ok{};
  LH_TRY(before_unlink.Hit());
  UnsettledKeys::Change change(unsettled_, key);
  if (unlinkat(pin->fd(), place.file.c_str(), 0) != 0 && errno != ENOENT) {
    const int why = errno;
    if (why == EISDIR || why == EPERM) return UnexpectedFile(PathFor(key), "a regular file");
    if (LeavesNothing(why)) return StoreFileError("delete", PathFor(key), why);
    failed_ = true;
    change.BecomesDoubtful();
    return OutcomeUnknown("delete", key, FileError("delete", PathFor(key), why).message());
  }
  Status synced = after_unlink.Hit();
  if (!synced) failed_ = true, change.BecomesDoubtful();
  if (synced) synced = SyncChange(change, key, pin->fd());  // for ENOENT too: a delete under way may have got there first
  if (synced) synced = after_delete_sync.Hit();
  if (!synced) return OutcomeUnknown("delete", key, synced.error().message());
  return Ok{};
}

std::optional<std::string> LocalObjectStore::LocalPath(const std::string& key) {
  if (!ValidateKey(key)) return std::nullopt;
  return PathFor(key);
}

}  // namespace lakehouse::storage
