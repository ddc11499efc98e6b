#include "lake_format.h"

#include "lakehouse/base/codec.h"

namespace lakehouse::catalog {

BOOST_DESCRIBE_STRUCT(LakeFormat, (), (lake_id, layout_version))

std::string EncodeFormat(const LakeFormat& format) { return EncodeJson(format); }

Result<LakeFormat> DecodeFormat(std::string_view octets) {
  auto format = DecodeJson<LakeFormat>(octets);
  if (!format || format->lake_id.empty())
    return Error(ErrorCode::kCorruption,
                 "object " + std::string(kFormatKey) + " is damaged" + (format ? "" : ": " + format.error().message()))
        .Named("corrupt_object");
  if (format->layout_version != kLayoutVersion)
    return Error(ErrorCode::kUnprocessable, "this lake has layout " + std::to_string(format->layout_version) +
                                                ", this program knows layout " + std::to_string(kLayoutVersion) +
                                                ". Use the version that wrote it, or a newer one.")
        .Named("layout_version");
  return format;
}

Result<std::optional<LakeFormat>> LoadFormat(const Context& context, storage::ObjectStore& store, const RetryOptions& retry) {
  const auto octets = LH_TRY(FindOctets(context, store, std::string(kFormatKey), retry));
  if (!octets) return std::optional<LakeFormat>();
  return std::optional<LakeFormat>(LH_TRY(DecodeFormat(*octets)));
}

Result<LakeFormat> CreateFormat(const Context& context, storage::ObjectStore& store, const LakeFormat& wanted, const RetryOptions& retry) {
  for (int attempt = 1;; ++attempt) {
    LH_TRY(PauseBefore(context, retry, attempt));
    auto put = store.PutIfAbsent(context, std::string(kFormatKey), EncodeFormat(wanted));
    if (put) return wanted;
    const auto there = LH_TRY(LoadFormat(context, store, retry));
    if (there) return *there;
    if (attempt >= retry.attempts) return std::move(put).TakeError().While("make " + std::string(kFormatKey));
  }
}

}  // namespace lakehouse::catalog
