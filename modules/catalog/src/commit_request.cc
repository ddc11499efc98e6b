#include "commit_request.h"

#include <algorithm>
#include <set>

#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"
#include "lakehouse/storage/object_key.h"

namespace lakehouse::catalog {
namespace {

constexpr std::size_t kMaxChanges = 1000;
constexpr std::size_t kMaxEvents = 1000;
constexpr std::size_t kMaxFiles = 100'000;
constexpr std::size_t kMaxTexts = 16 << 10;  ///< of one map: summary, attributes or the fields of an event
constexpr std::size_t kMaxKeyText = 256;

Error Bad(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

Status CheckTexts(const std::map<std::string, std::string>& texts, const std::string& what) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : texts) bytes += key.size() + value.size();
  if (bytes > kMaxTexts)
    return Error(ErrorCode::kTooLarge, what + " takes " + std::to_string(bytes) + " bytes; 16 KiB is the most. Put it into an object.");
  return Ok{};
}

/// What is compared byte by byte with what the log gives back must be the same text there.
bool IsPlainText(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKeyText && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

Status CheckFile(const DataFile& file, Operation operation) {
  LH_TRY(storage::ValidateKey(file.key));
  if (file.key.starts_with("_catalog/")) return Bad("file " + file.key + " belongs to the catalog itself");
  if (file.size_bytes <= 0) return Bad("file " + file.key + " has size " + std::to_string(file.size_bytes));
  if (file.rows < 0) return Bad("file " + file.key + " has " + std::to_string(file.rows) + " rows");
  if (file.sha256.size() != 64 || file.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
    return Bad("file " + file.key + " needs its SHA-256 as 64 hex digits in lower case");
  const bool may_delete = operation == Operation::kUpsert || operation == Operation::kDelete || operation == Operation::kCompact;
  if (file.content == FileContent::kPositionDeletes && !may_delete)
    return Bad("file " + file.key + " deletes rows, which " + std::string(WireName(operation)) + " does not do");
  return Ok{};
}

Status CheckChange(const SnapshotChange& change) {
  LH_TRY(CheckDatasetName(change.dataset));
  const std::string operation(WireName(change.operation));
  if (NeedsBaseVersion(change.operation) && !change.base_version) return Bad(operation + " needs the version it was computed from");
  if (change.operation == Operation::kCreate && !change.schema) return Bad("create needs a schema");
  if (change.schema) LH_TRY(CheckSchema(*change.schema));
  const bool keeps_files = change.operation == Operation::kAppend || change.operation == Operation::kUpsert;
  if (change.replaces_schema &&
      ((change.operation != Operation::kReplace && !keeps_files) || !change.schema || change.schema->columns.empty()))
    return Bad("only replace, append and upsert may bring another schema, and then it names the columns");
  if (change.replaces_schema && keeps_files && !change.base_version)
    return Bad("a schema that grows needs the version it was computed from");
  const bool is_restore = change.operation == Operation::kRestore;
  if (is_restore != change.restore_version.has_value())
    return Bad(is_restore ? "restore needs the version to restore" : operation + " takes no version to restore");
  if (is_restore && !(change.add.empty() && change.remove.empty())) return Bad("restore brings no files of its own");
  const bool may_remove = NeedsBaseVersion(change.operation);
  if (!change.remove.empty() && !may_remove) return Bad(operation + " takes no files to remove");
  if (change.add.size() > kMaxFiles || change.remove.size() > kMaxFiles)
    return Error(ErrorCode::kTooLarge, "a change may add and remove 100,000 files each");
  std::set<std::string_view> keys;
  for (const DataFile& file : change.add) {
    LH_TRY(CheckFile(file, change.operation));
    if (!keys.insert(file.key).second) return Bad("file " + file.key + " is added twice");
  }
  std::set<std::string_view> removed(change.remove.begin(), change.remove.end());
  if (removed.size() != change.remove.size()) return Bad("a file is removed twice");
  LH_TRY(CheckTexts(change.summary, "the summary"));
  return CheckTexts(change.attributes, "attributes");
}

bool IsTagName(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= 128 && std::all_of(name.begin(), name.end(), is_plain);
}

}  // namespace

bool NeedsBaseVersion(Operation operation) {
  return operation == Operation::kUpsert || operation == Operation::kDelete || operation == Operation::kCompact;
}

Status CheckCommitRequest(const CommitRequest& request) {
  if (request.changes.empty() && request.drops.empty() && request.events.empty() && request.tags.empty() && request.retention.empty())
    return Bad("a commit needs a change, a drop, a tag, a policy or an event");
  if (request.changes.size() + request.drops.size() + request.tags.size() + request.retention.size() > kMaxChanges)
    return Error(ErrorCode::kTooLarge, "a commit may touch 1,000 datasets");
  if (request.events.size() > kMaxEvents) return Error(ErrorCode::kTooLarge, "a commit may carry 1,000 events");
  std::set<std::string> touched;
  for (const SnapshotChange& change : request.changes) {
    LH_TRY_WHILE(CheckChange(change), "check the change of dataset \"" + change.dataset + "\"");
    if (!touched.insert(FoldName(change.dataset)).second) return Bad("dataset \"" + change.dataset + "\" is changed twice");
  }
  for (const std::string& name : request.drops) {
    LH_TRY(CheckDatasetName(name));
    if (!touched.insert(FoldName(name)).second) return Bad("dataset \"" + name + "\" is changed and dropped");
  }
  for (const TagChange& tag : request.tags) {
    if (!IsTagName(tag.name)) return Bad("the name of a tag has 1 to 128 of letters, digits, \".\", \"-\" and \"_\"");
    if (!tag.version && tag.until_micros) return Bad("a tag that goes has no end");
  }
  for (const RetentionChange& retention : request.retention) {
    if (retention.policy.keep_last.value_or(1) < 1) return Bad("retention keeps at least the last version: keep_last is less than 1");
    if (retention.policy.keep_for_seconds.value_or(0) < 0) return Bad("keep_for_seconds is negative");
  }
  for (const Event& event : request.events) {
    if (event.entity.empty() || event.kind.empty()) return Bad("an event needs an entity and a kind");
    if (event.entity.size() > kMaxKeyText || event.kind.size() > kMaxKeyText) return Bad("entity and kind of an event may have 256 bytes");
    LH_TRY(CheckTexts(event.fields, "an event"));
  }
  if (request.idempotency) {
    if (!IsPlainText(request.idempotency->key)) return Bad("an idempotency key has 1 to 256 printable ASCII characters");
    if (!IsPlainText(request.idempotency->request_sha256)) return Bad("an idempotency key comes with the digest of its request");
  }
  return Ok{};
}

}  // namespace lakehouse::catalog
