#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "column_plan.h"
#include "decompress.h"
#include "document_source.h"
#include "lakehouse/base/result.h"
#include "personal_data.h"

/// What happens to a file before the engine reads it: unpacked, decoded, looked at as a whole. Pure code over files of the worker's
/// own directories; it runs in the jail, because what it reads is hostile.
namespace lakehouse::ingest {

struct TargetColumn {
  std::string name;
  std::string type;
};

struct PrepareRequest {
  std::string path;       ///< "in/…"
  std::string file_name;  ///< as the sender called it: its endings are hints
  std::optional<std::string> format;
  std::optional<bool> header;        ///< of CSV; absent: found out
  std::string stem;                  ///< files are made as "<directory><stem>.…"
  std::vector<TargetColumn> target;  ///< of the dataset the rows are for; empty: a new one
  ColumnChoices choices;
  bool fill_missing = false;    ///< columns of the target that the file has not are null
  bool reject_misfits = false;  ///< of CSV: rows that do not fit the target's types are rejected, however many they are
  bool widens = false;          ///< of CSV: where a column's values have a type that holds the target's, none is rejected for it
  bool plain_copy = false;      ///< of CSV: make the copy even when the file could be read as it stands
  std::int64_t max_unpacked_bytes = UnpackLimits{}.max_bytes;
  std::optional<std::string> sheet;       ///< of a workbook; absent: the first with rows
  std::vector<DocumentSource> documents;  ///< what the file holds, where it holds documents
  bool keeps_nested = false;              ///< of JSON: objects within rows stay objects
  bool is_rows = false;                   ///< rows of a source, whose columns are exactly the target's
  /// Whether columns go where they are sent, by name, instead of having to be the target's.
  bool is_planned() const { return !choices.empty() || fill_missing; }
};

/// Personal data within a column of nested values.
struct PreparedMember {
  std::string path;  ///< "address.email"; empty: the column's own values, or elements of its list
  std::string tag;
  std::int64_t hits = 0;
  std::int64_t seen = 0;
};
struct PreparedColumn {
  std::string name;
  std::string type;
  std::optional<std::string> tag;       ///< personal data it seems to hold
  std::int64_t tag_hits = 0;            ///< values that looked so …
  std::int64_t tag_seen = 0;            ///< … of these
  std::vector<PreparedMember> members;  ///< of JSON whose objects are kept; the first is what the tag is of
};
PreparedColumn PreparedColumnOf(std::string name, std::string type, const PersonalDataDetector& personal);

/// What was found. rows_loaded + rows_rejected = rows_read, counted here, so that the engine's count can be held against it.
struct PrepareReport {
  std::string format;       ///< "csv", "tsv", "json", "ndjson", "parquet", "xlsx"; of documents the listing's
  std::string compression;  ///< "", "gzip", "zstd"
  std::string encoding;
  std::string load_path;  ///< what the engine shall read: the file itself, or a plain copy of it
  bool is_lines = false;  ///< load_path has JSON values, one a line
  bool copied = false;    ///< the copy: UTF-8, LF, commas, RFC 4180 quotes, no header, good rows only
  std::string delimiter;  ///< of the original, and of load_path unless copied
  bool header = false;
  std::int64_t preamble_lines = 0;
  std::vector<PreparedColumn> columns;    ///< the file's, in its order when planned; empty for Parquet: the engine knows
  bool fits_target = true;                ///< names and types go with the target columns
  std::int64_t bytes = 0;                 ///< of text, unpacked
  std::int64_t longest_record_bytes = 0;  ///< of CSV
  std::int64_t rows_read = 0;
  std::int64_t rows_loaded = 0;
  std::int64_t rows_rejected = 0;
  std::string rejects_path;        ///< CSV without header: line, column_name, reason, raw; empty when there are none
  std::vector<std::string> notes;  ///< for people: what was assumed, renamed, skipped
  std::vector<DocumentOutcome> documents;
};

/// Called now and then with the octets done and their total; an error stops the work.
using PrepareProgress = std::function<Status(std::int64_t done, std::int64_t total)>;

/// All errors are the sender's to mend, kUnprocessable with a reason: "empty_file", "unsupported_format", "encrypted_parquet",
/// "truncated_parquet", "bad_gzip", "bad_zstd", "decompression_bomb", "bad_encoding", "nul_bytes", "unterminated_quote",
/// "record_too_long", "bad_json", "too_deep", "too_many_columns", "name_too_long". kUnavailable "disk_full".
Result<PrepareReport> PrepareFile(const PrepareRequest& request, const std::string& directory, const PrepareProgress& progress);

}  // namespace lakehouse::ingest
