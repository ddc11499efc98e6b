#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/catalog/types.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/ingest/source.h"
#include "prepare.h"

namespace lakehouse::ingest {

constexpr std::int64_t kRowGroupRows = 20'480;
constexpr std::int64_t kMaxFileBytes = std::int64_t{128} << 20;

/// A Parquet file in the worker's tmp directory.
struct BuiltFile {
  std::string name;  ///< in tmp/
  std::int64_t rows = 0;
  std::vector<catalog::ColumnStatistics> statistics;
};

/// Writes the Parquet files of datasets in a jailed worker: zstd, row groups of 20,480 rows, field ids, "iceberg.schema". One job at
/// a time; `stem` keeps its files apart. Errors about what a file holds are kUnprocessable ("unreadable_parquet",
/// "unsupported_codec", "bad_value"); the rest are those of engine::Session.
class TableBuilder {
 public:
  TableBuilder(engine::Session& session, std::string stem) : session_(session), stem_(std::move(stem)) {}
  void OnProgress(std::function<void(double percent)> on_progress) { on_progress_ = std::move(on_progress); }

  /// The columns of a Parquet file as they will be stored, without ids; refuses codecs that unpack without bounds and files whose
  /// footer promises more rows than bytes can hold.
  Result<std::vector<catalog::Column>> DescribeParquet(const Context& context, const std::string& path, std::int64_t size_bytes,
                                                       std::vector<std::string>& notes);

  /// All rows of a prepared text as one or more files of at most 128 MiB (roughly). kInternal reason "count_differs": the engine
  /// read another number of rows than were counted before; nothing is lost, but the file needs its plain copy.
  Result<std::vector<BuiltFile>> BuildFromText(const Context& context, const PrepareReport& report,
                                               const std::vector<catalog::Column>& columns, const std::vector<int>& from,
                                               bool in_one_piece = false);
  /// The same of a source's rows.
  Result<std::vector<BuiltFile>> BuildFromRows(const Context& context, const std::string& path, const SourceBatch& batch,
                                               const std::vector<catalog::Column>& columns, const std::vector<int>& from,
                                               bool in_one_piece);
  /// `from`: for each of the columns the number of the file's that fills it, -1: null; empty: as they stand.
  Result<std::vector<BuiltFile>> BuildFromParquet(const Context& context, const std::string& path,
                                                  const std::vector<catalog::Column>& columns, const std::vector<int>& from);
  /// The first rows as they would be stored, as text; long values are cut.
  using Rows = std::vector<std::vector<std::optional<std::string>>>;
  Result<Rows> SampleText(const Context& context, const PrepareReport& report, const std::vector<catalog::Column>& columns,
                          const std::vector<int>& from);
  Result<Rows> SampleParquet(const Context& context, const std::string& path, const std::vector<catalog::Column>& columns,
                             const std::vector<int>& from);
  /// line, column_name, reason and text of the first rejected rows.
  Result<Rows> SampleRejects(const Context& context, const std::string& csv_path);
  Result<std::int64_t> CountParquet(const Context& context, const std::string& path);
  /// The rows of a SELECT over files that are linked into the worker, in the order in which it gives them.
  Result<std::vector<BuiltFile>> BuildFromSelect(const Context& context, const std::string& select,
                                                 const std::vector<catalog::Column>& columns);
  /// Rejected rows as the rows of the companion dataset.
  Result<BuiltFile> BuildRejects(const Context& context, const std::string& csv_path, const std::string& job_id,
                                 const std::string& file_name, const std::vector<catalog::Column>& columns);

  /// Of rows with one key the last stays. kUnprocessable reason "null_key".
  Result<std::vector<BuiltFile>> KeepLastOfKey(const Context& context, const std::vector<BuiltFile>& files,
                                               const std::vector<catalog::Column>& columns, const std::string& key);

  /// The keys of these files, kept in the worker for BuildDeletes after the files are taken.
  Result<std::string> KeepKeys(const Context& context, const std::vector<BuiltFile>& files, const catalog::Column& key);
  /// The same from texts, cast to the key's type. kUnprocessable reason "bad_value".
  Result<std::string> KeepKeys(const Context& context, const std::vector<std::string>& values, const catalog::Column& key);

  /// What the newest version of a document is.
  struct NewestDocument {
    std::string id;
    std::string sha256;
    std::int64_t version = 0;
    std::string metadata;  ///< JSON text; empty: there is none
  };
  /// Of those among `ids` that `select` has: a dataset of documents whose files are linked into the worker.
  Result<std::vector<NewestDocument>> NewestDocuments(const Context& context, const std::string& select,
                                                      const std::vector<std::string>& ids);

  static std::string PathOf(const BuiltFile& file);
  /// The rows of files in the worker as a SELECT, and those of kept keys (column k) as a table.
  static std::string SelectFiles(const std::vector<std::string>& paths, const std::vector<catalog::Column>& columns);
  static std::string ReadKeys(const std::string& kept_keys);
  /// The numbers of a one-row answer.
  Result<std::vector<std::int64_t>> QueryCounts(const Context& context, const std::string& sql);

  struct BaseFile {
    std::string key;
    std::string path;  ///< "in/…"
  };
  /// Position deletes (Iceberg v2) for the rows of the base, minus what is deleted already, whose key is among the kept ones. `is_evolved`:
  /// base files may be older than the columns. Nothing when no row has one of them.
  Result<std::optional<BuiltFile>> BuildDeletes(const Context& context, const std::vector<BaseFile>& base,
                                                const std::vector<BaseFile>& deletes, const catalog::Column& key,
                                                const std::string& kept_keys, bool is_evolved);

 private:
  Status Execute(const Context& context, const std::string& statement, std::uint64_t* rows = nullptr);
  Result<std::string> Query(const Context& context, const std::string& sql);
  Result<std::string> SelectFromParquet(const Context& context, const std::string& path, const std::vector<catalog::Column>& columns,
                                        const std::vector<int>& from);
  Result<Rows> Sample(const Context& context, const std::string& select, const std::vector<catalog::Column>& columns);
  std::string NewName();
  Result<BuiltFile> Write(const Context& context, const std::string& select, const std::vector<catalog::Column>& columns);
  Result<std::vector<BuiltFile>> Split(const Context& context, BuiltFile file, const std::vector<catalog::Column>& columns);
  Result<std::vector<catalog::ColumnStatistics>> Statistics(const Context& context, const std::string& name,
                                                            const std::vector<catalog::Column>& columns);

  engine::Session& session_;
  std::string stem_;
  int files_ = 0;
  std::function<void(double)> on_progress_;
};

/// The companion dataset's columns.
std::vector<catalog::Column> RejectColumns();

}  // namespace lakehouse::ingest
