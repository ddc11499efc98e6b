#include "lakehouse/vector/local_vectors.h"
#include "lakehouse/vector/vector_index.h"
#include "log_batch.h"
#include "sidecar_format.h"

namespace lakehouse::vector {

Result<std::string> InspectVectorObject(std::string_view octets) {
  if (octets.starts_with("LHVECIDX")) return InspectSidecar(octets);
  if (octets.starts_with("LHVBATCH")) return DescribeBatch(LH_TRY(DecodeBatch(octets)));
  return Error(ErrorCode::kInvalidArgument, "this is neither a batch of a vector index nor a saved index");
}

Result<bool> CheckBatchObject(std::string_view key, std::uint64_t size_bytes, const ReadPart& read) {
  constexpr std::string_view kIndexes = "_vectors/", kFolder = "/log/";
  const std::size_t folder = key.rfind(kFolder);
  if (folder == std::string_view::npos || folder < kIndexes.size() || !key.starts_with(kIndexes)) return false;
  const std::string_view name = key.substr(folder + kFolder.size());
  constexpr std::size_t kUuidBytes = 36;
  const auto life = Uuid::Parse(name.substr(0, std::min(name.size(), kUuidBytes)));
  const auto sequence =
      life ? SequenceOfBatchKey(key, BatchPrefix(key.substr(kIndexes.size(), folder - kIndexes.size()), *life)) : std::nullopt;
  if (!sequence) return false;
  const LogBatch batch = LH_TRY(DecodeBatch(LH_TRY(read(0, size_bytes))));
  if (batch.life == *life && batch.sequence == *sequence) return true;
  return Error(ErrorCode::kCorruption, "it is batch " + std::to_string(batch.sequence) + " of another log").Named("foreign_object");
}

Result<bool> CheckSidecarObject(std::string_view key, std::uint64_t size_bytes, const ReadPart& read) {
  if (!key.starts_with("_vectors/") || !key.ends_with(".lhv")) return false;
  LH_TRY(CheckSidecarSums(size_bytes, read));
  return true;
}

}  // namespace lakehouse::vector
