#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

/// The commit record: what a commit writes, and all that the catalog is made from. docs/formats/commit-record.md describes
/// the bytes. It holds no cell value and no row key; those stand in objects it names.
namespace lakehouse::catalog {

/// A new version of a dataset.
struct SnapshotRecord {
  std::string dataset;  ///< as first written
  std::int64_t version = 0;
  Operation operation = Operation::kCreate;
  std::int32_t schema_id = 0;    ///< counts the schemas of the dataset from 0
  std::optional<Schema> schema;  ///< when this schema_id is new
  std::int64_t rows = 0;
  std::int64_t size_bytes = 0;
  std::int64_t file_count = 0;
  std::optional<ObjectRef> manifest;
  std::map<std::string, std::string> summary;
  std::map<std::string, std::string> attributes;  ///< set on the dataset; an empty value removes
  std::optional<std::int64_t> restored_version;
};

/// The end of a dataset; its versions stay readable by number and time.
struct DropRecord {
  std::string dataset;
  std::int64_t version = 0;  ///< its last
};

/// A writer takes over: the record's epoch is the one before plus 1.
struct EpochRecord {
  std::string lake_id;
  std::string writer;  ///< whom to look for: host and process
};

/// Objects, for gc and erasure.
struct KeysRecord {
  std::vector<std::string> keys;
};

/// A version gets a name, or a name goes.
struct TagRecord {
  std::string dataset;
  std::string name;
  std::optional<std::int64_t> version;  ///< absent: it goes
  std::optional<std::int64_t> until_micros;
};

struct RetentionRecord {
  std::string dataset;  ///< empty: of the lake
  Retention policy;
};

struct VersionRange {
  std::int64_t first = 0;
  std::int64_t last = 0;  ///< included
};

/// Versions that can be read no more from here on: what only they name is garbage.
struct ExpiredRecord {
  std::string dataset;
  std::vector<VersionRange> versions;
};

/// One of these.
struct ChangeRecord {
  std::optional<SnapshotRecord> snapshot;
  std::optional<DropRecord> drop;
  std::optional<EpochRecord> epoch;
  std::optional<KeysRecord> condemned;  ///< will be deleted: naming one of them from now on is a conflict
  std::optional<KeysRecord> deleted;    ///< condemned before, and gone
  std::optional<KeysRecord> erased;     ///< gone on purpose: their absence is no damage
  std::optional<TagRecord> tag;
  std::optional<RetentionRecord> retention;
  std::optional<ExpiredRecord> expired;
  std::optional<AccessChange> access;  ///< profiles and API keys
};

/// The answer a retry gets again. Sequence, time and commit id are those of the record and the transaction.
struct RecordedResponse {
  std::vector<CommittedSnapshot> snapshots;
};
struct IdempotencyRecord {
  std::string key;
  std::string request_sha256;
  std::int32_t status = 200;
  std::optional<RecordedResponse> response;  ///< left out when it would take more than 4 KiB: the changes say the same
};

struct Transaction {
  std::string commit_id;  ///< UUIDv7
  std::string principal;
  std::optional<IdempotencyRecord> idempotency;
  std::vector<ChangeRecord> changes;
  std::vector<Event> events;
};

/// What stands before the transactions.
struct RecordHeader {
  std::int64_t seq = 0;
  std::string prev_sha256;  ///< hex, of the whole object before; 64 zeros in record 1
  std::int64_t epoch = 0;
  std::int64_t time = 0;  ///< microseconds; rises strictly along the chain
};

struct CommitRecord {
  RecordHeader header;
  std::string sha256;  ///< of the record without this field: what protects the newest record, which no other one names yet
  std::vector<Transaction> txns;
};

inline constexpr std::size_t kMaxResponseBytes = 4096;
extern const std::string kNoRecordSha256;  ///< 64 zeros

/// Canonical JSON of one transaction. kInvalidArgument: a text in it is no UTF-8, or a number is too large.
Result<std::string> EncodeTransaction(const Transaction& transaction);
/// The bytes of the record: canonical JSON around transactions that are canonical already.
std::string AssembleRecord(const RecordHeader& header, std::span<const std::string> transactions);
/// kCorruption: not a record, or its digest does not fit. Neither chain nor contents are checked.
Result<CommitRecord> DecodeRecord(std::string_view bytes);

/// The answer of a committed transaction.
CommitResponse ResponseOf(const RecordHeader& header, const Transaction& transaction);
/// What a transaction keeps of its answer for retries; nothing when that takes more than 4 KiB.
std::optional<RecordedResponse> RecordedResponseOf(const Transaction& transaction);
/// The transaction as a reader of the log will see it.
Result<Transaction> DecodeTransaction(std::string_view json);

/// "_catalog/log/00000000000000000042.json"
inline constexpr std::string_view kLogPrefix = "_catalog/log/";
std::string RecordKey(std::int64_t sequence);
/// Nothing when the key is no record's.
std::optional<std::int64_t> SequenceOfRecordKey(std::string_view key);
/// Twenty digits: sorts as the number does.
std::string TwentyDigits(std::int64_t number);
std::optional<std::int64_t> ParseTwentyDigits(std::string_view text);

}  // namespace lakehouse::catalog
