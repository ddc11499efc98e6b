#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

/// Files of a company into datasets, and the truth about what became of every row.
namespace lakehouse::ingest {

enum class Mode { kAuto, kCreate, kAppend, kReplace, kUpsert };  ///< kAuto: create when new, else append
constexpr std::string_view WireName(Mode mode) {
  switch (mode) {
    case Mode::kAuto: return "auto";
    case Mode::kCreate: return "create";
    case Mode::kAppend: return "append";
    case Mode::kReplace: return "replace";
    case Mode::kUpsert: return "upsert";
  }
  return {};
}

/// Objects within rows of JSON: columns of their own, or STRUCTs.
enum class Nested { kFlatten, kKeep };
constexpr std::string_view WireName(Nested nested) {
  switch (nested) {
    case Nested::kFlatten: return "flatten";
    case Nested::kKeep: return "keep";
  }
  return {};
}

enum class JobState { kQueued, kRunning, kCommitted, kUnchanged, kPreviewed, kFailed, kCancelled, kRescued };
constexpr std::string_view WireName(JobState state) {
  switch (state) {
    case JobState::kQueued: return "queued";
    case JobState::kRunning: return "running";
    case JobState::kCommitted: return "committed";
    case JobState::kUnchanged: return "unchanged";
    case JobState::kPreviewed: return "previewed";
    case JobState::kFailed: return "failed";
    case JobState::kCancelled: return "cancelled";
    case JobState::kRescued: return "rescued";
  }
  return {};
}

/// A table of a database, read instead of a file.
struct DatabaseTable {
  std::string url;       ///< postgres:// or mysql://user@host:port/database?sslmode=require; one with a password is refused
  std::string table;     ///< "orders", "sales.orders"; a view too
  std::string password;  ///< name of the secret that holds it, "source.…"; empty: none is sent
  std::string
      incremental;  ///< column whose values only grow: rows above those that came before are read, in batches; empty: the whole table
  std::int64_t batch_rows = 0;  ///< of incremental, about; 0: as the server thinks
};

/// One file to become rows of one dataset. The file is this machine's and may be moved or linked, never changed.
struct IngestRequest {
  std::string name;
  Mode mode = Mode::kAuto;
  std::string key;                        ///< column, for upsert
  std::string path;                       ///< the spooled upload, or a file named by a local caller
  std::optional<DatabaseTable> database;  ///< then there is no path
  std::string file_name;                  ///< as the sender called it: a hint for the format, and lineage
  std::string sha256;                     ///< of the file, when known
  /// "csv", "tsv", "json", "ndjson", "parquet", "xlsx"; "pdf", "docx", "html", "markdown", "text", "mail", "zip" (of these); absent: found
  /// out
  std::optional<std::string> format;
  std::optional<std::string> sheet;  ///< of a workbook; absent: the first that has rows
  std::optional<bool> header;        ///< of CSV: whether the first line holds names; absent: found out
  std::optional<std::string> idempotency_key;
  bool owned = false;  ///< the file is the job's own: removed once it has ended
  /// The job outlives the process, where it has a place for that: durable when Start returns, and taken up by the next one. Of files only.
  std::optional<bool> keep;
  /// Reads the whole file and says what would become of it, then ends as kPreviewed: nothing is written. Drift fails it as ever.
  bool preview = false;
  /// What becomes of the file's columns, by their names there: the dataset's column of this name, or nothing: left out. Those that are not
  /// named keep their names; the order does not matter then.
  std::map<std::string, std::optional<std::string>> columns;
  bool fill_missing = false;          ///< columns of the dataset that the file has not are null, instead of a refusal
  bool reject_misfits = false;        ///< of CSV: a column of another type is no refusal, rows whose values do not fit are rejected
  bool new_schema = false;            ///< of replace: the file's columns become the dataset's
  std::optional<Nested> nested{};     ///< of JSON; absent: as the dataset has it, flatten for a new one
  std::optional<std::string> bucket;  ///< where the files go, from then on those of later uploads too; absent: where the dataset's go
  /// Fingerprint of the columns that the dataset must have, empty: there must be none. Otherwise kConflict, reason "base_changed".
  std::optional<std::string> base_fingerprint;
  /// Version that the dataset had then. An upsert or replace applies to this one only, an append unless its rows were replaced since.
  std::optional<std::int64_t> base_version;
};

/// What a job does: files in, rows out, or files joined.
enum class JobKind { kIngest, kDelete, kCompact };
constexpr std::string_view WireName(JobKind kind) {
  switch (kind) {
    case JobKind::kIngest: return "ingest";
    case JobKind::kDelete: return "delete";
    case JobKind::kCompact: return "compact";
  }
  return {};
}

struct JobError {
  std::string code;
  std::string message;
  std::vector<std::string> context;
  std::string details;  ///< JSON text, may be empty
  std::int64_t http_status = 0;
  std::string kind;  ///< the ErrorCode's wire name: what the caller can do
};

/// A column that a preview found.
struct JobColumn {
  std::string name;
  std::string type;
  std::optional<std::string> tag;  ///< kind of personal data
};

/// A row that will be left out, as a preview shows it.
struct RejectedRow {
  std::int64_t line = 0;
  std::string column;
  std::string reason;
  std::string text;
};

/// What became of one document of a job.
struct FileReport {
  std::string uri;     ///< the file's name, or its path in the archive
  std::string format;  ///< "pdf", "docx", "html", "markdown", "text", "mail"; empty: none of them
  std::string state;   ///< "loaded", "unchanged", "rejected"
  std::string reason;  ///< of a rejected one, in one word
  std::string sha256;
  std::int64_t version = 1;  ///< of the document
  std::int64_t rows = 0;
  std::int64_t pages = 0;             ///< 0: the format has none
  std::vector<std::string> notes;     ///< why it was rejected, what was left out
  std::vector<std::string> personal;  ///< kinds of personal data in it and how often: "EMAIL 3"
};

/// What came of one expectation of a dataset. Counts only, no value.
struct ExpectationResult {
  std::string rule;    ///< "not_null", "unique", "range", "regex", "foreign_key", "row_count"
  std::string column;  ///< empty: of the dataset
  double mostly = 1;
  bool refuses = true;  ///< else it only warns
  std::int64_t checked = 0;
  std::int64_t failed = 0;
  bool passed = true;
};

/// What a job is doing and what became of it.
struct Job {
  std::string id;
  JobKind kind = JobKind::kIngest;
  JobState state = JobState::kQueued;
  std::string stage;  ///< "detect", "parse", "write", "upload", "commit"
  std::string name;
  std::string file_name;
  std::string format;
  std::int64_t bytes_total = 0;
  std::int64_t bytes_done = 0;
  std::int64_t rows_read = 0;  ///< loaded + rejected = read
  std::int64_t rows_loaded = 0;
  std::int64_t rows_rejected = 0;
  std::optional<double> eta_seconds;
  std::int64_t started_micros = 0;
  std::int64_t finished_micros = 0;
  std::optional<std::int64_t> version;  ///< of the dataset, once committed
  std::optional<std::int64_t> sequence;
  std::string dataset_id;
  std::string fingerprint;
  bool existing = false;                                                       ///< the dataset was there before with this schema
  std::vector<std::string> object_keys;                                        ///< of the data files this job added
  std::vector<JobColumn> columns;                                              ///< of a preview
  std::optional<std::vector<std::vector<std::optional<std::string>>>> sample;  ///< of a preview: the first rows' values as text
  std::optional<std::vector<RejectedRow>> rejects;                             ///< of a preview: the first rejected rows
  std::vector<std::string> notes;                                              ///< for people: what was assumed, renamed, left out
  std::vector<FileReport> files;                                               ///< of documents: the first 2,000; not in lists
  std::vector<ExpectationResult> expectations;                                 ///< of the dataset, about these rows
  std::string rejects_dataset;                                                 ///< where the bad rows are; empty when there are none
  std::optional<JobError> error;
};

struct StartResponse {
  Job job;
};
struct JobRequest {
  std::string id;
};
struct JobResponse {
  Job job;
};
struct WaitRequest {
  std::string id;
  std::int64_t wait_ms = 0;  ///< returns earlier when the job has ended
};
struct ListJobsRequest {
  std::int64_t limit = 100;
  bool under_way = false;  ///< only those that wait or run, and are no previews
};
struct ListJobsResponse {
  std::vector<Job> jobs;  ///< newest first
};
/// A file that waits in the rescue bucket: durable, not committed, not visible.
struct RescuedUpload {
  std::string id;  ///< of its job
  std::string name;
  std::string mode;
  std::string file_name;
  std::string principal;
  std::string sha256;
  std::int64_t size_bytes = 0;
  std::int64_t accepted_micros = 0;
  std::string why;            ///< primary did not take it
  std::int64_t attempts = 0;  ///< of this process to bring it in
  std::string last_error;     ///< of the last attempt
  bool held = false;          ///< will not be tried again before somebody says so
};
struct ListRescuedRequest {};
struct ListRescuedResponse {
  bool available = false;              ///< the lake has a rescue bucket
  std::vector<RescuedUpload> uploads;  ///< oldest first
  std::string error;                   ///< why the rescue bucket could not be read; empty: it was
};
enum class RescuedAction { kRetry, kDiscard };
constexpr std::string_view WireName(RescuedAction action) {
  switch (action) {
    case RescuedAction::kRetry: return "retry";
    case RescuedAction::kDiscard: return "discard";
  }
  return {};
}
struct SettleRescuedRequest {
  std::string id;
  RescuedAction action = RescuedAction::kRetry;
};
struct SettleRescuedResponse {
  RescuedUpload upload;  ///< as it was
};
struct DeleteRowsRequest {
  std::string name;
  std::string key;
  std::vector<std::string> values;  ///< as text; compared after casting to the column's type
  /// For the history: who wanted it and why. At most 1,000 octets each; they stay in the log, so they must not say what is deleted.
  std::optional<std::string> actor;
  std::optional<std::string> reason;
};
/// What a dataset says about the rows that come into it. A change of them is a version of the dataset.
struct DatasetRules {
  std::string drift = "refuse";  ///< of other columns: "refuse", "add", "widen", "any"
  std::string expectations;      ///< TOML, tables [[expect]]; empty: none
};
/// A load that the rules did not let in: no version of the dataset.
struct RefusedLoad {
  std::int64_t time_micros = 0;
  std::string job;
  std::string file_name;
  std::string code;  ///< "expectation_failed", "schema_conflict"
  std::string message;
  std::vector<ExpectationResult> results;  ///< of expectation_failed
};
struct LoadRulesRequest {
  std::string name;
};
struct LoadRulesResponse {
  std::string name;
  DatasetRules rules;
  std::int64_t version = 0;                ///< of the dataset
  std::vector<ExpectationResult> results;  ///< of the newest version that was checked
  std::int64_t checked_version = 0;        ///< that one; 0: none was
  std::vector<RefusedLoad> refused;        ///< the last twenty that the journal of errors has, newest first
};
struct PutRulesRequest {
  std::string name;
  std::optional<std::string> drift;         ///< absent: as it is
  std::optional<std::string> expectations;  ///< absent: as they are
};
/// A source that is read again and again. Its name is its identity: 1 to 64 of a-z, 0-9, '-' and '_'.
struct Schedule {
  std::string name;
  std::string
      kind;  ///< "postgres", "mysql" (a table), "http" (a file), "folder" (of the server's inbox), "objects" (of a registered bucket)
  /// postgres://user@host/database · mysql://user@host/database · https://host/file.csv · the folder's name · bucket/prefix. One with a
  /// password is refused.
  std::string url;
  std::string dataset;      ///< of folder and objects may be empty: each file becomes the dataset of its name
  std::string mode;         ///< as of an upload; empty: auto
  std::string key;          ///< of upsert
  std::string table;        ///< of a database
  std::string secret;       ///< name of the secret that is the password, or of http the bearer token; begins with "source."
  std::string incremental;  ///< of a database: a column that only grows
  std::string every;        ///< "15m", "6h", "1d"; from the end of one run to the beginning of the next
  std::string cron;         ///< or "30 6 * * 1-5": minute, hour, day, month, weekday; neither: only when asked
  std::string zone;         ///< of cron: "Europe/Berlin"; empty: UTC
  bool paused = false;
  std::optional<Nested> nested{};  ///< as of an upload
};
/// What became of one file that a source gave.
struct ScheduledFile {
  std::string name;   ///< with where it lies: "inbox/hr/people.csv"
  std::string state;  ///< of its job; "failed" of one that could not be brought or begun
  std::int64_t rows = 0;
  std::int64_t rejected = 0;
  std::string job;    ///< empty: there was none
  std::string error;  ///< code and words
};
/// One reading of a source, and what became of what it brought.
struct ScheduleRun {
  std::int64_t started_micros = 0;
  std::int64_t finished_micros = 0;
  std::string state;  ///< "committed", "unchanged", "failed"; of several files the worst
  std::int64_t files = 0;
  std::int64_t failed_files = 0;
  std::int64_t rows = 0;
  std::vector<std::string> jobs;         ///< the last ten
  std::string error;                     ///< code and words of the last failure
  std::vector<ScheduledFile> reports{};  ///< of files: fifty at most, those that failed before others
};
struct ScheduleState {
  Schedule schedule;
  bool running = false;
  std::optional<std::int64_t> next_micros;  ///< absent: only when asked
  std::vector<ScheduleRun> runs;            ///< the last twenty, newest first
};
struct ListSchedulesRequest {};
struct ListSchedulesResponse {
  std::vector<ScheduleState> schedules;  ///< by name
};
struct PutScheduleRequest {
  Schedule schedule;
};
struct ScheduleRequest {
  std::string name;
};
struct ScheduleResponse {
  ScheduleState schedule;
};
struct CompactRequest {
  std::string name;
};
struct SaveQueryRequest {
  std::string name;
  Mode mode = Mode::kCreate;
  std::string sql;
};

/// Thread-safe.
class Ingest {
 public:
  virtual ~Ingest() = default;
  /// Queues the job. The file must stay until the job has ended. kInvalidArgument for a bad name, mode or missing key; kUnavailable reason
  /// "overloaded" when the queue is full; kResourceExhausted reason "queue_share" when half of it is the caller's.
  virtual Result<StartResponse> Start(const Context& context, const IngestRequest& request) = 0;
  /// Rows whose key is one of these go, in one commit; a job that has ended already when it returns.
  virtual Result<JobResponse> DeleteRows(const Context& context, const DeleteRowsRequest& request) = 0;
  /// The result of a caller's query as a dataset; the same gate and limits as a query.
  virtual Result<StartResponse> SaveQuery(const Context& context, const SaveQueryRequest& request) = 0;
  /// Queues a job that joins small files of a dataset and leaves out deleted rows: a commit that changes no row. One that waits or
  /// runs for this dataset already is the answer. kNotFound; kUnavailable reason "overloaded".
  virtual Result<StartResponse> Compact(const Context& context, const CompactRequest& request) = 0;
  /// kNotFound.
  virtual Result<LoadRulesResponse> LoadRules(const Context& context, const LoadRulesRequest& request) = 0;
  /// A commit without rows. kInvalidArgument reason "bad_drift", "bad_expectations"; kNotFound.
  virtual Result<LoadRulesResponse> PutRules(const Context& context, const PutRulesRequest& request) = 0;
  virtual Result<ListSchedulesResponse> ListSchedules(const Context& context, const ListSchedulesRequest& request) = 0;
  /// New, or in place of the one of this name, whose history stays. kInvalidArgument "bad_schedule" and those of its source;
  /// kPermissionDenied "host_not_allowed".
  virtual Result<ScheduleResponse> PutSchedule(const Context& context, const PutScheduleRequest& request) = 0;
  /// It is forgotten, what it brought stays; the answer is what it was. A run at work comes to its end. kNotFound "schedule_not_found".
  virtual Result<ScheduleResponse> DropSchedule(const Context& context, const ScheduleRequest& request) = 0;
  /// Reads the source now, unless that is going on; the answer shows it running. kNotFound "schedule_not_found"; kUnavailable "not_writer".
  virtual Result<ScheduleResponse> RunSchedule(const Context& context, const ScheduleRequest& request) = 0;
  /// From here on the job outlives the process as if it had been started with `keep`. Of one that has ended, or whose file is not its own,
  /// nothing is kept. kNotFound; kUnavailable: it goes on, but ends with the process.
  virtual Result<JobResponse> Keep(const Context& context, const JobRequest& request) = 0;
  virtual Result<JobResponse> Wait(const Context& context, const WaitRequest& request) = 0;
  /// Asks it to stop, also in the next process; a job that has committed stays committed. kNotFound.
  virtual Result<JobResponse> Cancel(const Context& context, const JobRequest& request) = 0;
  virtual Result<ListJobsResponse> ListJobs(const Context& context, const ListJobsRequest& request) = 0;
  /// What waits in the rescue bucket; one that cannot be read is said in the answer.
  virtual Result<ListRescuedResponse> ListRescued(const Context& context, const ListRescuedRequest& request) = 0;
  /// An upload that is held is tried again, or given up: then its file is gone. kNotFound.
  virtual Result<SettleRescuedResponse> SettleRescued(const Context& context, const SettleRescuedRequest& request) = 0;
};

}  // namespace lakehouse::ingest
