#include "mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>

#include "lakehouse/base/file.h"

namespace lakehouse::vector {

Result<std::shared_ptr<const MappedFile>> MappedFile::Open(const std::string& path, bool at_once) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FileError("open", path, errno);
  const std::uint64_t size = LH_TRY(FileSize(path));
  auto file = std::make_shared<MappedFile>();
  if (size == 0) return std::shared_ptr<const MappedFile>(file);
  void* memory = mmap(nullptr, size, PROT_READ, MAP_PRIVATE | (at_once ? MAP_POPULATE : 0), fd.get(), 0);
  if (memory == MAP_FAILED) return FileError("map", path, errno);
  file->octets_ = {static_cast<const std::byte*>(memory), size};
  return std::shared_ptr<const MappedFile>(file);
}

MappedFile::~MappedFile() {
  if (!octets_.empty()) munmap(const_cast<std::byte*>(octets_.data()), octets_.size());
}

}  // namespace lakehouse::vector
