#include "upload_sessions.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace lakehouse::storage {

UploadSessions::Spooled::~Spooled() {
  if (!path_.empty()) unlink(path_.c_str());
}

Result<std::string> UploadSessions::Begin() {
  std::string id = random_.Hex(16);
  const std::string path = options_.directory + "/upload-" + id;
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return FileError("create", path, errno);
  Spooled file(path, std::move(fd));
  const std::int64_t now_ns = clock_.SteadyNanos();
  file.used_ns_ = now_ns;
  auto sessions = sessions_.Lock();
  if (sessions->size() >= options_.max_uploads) {
    std::erase_if(*sessions, [&](const auto& session) { return now_ns - session.second.used_ns_ > options_.idle_ms * 1'000'000; });
  }
  if (sessions->size() >= options_.max_uploads) {
    return Error(ErrorCode::kUnavailable,
                 std::to_string(sessions->size()) + " uploads are under way, which is as many as may be: try again")
        .Named("uploads_full");
  }
  sessions->try_emplace(id, std::move(file));
  return id;
}

Result<UploadSessions::Spooled> UploadSessions::CheckOut(const std::string& id) {
  auto sessions = sessions_.Lock();
  auto node = sessions->extract(id);
  if (node.empty())
    return Error(ErrorCode::kNotFound,
                 "upload " + id + " is not under way: it was finished or dropped, or another part of it is being written")
        .Named("no_such_upload");
  return std::move(node.mapped());
}

Status UploadSessions::Append(const std::string& id, std::uint64_t offset, std::string_view octets) {
  Spooled file = LH_TRY(CheckOut(id));
  const Status appended = AppendTo(file, offset, octets, options_.max_bytes);
  // A part that could not be written whole leaves a file nobody can go on with; one that does not belong there leaves it as it was.
  if (!appended && appended.error().code() != ErrorCode::kInvalidArgument) return appended;
  file.used_ns_ = clock_.SteadyNanos();
  sessions_.Lock()->try_emplace(id, std::move(file));
  return appended;
}

Status UploadSessions::AppendTo(Spooled& file, std::uint64_t offset, std::string_view octets, std::uint64_t max_bytes) {
  if (offset + octets.size() == file.size_ && offset < file.size_) return Ok{};  // sent again
  if (offset != file.size_) {
    return Error(ErrorCode::kInvalidArgument,
                 "a part at " + std::to_string(offset) + " does not follow the " + std::to_string(file.size_) + " octets that are there");
  }
  if (octets.size() > max_bytes - file.size_) {
    return Error(ErrorCode::kTooLarge,
                 "the object has more than " + std::to_string(max_bytes) + " octets, which is the most that is taken");
  }
  LH_TRY(WriteAll(file.fd_.get(), octets, file.path_));
  file.size_ += octets.size();
  return Ok{};
}

Result<UploadSessions::Spooled> UploadSessions::Take(const std::string& id, std::uint64_t size_bytes) {
  Spooled file = LH_TRY(CheckOut(id));
  if (file.size_ == size_bytes) return file;
  return Error(ErrorCode::kInvalidArgument,
               "upload " + id + " has " + std::to_string(file.size_) + " octets; expected " + std::to_string(size_bytes));
}

void UploadSessions::Drop(const std::string& id) { sessions_.Lock()->erase(id); }

}  // namespace lakehouse::storage
