#include "register_files.h"

#include "lakehouse/base/hash.h"

namespace lakehouse::catalog {
namespace {

constexpr std::uint64_t kStepBytes = 8 << 20;

}  // namespace

Status CompleteFiles(const Context& context, storage::ObjectStore& store, std::vector<DataFile>& files) {
  for (DataFile& file : files) {
    if (!file.sha256.empty() && file.size_bytes > 0) continue;
    const auto info = store.Head(context, file.key);
    if (!info && info.error().code() == ErrorCode::kNotFound)
      return Error(ErrorCode::kInvalidArgument, "file " + file.key + " is not in the store; upload it first").Named("missing_object");
    if (!info) return info.error();
    file.size_bytes = static_cast<std::int64_t>(info->size_bytes);
    Sha256 sum;
    for (std::uint64_t offset = 0; offset < info->size_bytes; offset += kStepBytes)
      sum.Add(LH_TRY(store.Get(context, file.key, storage::ByteRange{offset, kStepBytes})));
    const std::string sha256 = sum.FinishHex();
    if (!file.sha256.empty() && file.sha256 != sha256)
      return Error(ErrorCode::kInvalidArgument, "file " + file.key + " has SHA-256 " + sha256 + " in the store, not " + file.sha256)
          .Named("digest_mismatch");
    file.sha256 = sha256;
  }
  return Ok{};
}

}  // namespace lakehouse::catalog
