#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "key_path.h"
#include "local_store.h"
#include "open_beneath.h"

namespace lakehouse::storage {
namespace {

/// A file, or a directory that has not been read yet. No key in it sorts before `bound`.
struct Node {
  std::string bound;  ///< a file's key; of a directory what all its keys start with
  std::string path;   ///< below the root
  bool is_directory;
  bool operator>(const Node& other) const { return bound != other.bound ? bound > other.bound : is_directory < other.is_directory; }
};

/// Reads directories as late as the order allows: the smallest node comes next, and a directory gives way to its entries.
/// A queue rather than a walk, because the pieces of a long segment interleave with a directory beside them.
class Listing {
 public:
  Listing(int root_fd, const std::string& root, const std::string& prefix, const std::string& start_after)
      : root_fd_(root_fd), root_(root), prefix_(prefix), start_after_(start_after) {}

  Status Fill(const Context& ctx, std::size_t limit, ListPage& page) {
    LH_TRY(Read(Node{"", "", true}));
    while (!nodes_.empty()) {
      const Node node = nodes_.top();
      nodes_.pop();
      if (node.is_directory) {
        LH_TRY(ctx.Check());
        LH_TRY(Read(node));
        continue;
      }
      if (page.objects.size() == limit) return page.next = page.objects.back().key, Ok{};
      LH_TRY(Add(node, page));
    }
    return Ok{};
  }

 private:
  bool MayHoldKeys(const Node& directory) const {
    const std::string& bound = directory.bound;
    if (!bound.starts_with(prefix_) && !prefix_.starts_with(bound)) return false;
    return bound > start_after_ || start_after_.starts_with(bound);
  }
  bool IsWanted(const Node& file) const { return file.bound.starts_with(prefix_) && file.bound > start_after_; }

  Status Read(const Node& directory) {
    UniqueFd fd = OpenBeneath(root_fd_, directory.path, O_RDONLY | O_DIRECTORY);
    if (!fd && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)) return Ok{};  // it went, or was none of ours
    if (!fd) return FileError("open", root_ + '/' + directory.path, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(fd.get()), closedir);
    if (!entries) return FileError("open", root_ + '/' + directory.path, errno);
    fd.Release();  // the stream's now
    while (true) {
      errno = 0;
      const dirent* entry = readdir(entries.get());
      if (entry == nullptr && errno != 0) return FileError("read directory", root_ + '/' + directory.path, errno);
      if (entry == nullptr) return Ok{};
      Offer(directory, *entry, dirfd(entries.get()));
    }
  }

  void Offer(const Node& directory, const dirent& entry, int directory_fd) {
    unsigned char type = entry.d_type;
    if (type == DT_UNKNOWN) {
      struct stat found{};
      if (fstatat(directory_fd, entry.d_name, &found, AT_SYMLINK_NOFOLLOW) != 0) return;
      type = S_ISDIR(found.st_mode) ? DT_DIR : S_ISREG(found.st_mode) ? DT_REG : DT_UNKNOWN;
    }
    const std::string_view name = entry.d_name;
    const std::optional<std::string> part = type == DT_DIR ? KeyPartOfDirectory(name) : type == DT_REG ? KeyPartOfFile(name) : std::nullopt;
    if (!part) return;
    Node node{directory.bound + *part, directory.path + std::string(name), type == DT_DIR};
    if (node.is_directory) node.path += '/';
    if (node.is_directory ? MayHoldKeys(node) : IsWanted(node)) nodes_.push(std::move(node));
  }

  Status Add(const Node& file, ListPage& page) {
    if (!ValidateKey(file.bound) || PathOfKey(file.bound).ToString() != file.path) return Ok{};  // not written by a store
    const UniqueFd fd = OpenBeneath(root_fd_, file.path, O_PATH);
    struct stat found{};
    const bool there = fd && fstat(fd.get(), &found) == 0;
    if (!there && errno != ENOENT && errno != ENOTDIR && errno != ELOOP) return FileError("look at", root_ + '/' + file.path, errno);
    if (there && S_ISREG(found.st_mode))
      page.objects.push_back({file.bound, static_cast<std::uint64_t>(found.st_size), ModifiedMicros(found)});
    return Ok{};
  }

  const int root_fd_;
  const std::string& root_;
  const std::string& prefix_;
  const std::string& start_after_;
  std::priority_queue<Node, std::vector<Node>, std::greater<>> nodes_;
};

}  // namespace

Result<ListPage> ListObjectFiles(const Context& ctx, int root_fd, const std::string& root, const std::string& prefix,
                                 const std::string& start_after, std::size_t limit) {
  ListPage page;
  LH_TRY(Listing(root_fd, root, prefix, start_after).Fill(ctx, limit, page));
  return page;
}

}  // namespace lakehouse::storage
