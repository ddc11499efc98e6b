#include "lakehouse/vector/local_vectors.h"
#include "lakehouse/vector/vector_index.h"
#include "log_batch.h"

namespace lakehouse::vector {

Result<std::string> InspectVectorObject(std::string_view octets) {
  if (octets.starts_with("LHVECIDX")) return InspectSidecar(octets);
  if (octets.starts_with("LHVBATCH")) return DescribeBatch(LH_TRY(DecodeBatch(octets)));
  return Error(ErrorCode::kInvalidArgument, "this is neither a batch of a vector index nor a saved index");
}

}  // namespace lakehouse::vector
