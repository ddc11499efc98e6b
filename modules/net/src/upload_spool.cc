#include "upload_spool.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "lakehouse/base/random.h"

namespace lakehouse::net {
namespace {
constexpr std::uint64_t kMaxField = 64 * 1024;
constexpr std::uint64_t kMaxFields = 1024 * 1024;
}  // namespace

/// Turns the parts of a multipart body into fields and files.
class UploadSpool::PartSink final : public MultipartParser::Sink {
 public:
  explicit PartSink(UploadSpool& spool) : spool_(spool) {}

  Status BeginPart(PartHead head) override {
    UploadPart part;
    part.name = std::move(head.name);
    part.content_type = std::move(head.content_type);
    if (head.file_name) {
      part.file_name = std::move(*head.file_name);
      spool_.current_ = LH_TRY(spool_.CreateFile());
      part.path = spool_.current_->path;
    }
    spool_.parts_.push_back(std::move(part));
    return Ok{};
  }

  Status Data(std::string_view octets) override {
    UploadPart& part = spool_.parts_.back();
    part.size_bytes += octets.size();
    if (spool_.current_) return Append(*spool_.current_, octets);
    spool_.field_bytes_ += octets.size();
    if (part.size_bytes > kMaxField || spool_.field_bytes_ > kMaxFields)
      return Error(ErrorCode::kTooLarge,
                   "the form field " + part.name + " is larger than 64 KiB, or all fields than 1 MiB; send it as a file")
          .Named("field_too_large");
    part.value.append(octets);
    return Ok{};
  }

  Status EndPart() override {
    if (!spool_.current_) return Ok{};
    spool_.parts_.back().sha256 = spool_.current_->digest.FinishHex();
    spool_.current_.reset();
    return Ok{};
  }

 private:
  UploadSpool& spool_;
};

UploadSpool::UploadSpool(std::string directory, std::optional<std::string> boundary) : directory_(std::move(directory)) {
  if (!boundary) return;
  sink_ = std::make_unique<PartSink>(*this);
  multipart_.emplace(*boundary, *sink_);
}

UploadSpool::~UploadSpool() {
  current_.reset();
  for (const std::string& path : paths_) unlink(path.c_str());  // it is fine when the handler has moved it
}

Result<UploadSpool::File> UploadSpool::CreateFile() {
  constexpr std::size_t kNameOctets = 16;
  std::string path = directory_ + "/upload-" + SystemRandom().Hex(kNameOctets);
  UniqueFd fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return FileError("create", path, errno);
  paths_.push_back(path);
  File file;
  file.path = std::move(path);
  file.fd = std::move(fd);
  return file;
}

Status UploadSpool::Append(File& file, std::string_view octets) {
  LH_TRY(WriteAll(file.fd.get(), octets, file.path));
  file.digest.Add(octets);
  file.size_bytes += octets.size();
  return Ok{};
}

Status UploadSpool::Add(std::string_view octets) {
  size_bytes_ += octets.size();
  if (multipart_) return multipart_->Feed(octets);
  if (!current_) current_ = LH_TRY(CreateFile());
  return Append(*current_, octets);
}

Status UploadSpool::Finish(HttpRequest& request) {
  request.body_size_bytes = size_bytes_;
  if (multipart_) {
    LH_TRY(multipart_->Finish());
    request.parts = std::move(parts_);
    return Ok{};
  }
  if (!current_) current_ = LH_TRY(CreateFile());
  request.body_path = current_->path;
  request.body_sha256 = current_->digest.FinishHex();
  current_.reset();
  return Ok{};
}

}  // namespace lakehouse::net
