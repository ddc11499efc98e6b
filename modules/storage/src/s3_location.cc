#include "lakehouse/storage/s3_object_store.h"

namespace lakehouse::storage {
namespace {

constexpr std::string_view kScheme = "s3://";

/// Amazon's rule for new buckets, the strictest there is.
bool IsBucketName(std::string_view name) {
  if (name.size() < 3 || name.size() > 63) return false;
  for (const char c : name)
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.') return false;
  const auto is_end = [](char c) { return c != '-' && c != '.'; };
  return is_end(name.front()) && is_end(name.back()) && name.find("..") == std::string_view::npos;
}

}  // namespace

bool IsS3Url(std::string_view url) { return url.starts_with(kScheme); }

Result<S3Location> ParseS3Url(std::string_view url) {
  const auto refuse = [&url](const char* why) {
    return Error(ErrorCode::kInvalidArgument,
                 "\"" + std::string(url) + "\" is no place on an S3 server: " + why + "; expected s3://bucket or s3://bucket/prefix")
        .Named("invalid_url");
  };
  if (!IsS3Url(url)) return refuse("it does not begin with s3://");
  std::string_view rest = url.substr(kScheme.size());
  const std::size_t slash = rest.find('/');
  S3Location location{std::string(rest.substr(0, slash)), {}};
  if (!IsBucketName(location.bucket))
    return refuse("a bucket has 3 to 63 characters of a-z, 0-9, '-' and '.', and begins and ends with a letter or digit");
  if (slash == std::string_view::npos) return location;
  rest.remove_prefix(slash + 1);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) return location;
  if (!ValidateKey(rest)) return refuse("the prefix is none that keys may begin with");
  location.prefix = std::string(rest) + '/';
  return location;
}

}  // namespace lakehouse::storage
