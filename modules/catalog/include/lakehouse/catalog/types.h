#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/raw_json.h"

/// The values of the catalog. A field that may be missing is std::optional; all others are required on the wire. After a
/// change here src/catalog_wire.h does not compile until it names the new field.
namespace lakehouse::catalog {

/// One column of a dataset. `field_id` never changes and is never used twice within a dataset: files are read by it.
struct Column {
  std::string name;
  std::string type;                ///< DuckDB's spelling: "BIGINT", "DECIMAL(18,3)", "STRUCT(a INTEGER)"
  std::int32_t field_id = 0;       ///< from 1; 0 in a request: assign one
  std::optional<std::string> tag;  ///< what kind of personal data it holds: "email", "phone"; absent: none found
};

struct Schema {
  std::vector<Column> columns;
  std::string fingerprint;  ///< hex SHA-256 over the (name, type) pairs in order; see FingerprintOf in schema.h
  /// Columns were added or widened while the files stayed: a file may lack some, or have a narrower type.
  std::optional<bool> evolved{};
};

enum class FileContent { kData, kPositionDeletes };
constexpr std::string_view WireName(FileContent content) {
  switch (content) {
    case FileContent::kData: return "data";
    case FileContent::kPositionDeletes: return "position_deletes";
  }
  return {};
}

/// What is known of one column of one file. Bounds are texts as DuckDB casts them to VARCHAR; absent when all values are null
/// or the type has no order.
struct ColumnStatistics {
  std::int32_t field_id = 0;
  std::int64_t null_count = 0;
  std::optional<std::string> lower;
  std::optional<std::string> upper;
};

/// One immutable object of a snapshot.
struct DataFile {
  FileContent content = FileContent::kData;
  std::string key;
  std::int64_t size_bytes = 0;
  std::string sha256;  ///< hex, of the whole object
  std::int64_t rows = 0;
  std::vector<ColumnStatistics> statistics;
};

/// An object by name, length and digest: what a record may hold of data.
struct ObjectRef {
  std::string key;
  std::int64_t size_bytes = 0;
  std::string sha256;
};

enum class Operation { kCreate, kAppend, kReplace, kUpsert, kDelete, kRestore, kCompact };
constexpr std::string_view WireName(Operation operation) {
  switch (operation) {
    case Operation::kCreate: return "create";
    case Operation::kAppend: return "append";
    case Operation::kReplace: return "replace";
    case Operation::kUpsert: return "upsert";
    case Operation::kDelete: return "delete";
    case Operation::kRestore: return "restore";
    case Operation::kCompact: return "compact";
  }
  return {};
}

/// Which old versions of a dataset are kept: those that one of the two keeps. Neither: all of them.
struct Retention {
  std::optional<std::int64_t> keep_last;         ///< so many of the newest
  std::optional<std::int64_t> keep_for_seconds;  ///< so long after another one took their place
};

/// A name for one version, which is kept as long as it has one.
struct Tag {
  std::string name;
  std::int64_t version = 0;
  std::optional<std::int64_t> until_micros;  ///< a pin: it keeps nothing after this time
};

/// The state of a dataset at one version. Immutable.
struct Snapshot {
  std::int64_t version = 0;   ///< of this dataset: 1, 2, 3…
  std::int64_t sequence = 0;  ///< of the lake: the record that made it
  std::int64_t time_micros = 0;
  Operation operation = Operation::kCreate;
  Schema schema;
  std::int64_t rows = 0;        ///< visible: data minus position deletes
  std::int64_t size_bytes = 0;  ///< of all files
  std::int64_t file_count = 0;
  std::optional<ObjectRef> manifest;  ///< absent when there are no files
  std::string principal;
  std::map<std::string, std::string> summary;  ///< source, job, rows in, rejected…: lineage; never a cell value
  bool expired = false;                        ///< retention let it go: it is history, and can be read no more
};

/// A dataset as one sees it in a list.
struct Dataset {
  std::string name;
  std::string id;  ///< UUIDv5 of the name: survives the loss of the catalog
  std::int64_t created_micros = 0;
  std::map<std::string, std::string> attributes;  ///< owner, sensitivity, description…
  Snapshot head;
  std::vector<Tag> tags;               ///< by name
  std::optional<Retention> retention;  ///< its own; absent: the lake's
};

/// What readers of this dataset want: the head, a version, or the last one at a time. At most one is set.
struct SnapshotSelector {
  std::optional<std::int64_t> version;
  std::optional<std::int64_t> time_micros;
  std::optional<std::int64_t> sequence;  ///< as the whole lake was after this record
};

/// A change of one dataset. In a request, `add` and `remove` say the difference from version `base_version`; the writer makes
/// the manifest.
struct SnapshotChange {
  std::string dataset;
  Operation operation = Operation::kAppend;
  /// The version the change was computed from. Required for upsert, delete, compact: kConflict when the head has moved.
  /// Absent for append and replace, which apply to any head of the same schema.
  std::optional<std::int64_t> base_version;
  std::optional<Schema> schema;  ///< required for create; else it must equal the head's when given, but for replaces_schema
  std::vector<DataFile> add;
  std::vector<std::string> remove;  ///< keys
  std::map<std::string, std::string> summary;
  std::map<std::string, std::string> attributes;  ///< set on the dataset; an empty value removes
  std::optional<std::int64_t> restore_version;    ///< for restore
  /// `schema` may be another; older versions keep theirs. For replace: any. For append and upsert, whose files stay: the head's columns
  /// under their ids, perhaps of a wider type, and behind them new ones; needs the base version.
  bool replaces_schema = false;
};

/// Something that happened to one entity, for the journal: no cell value and no row key; those stand in objects.
struct Event {
  std::string entity;  ///< "dataset:workers"
  std::string kind;    ///< "ingest.append"
  std::map<std::string, std::string> fields;
};

/// Makes a retry safe: the same key with the same digest gets the first answer again.
struct Idempotency {
  std::string key;
  std::string request_sha256;
};

/// Sets or, without a version, removes a tag.
struct TagChange {
  std::string dataset;
  std::string name;  ///< 1 to 128 of letters, digits and ".-_"
  std::optional<std::int64_t> version;
  std::optional<std::int64_t> until_micros;
};
/// Neither keep_last nor keep_for_seconds: the dataset follows the lake, the lake keeps all.
struct RetentionChange {
  std::string dataset;  ///< empty: of all datasets without their own
  Retention policy;
};

struct CommitRequest {
  std::vector<SnapshotChange> changes;  ///< all or nothing; may touch several datasets, each once
  std::vector<std::string> drops;       ///< datasets that end here; time travel to earlier records still reaches them
  std::vector<Event> events;
  std::optional<Idempotency> idempotency;
  std::vector<TagChange> tags;
  std::vector<RetentionChange> retention;
};
struct CommittedSnapshot {
  std::string dataset;
  std::int64_t version = 0;
  std::int64_t rows = 0;
};
struct CommitResponse {
  std::string commit_id;
  std::int64_t sequence = 0;
  std::int64_t time_micros = 0;
  std::vector<CommittedSnapshot> snapshots;
  bool replayed = false;  ///< the answer of an earlier commit with the same idempotency key
};

struct RegisterRequest {
  std::string name;
  Schema schema;  ///< or a bare fingerprint with no columns, as the predecessor's clients send
  std::vector<DataFile> files;
};
struct RegisterResponse {
  Dataset dataset;
  bool existing = false;
};

struct ResolveTable {
  std::string name;
  SnapshotSelector at;
};
struct ResolvedTable {
  std::string name;
  Snapshot snapshot;
  std::vector<DataFile> files;
};
struct ResolveRequest {
  std::vector<ResolveTable> tables;
};
struct ResolveResponse {
  std::int64_t sequence = 0;          ///< the whole answer is the lake after this record
  std::vector<ResolvedTable> tables;  ///< in the order asked
};

struct ListDatasetsRequest {
  std::string prefix;
  std::string after;  ///< names greater than this
  std::int64_t limit = 1000;
};
struct ListDatasetsResponse {
  std::vector<Dataset> datasets;  ///< sorted by name
  bool more = false;
  std::int64_t sequence = 0;
};

struct DescribeRequest {
  std::string name;
  SnapshotSelector at;
};
struct DescribeResponse {
  Dataset dataset;  ///< head is the selected snapshot
};

struct HistoryRequest {
  std::string name;
  std::optional<std::int64_t> before_version;
  std::int64_t limit = 100;
};
struct HistoryResponse {
  std::vector<Snapshot> snapshots;  ///< newest first
  bool more = false;
};

struct DiffRequest {
  std::string name;
  std::int64_t from_version = 0;
  std::int64_t to_version = 0;
};
struct SchemaDifference {
  std::string column;
  std::string change;  ///< "added", "missing", "retyped", "moved"
  std::optional<std::string> from_type;
  std::optional<std::string> to_type;
  std::optional<std::string> remedy{};  ///< of a refusal: what can be done about it
};
struct DiffResponse {
  std::vector<SchemaDifference> columns;
  std::int64_t rows_before = 0;
  std::int64_t rows_after = 0;
  std::vector<DataFile> added;
  std::vector<DataFile> removed;
};

struct ReadRecordsRequest {
  std::int64_t from_sequence = 1;
  std::int64_t limit = 100;
};
struct LogRecord {
  std::int64_t sequence = 0;
  std::int64_t time_micros = 0;
  std::int64_t epoch = 0;
  RawJson json;  ///< the record as stored
};
struct ReadRecordsResponse {
  std::vector<LogRecord> records;
  std::int64_t head_sequence = 0;
};

enum class Role { kWriter, kFollower, kFenced };
constexpr std::string_view WireName(Role role) {
  switch (role) {
    case Role::kWriter: return "writer";
    case Role::kFollower: return "follower";
    case Role::kFenced: return "fenced";
  }
  return {};
}
struct StatusRequest {};
struct StatusResponse {
  std::string lake_id;
  std::int64_t sequence = 0;
  std::int64_t epoch = 0;
  Role role = Role::kWriter;
  std::int64_t dataset_count = 0;
  std::string head_sha256;
  std::optional<Retention> retention;  ///< of datasets without their own
};

struct CollectGarbageRequest {
  bool run = false;  ///< false: only say what would go
};
struct GarbageObject {
  std::string key;
  std::int64_t size_bytes = 0;
};
struct CollectGarbageResponse {
  bool ran = false;
  std::int64_t epoch = 0;             ///< uploads of writers before this one were looked at
  std::int64_t expired_versions = 0;  ///< that retention lets go now
  std::int64_t objects = 0;
  std::int64_t size_bytes = 0;
  std::vector<GarbageObject> first;  ///< at most 1,000 of them
};

enum class RedactionKind { kNull, kHash, kMask };
constexpr std::string_view WireName(RedactionKind kind) {
  switch (kind) {
    case RedactionKind::kNull: return "null";
    case RedactionKind::kHash: return "hash";
    case RedactionKind::kMask: return "mask";
  }
  return {};
}
/// How a column is made unreadable. kHash: hex SHA-256 of the text behind a secret of this machine, so equal values stay equal. kMask: six
/// stars between the first and the last characters, however many they stand for; a text too short for that is six stars. NULL stays NULL.
struct Redaction {
  std::string column;
  RedactionKind kind = RedactionKind::kNull;
  std::int64_t keep_prefix = 0;
  std::int64_t keep_suffix = 0;
};
/// What a profile hides of the datasets that a pattern names.
struct SafeView {
  std::string dataset;               ///< a name, or a pattern with '*'
  std::vector<std::string> columns;  ///< only these; empty: all
  std::string row_filter;            ///< SQL over the columns of one row; only rows for which it holds. Empty: all
  std::vector<Redaction> redactions;
};
struct ProfileLimits {
  std::optional<std::int64_t> memory_bytes;  ///< of one statement
  std::optional<std::int64_t> timeout_ms;    ///< of one statement
  std::optional<std::int64_t> max_rows;      ///< of one result
  std::optional<std::int64_t> concurrency;   ///< statements of one key at once
};
/// What a caller may see and use. Versions are never changed; one of them is active. One profile ("default": every dataset,
/// nothing hidden) exists from the start.
struct Profile {
  std::string name;
  std::int64_t version = 0;
  std::vector<std::string> datasets;  ///< names, or patterns with '*'; empty: all
  std::vector<SafeView> views;        ///< all that fit a dataset apply together
  ProfileLimits limits;
  std::string bucket;  ///< where its callers' uploads go, and nowhere else; empty: as they say
};
struct LoadProfileRequest {
  std::string name;
};
struct LoadProfileResponse {
  Profile profile;  ///< the active version
};

enum class Scope { kRead, kWrite, kAdmin };
constexpr std::string_view WireName(Scope scope) {
  switch (scope) {
    case Scope::kRead: return "read";
    case Scope::kWrite: return "write";
    case Scope::kAdmin: return "admin";
  }
  return {};
}
/// A principal "key:<id>" besides the administrator. Tokens have 256 random bits; only their digests are kept.
struct ApiKey {
  std::string id;
  std::string name;     ///< for people
  std::string profile;  ///< empty: sees everything
  std::vector<Scope> scopes;
  std::int64_t created_micros = 0;
  std::string sha256;  ///< hex, of the token
  /// While a rotation lets clients change over, the token before is good too.
  std::optional<std::string> old_sha256;
  std::optional<std::int64_t> old_until_micros;
  std::optional<std::int64_t> revoked_micros;
};
struct ProfileActivation {
  std::string name;
  std::int64_t version = 0;
};
/// All of it becomes true in one record.
struct AccessChange {
  std::optional<Profile> profile;  ///< a new version
  std::optional<ProfileActivation> activation;
  std::optional<ApiKey> key;  ///< new, or in place of the one with this id
};
struct ChangeAccessRequest {
  AccessChange change;  ///< the profile's version is assigned: 0 here, also in the activation of that version
  bool is_new = false;  ///< the key's id must be new
};
struct ChangeAccessResponse {
  std::int64_t sequence = 0;
  std::int64_t version = 0;  ///< of the profile that was changed; else 0
};
struct LoadAccessRequest {
  std::int64_t known_sequence = -1;  ///< what the caller has already
};
struct LoadAccessResponse {
  std::int64_t sequence = 0;      ///< of the last change; 0: there was none
  bool changed = false;           ///< false: the caller has it all, and the rest is empty
  std::vector<Profile> profiles;  ///< all versions, rising
  std::vector<ProfileActivation> active;
  std::vector<ApiKey> keys;
};

}  // namespace lakehouse::catalog
