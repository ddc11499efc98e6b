#include "lakehouse/catalog/self_checked.h"

#include "store_access.h"

namespace lakehouse::catalog {

Status WalkSelfChecked(const Context& context, storage::ObjectStore& store, const SelfCheckedObjects& kind,
                       const SelfCheckedObjects::Read::Part& read, const std::function<Status(const SelfCheckFinding& finding)>& use) {
  const auto objects = ListAll(context, store, kind.prefix);
  if (!objects && objects.error().reason() == "unknown_bucket") return Ok{};
  if (!objects && objects.error().reason() == "bucket_away")
    return use({SelfCheckFinding::Kind::kBucketAway, kind.prefix, 0, "bucket_away", objects.error().message()});
  if (!objects) return objects.error();
  for (const storage::ObjectInfo& object : *objects) {
    LH_TRY(context.Check());
    const auto checked = kind.check(object, {read, object.key});
    const auto size = static_cast<std::int64_t>(object.size_bytes);
    if (checked) {
      if (*checked) LH_TRY(use({SelfCheckFinding::Kind::kSound, object.key, size, {}, {}}));
      continue;
    }
    const ErrorCode code = checked.error().code();
    if (code == ErrorCode::kNotFound) continue;  // folded, packed or removed meanwhile
    if (code != ErrorCode::kCorruption && code != ErrorCode::kUnprocessable) return checked.error();
    LH_TRY(use({SelfCheckFinding::Kind::kDamaged, object.key, size, std::string(checked.error().reason()), checked.error().message()}));
  }
  return Ok{};
}

}  // namespace lakehouse::catalog
