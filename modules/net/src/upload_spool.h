#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/result.h"
#include "lakehouse/net/http_message.h"
#include "multipart.h"

namespace lakehouse::net {

/// Puts an upload on disk as it comes, digests on the way, and takes its files away again when it goes. One thread at a time.
class UploadSpool {
 public:
  /// `boundary` of a multipart upload; nothing for a raw one. Files are made in `directory`, mode 0600.
  UploadSpool(std::string directory, std::optional<std::string> boundary);
  ~UploadSpool();

  /// kUnavailable with reason "disk_full" and the other errors of file.h; kInvalidArgument for what is no multipart body;
  /// kTooLarge for more than 1,000 parts, a field over 64 KiB, or fields over 1 MiB together.
  Status Add(std::string_view octets);
  /// After the last octet. Sets parts, or body_path and body_sha256; and body_size_bytes.
  Status Finish(HttpRequest& request);

 private:
  class PartSink;
  struct File {
    std::string path;
    UniqueFd fd;
    Sha256 digest;
    std::uint64_t size_bytes = 0;
  };
  Result<File> CreateFile();
  static Status Append(File& file, std::string_view octets);

  std::string directory_;
  std::vector<std::string> paths_;  ///< of every file made
  std::optional<File> current_;     ///< the raw body, or the file part being read
  std::vector<UploadPart> parts_;
  std::uint64_t field_bytes_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::unique_ptr<PartSink> sink_;
  std::optional<MultipartParser> multipart_;
};

}  // namespace lakehouse::net
