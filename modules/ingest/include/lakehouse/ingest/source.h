#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// A column of a source, and what the engine does to have its values as they were there.
struct SourceColumn {
  std::string name;
  std::string type;     ///< as it is stored, as the engine spells it
  std::string read_as;  ///< type of the text's column; a plain one
  /// Of the quoted name %; empty: as it was read.
  std::string expression;
  bool operator==(const SourceColumn&) const = default;
};

/// What one read brought: a file of rows in CSV (UTF-8, commas, RFC 4180 quotes, LF, no header; \N without quotes is null, an empty cell is
/// an empty text), and what is known about it.
struct SourceBatch {
  std::vector<SourceColumn> columns;
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t longest_record_bytes = 0;
  std::string sha256;  ///< of the columns and the file: the same when a read brings nothing else
  /// Up to where a growing column was read, as text; empty: the source was read whole, or there was nothing.
  std::string grown_to;
  bool more = false;  ///< another read after `grown_to` may bring more
  /// By column, how many values cannot be said and became null: MySQL's dates without a day.
  std::map<std::string, std::int64_t> nulled;
};

/// Where rows come from that are no file. One thread at a time.
///
/// Every read is one consistent state of the source: what others write meanwhile is in it whole or not at all. A read that fails leaves
/// nothing that counts: the caller throws the file away and may read again after the same position, as often as it likes, without a gap or
/// a row twice. A new kind implements this and runs the suite of testing/ingest_testing/source_contract.h.
class Source {
 public:
  virtual ~Source() = default;
  /// For lineage and people: never a password.
  virtual std::string Lineage() const = 0;
  /// "postgres", "mysql": the format that the job and the snapshot name.
  virtual std::string Kind() const = 0;
  /// Column whose values only grow and after which reads go on; empty: every read brings everything.
  virtual std::string GrowingColumn() const = 0;

  /// Called now and then with the octets that have come; an error ends the read.
  using Progress = std::function<Status(std::int64_t bytes)>;
  /// Writes the rows after position `after` (empty: from the beginning) to `path`, a new file. kUnavailable reason "source_lost",
  /// "source_busy": read again later; all else is for people: kNotFound "table_not_found", kConflict "source_changed" (its columns are
  /// others than at the first read of this object), kUnprocessable and kPermissionDenied.
  virtual Result<SourceBatch> Read(const Context& context, const std::string& after, const std::string& path, const Progress& progress) = 0;
};

/// Where whole files come from by themselves: a URL, a folder, a prefix of a bucket. One thread at a time.
///
/// Next gives what is there and was not taken before, each once in a run; Settle says what became of it. What was not settled, because the
/// process died, is given again: the same octets under the same name, which ingest knows. New kinds run the suite of
/// testing/ingest_testing/file_source_contract.h.
class FileSource {
 public:
  struct File {
    std::string path;    ///< of this machine
    bool owned = false;  ///< a copy in the spool, whoever has it removes it
    std::string name;    ///< "people.csv": a hint for the format
    std::string origin;  ///< for lineage; never a password
    std::map<std::string, std::string> marks;
    std::optional<Error> fault;  ///< why this one could not be brought, which says nothing about the others; there is no file then
  };
  /// What is remembered from run to run: of a URL its ETag, of a bucket which objects were taken.
  using Marks = std::map<std::string, std::string>;

  virtual ~FileSource() = default;
  /// Nothing: there is no further one now. kUnavailable, kDeadlineExceeded: later; the rest is for people.
  virtual Result<std::optional<File>> Next(const Context& context, const Marks& marks) = 0;
  /// Taken, or refused for good by what it holds.
  virtual Status Settle(const Context& context, const File& file, bool taken, Marks& marks) = 0;
};

}  // namespace lakehouse::ingest
