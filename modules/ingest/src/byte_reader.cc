#include "byte_reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace lakehouse::ingest {

Result<std::size_t> FdReader::Read(char* out, std::size_t capacity) {
  for (;;) {
    const ssize_t got = ::read(fd_, out, capacity);
    if (got >= 0) {
      consumed_ += got;
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) return FileError("read", "the file", errno);
  }
}

Result<UniqueFd> OpenToRead(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FileError("open", path, errno);
  return UniqueFd(fd);
}

Result<UniqueFd> OpenToWrite(const std::string& path) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return FileError("create", path, errno);
  return UniqueFd(fd);
}

Status BufferedWriter::Finish() {
  LH_TRY(WriteAll(fd_, buffer_, path_));
  buffer_.clear();
  return Ok{};
}

Result<std::int64_t> CopyAll(ByteReader& from, int to, const std::string& to_path) {
  std::vector<char> chunk(1u << 18);
  std::int64_t total = 0;
  for (;;) {
    const std::size_t got = LH_TRY(from.Read(chunk.data(), chunk.size()));
    if (got == 0) return total;
    LH_TRY(WriteAll(to, {chunk.data(), got}, to_path));
    total += static_cast<std::int64_t>(got);
  }
}

}  // namespace lakehouse::ingest
