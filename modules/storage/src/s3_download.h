#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lakehouse/base/hash.h"
#include "s3_client.h"
#include "s3_upload.h"

namespace lakehouse::storage {

/// Where the octets of an object go.
class S3Taker {
 public:
  virtual ~S3Taker() = default;
  virtual Status Take(std::string_view octets) = 0;
  /// What was taken is not what it should be: all of it comes again.
  virtual Status StartOver() = 0;
};

class S3TextTaker final : public S3Taker {
 public:
  Status Take(std::string_view octets) override { return text_.append(octets), Ok{}; }
  Status StartOver() override { return text_.clear(), Ok{}; }
  std::string TakeText() { return std::move(text_); }

 private:
  std::string text_;
};

/// Reads an object, or a range of it, once from begin to end. A connection that breaks is taken up where it broke, unless the
/// object was replaced meanwhile; the whole of an object, also as a
/// range that is all of it, is checked against the digest in its metadata.
class S3Download {
 public:
  S3Download(S3Client& client, std::string key, std::optional<ByteRange> range, S3Taker& taker);
  /// kNotFound. kCorruption, "corrupt_object": again and again other octets than were written. Otherwise the errors of ObjectStore.
  Result<ObjectInfo> Run(const Context& context);

 private:
  struct Shape {
    std::uint64_t first = 0;              ///< of the object, of the first octet of the body
    std::uint64_t length = 0;             ///< of the body
    std::optional<std::uint64_t> object;  ///< its size
  };
  /// Nothing: there is nothing in that range.
  Result<std::optional<S3Stream>> Open(const Context& context);
  Result<Shape> ShapeOf(const S3Answer& head) const;
  Status Pull(const Context& context, S3Stream& stream);
  Status StartOver();

  S3Client& client_;
  const std::string key_;
  const std::optional<ByteRange> range_;
  S3Taker& taker_;
  std::uint64_t done_ = 0;  ///< octets taken
  std::string tag_;         ///< of the object that they are of
  Sha256 sum_;
  ObjectInfo info_;
};

}  // namespace lakehouse::storage
