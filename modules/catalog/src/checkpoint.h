#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lake_state.h"
#include "lakehouse/catalog/table_codec.h"
#include "store_access.h"

/// The lake after one record as one object, so that a start need not read the whole log. Derived: it can be deleted and made
/// anew. docs/formats/checkpoint.md describes it.
namespace lakehouse::catalog {

inline constexpr std::string_view kCheckpointPrefix = "_catalog/checkpoint/";

/// Its digest stands in its name, so nothing that is damaged is ever decoded.
struct CheckpointName {
  std::int64_t sequence = 0;
  std::string sha256;
  std::string Key() const;
};
std::optional<CheckpointName> ParseCheckpointKey(std::string_view key);

/// A checkpoint is a head, which names parts of a few MiB by their digests: however large the lake, little of it is in memory in
/// this form at once, and parts that did not change are shared with the checkpoint before.
inline constexpr std::string_view kPartPrefix = "_catalog/checkpoint/parts/";
using EmitPart = std::function<Status(const ObjectRef& part, std::string_view octets)>;
using FetchPart = std::function<Result<std::string>(const ObjectRef& part)>;

/// The octets of the head; the parts were given to `emit` before.
Result<std::string> EncodeCheckpoint(const Context& context, TableCodec& codec, const LakeState& state, const EmitPart& emit);
/// kCorruption: not the checkpoint that the name promises. Octets that `fetch` gives are checked here.
Result<LakeState> DecodeCheckpoint(const Context& context, TableCodec& codec, const CheckpointName& name, std::string_view octets,
                                   const FetchPart& fetch);
/// What a head names.
Result<std::vector<ObjectRef>> PartsOfCheckpoint(const Context& context, TableCodec& codec, const CheckpointName& name,
                                                 std::string_view octets);
/// The rows of a head or a part: kind, name, number, payload.
Result<SmallTable> DecodeCheckpointTable(const Context& context, TableCodec& codec, std::string_view octets);

/// The checkpoints of one lake.
class CheckpointStore {
 public:
  /// Both must outlive it.
  CheckpointStore(storage::ObjectStore& store, TableCodec& codec, RetryOptions retry) : store_(store), codec_(codec), retry_(retry) {}

  /// In the order of their records.
  Result<std::vector<CheckpointName>> List(const Context& context);
  struct Loaded {
    LakeState state;                   ///< the empty lake when there is none
    std::vector<std::string> damaged;  ///< what is wrong with newer ones that were passed over
  };
  /// The newest that is whole.
  Result<Loaded> LoadNewest(const Context& context);
  Result<LakeState> Load(const Context& context, const CheckpointName& name);
  /// Writes one and removes all but the two newest.
  Status Write(const Context& context, const LakeState& state);

 private:
  Result<std::string> LoadHead(const Context& context, const CheckpointName& name);
  /// Parts that none of these checkpoints names.
  Status RemoveOtherParts(const Context& context, const std::vector<CheckpointName>& kept);

  storage::ObjectStore& store_;
  TableCodec& codec_;
  const RetryOptions retry_;
};

}  // namespace lakehouse::catalog
