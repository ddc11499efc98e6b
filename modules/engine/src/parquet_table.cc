#include "lakehouse/engine/parquet_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <set>
#include <utility>

#include "duck.h"
#include "duck_error.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/random.h"
#include "lakehouse/engine/functions.h"
#include "local_database.h"
#include "parquet_facts.h"
#include "plain_parquet.h"
#include "table_cells.h"

namespace lakehouse::engine {

namespace {

constexpr const char* kTable = "rows_to_write";

/// A file of the scratch directory that goes with its user.
class ScratchFile {
 public:
  explicit ScratchFile(const std::string& directory) : path_(directory + "/" + SystemRandom().Hex(16) + ".parquet") {}
  ~ScratchFile() { unlink(path_.c_str()); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }

  Status Fill(std::string_view octets) const {
    const UniqueFd fd(open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!fd) return FileError("create", path_, errno);
    return WriteAll(fd.get(), octets, path_);
  }
  /// A second name for an existing file; a copy where that cannot be.
  Status Borrow(const std::string& path) const {
    if (link(path.c_str(), path_.c_str()) == 0) return Ok{};
    if (errno == ENOENT) return FileError("open", path, errno);
    const std::string octets = LH_TRY(lakehouse::ReadFile(path));
    return Fill(octets);
  }

 private:
  std::string path_;
};

/// Names that differ in case alone are one name to the library.
std::string FoldedName(std::string name) {
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

Status CheckTable(const Table& table, const ParquetWriteOptions& options) {
  const auto wrong = [](std::string message) {
    return Error(ErrorCode::kInvalidArgument, "write a table as Parquet: " + std::move(message));
  };
  if (table.columns.empty()) return wrong("it has no columns");
  std::set<std::string> names;
  for (const Column& column : table.columns) {
    if (!IsCellType(column.type)) return wrong(fmt::format("column \"{}\" has type {}", column.name, column.type));
    if (column.name.empty() || !names.insert(FoldedName(column.name)).second)
      return wrong(fmt::format("the column name \"{}\" is empty or there twice", column.name));
  }
  if (!options.field_ids.empty() && options.field_ids.size() != table.columns.size())
    return wrong(fmt::format("{} field ids for {} columns", options.field_ids.size(), table.columns.size()));
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    if (table.rows[row].size() != table.columns.size()) return wrong(fmt::format("row {} has {} cells", row, table.rows[row].size()));
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      if (!CellFits(table.rows[row][i], table.columns[i].type))
        return wrong(fmt::format("row {}: the cell of column \"{}\" is no {}", row, table.columns[i].name, table.columns[i].type));
  }
  return Ok{};
}

std::string CreateTableSql(const Table& table) {
  std::string sql = fmt::format("CREATE OR REPLACE TEMP TABLE {} (", kTable);
  for (const Column& column : table.columns) sql += QuoteName(column.name) + " " + column.type + ",";
  sql.back() = ')';
  return sql;
}

std::string CopySql(const Table& table, const ParquetWriteOptions& options, const std::string& path) {
  std::string sql = fmt::format("COPY {} TO {} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480", kTable, QuoteText(path));
  if (!options.metadata.empty()) {
    sql += ", KV_METADATA {";
    for (const auto& [key, value] : options.metadata) sql += QuoteText(key) + ":" + QuoteText(value) + ",";
    sql.back() = '}';
  }
  if (!options.field_ids.empty()) {
    sql += ", FIELD_IDS {";
    for (std::size_t i = 0; i < table.columns.size(); ++i)
      sql += fmt::format("{}:{},", QuoteText(table.columns[i].name), options.field_ids[i]);
    sql.back() = '}';
  }
  return sql + ")";
}

/// What a reader of our own files may answer: such a file is damaged, whatever the library calls it.
Error JudgeRead(Error error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal: return Error(ErrorCode::kCorruption, error.message()).Named("unreadable_file");
    default: return error;
  }
}

}  // namespace

struct ParquetTables::State {
  State(TemporaryDirectory d, std::uint64_t memory_bytes) : directory(std::move(d)), database(directory.path(), memory_bytes) {}

  std::mutex mutex;  // protects all; one call at a time
  TemporaryDirectory directory;
  LocalDatabase database;

  Result<std::string> Write(const Context& context, const Table& table, const ParquetWriteOptions& options);
  Result<Table> Read(const Context& context, const std::string& path, const std::vector<Column>& expected);
};

ParquetTables::ParquetTables(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetTables::~ParquetTables() = default;

Result<std::unique_ptr<ParquetTables>> ParquetTables::Open(Options options) {
  TemporaryDirectory directory = LH_TRY_WHILE(TemporaryDirectory::Create(options.scratch, "parquet"), "open the Parquet reader");
  return std::unique_ptr<ParquetTables>(new ParquetTables(std::make_unique<State>(std::move(directory), options.memory_bytes)));
}

Result<std::string> ParquetTables::State::Write(const Context& context, const Table& table, const ParquetWriteOptions& options) {
  const ScratchFile file(directory.path());
  LH_TRY(database.Execute(context, CreateTableSql(table)));
  LH_TRY(AppendRows(LH_TRY(database.connection()), kTable, table));
  LH_TRY(database.Execute(context, CopySql(table, options, file.path())));
  return lakehouse::ReadFile(file.path());
}

Result<std::string> ParquetTables::Write(const Context& context, const Table& table, const ParquetWriteOptions& options) {
  LH_TRY(context.Check());
  LH_TRY(CheckTable(table, options));
  if (IsPlainParquetSize(table)) return PlainParquet(table, options);
  const std::lock_guard lock(state_->mutex);
  Result<std::string> octets = state_->Write(context, table, options);
  (void)state_->database.Execute({}, fmt::format("DROP TABLE IF EXISTS temp.{}", kTable));
  return octets;
}

Result<Table> ParquetTables::State::Read(const Context& context, const std::string& path, const std::vector<Column>& expected) {
  std::string sql = "SELECT ";
  for (const Column& column : expected) sql += QuoteName(column.name) + ",";
  sql.back() = ' ';
  sql += "FROM read_parquet(" + QuoteText(path) + ")";
  Table table;
  table.columns = expected;
  const auto take = [&](duckdb_result& result, duckdb_data_chunk chunk) -> Status {
    if (chunk != nullptr) return TakeRows(chunk, table);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const DuckType type(duckdb_column_logical_type(&result, i));
      if (const std::string found = SpellType(type.handle); found != expected[i].type)
        return Error(ErrorCode::kCorruption, fmt::format("column \"{}\" is {}, expected {}", expected[i].name, found, expected[i].type))
            .Named("unreadable_file");
    }
    return Ok{};
  };
  Status read = database.Query(context, sql, take);
  if (!read) return JudgeRead(std::move(read).TakeError());
  return table;
}

Result<Table> ParquetTables::ReadBytes(const Context& context, std::string_view parquet, const std::vector<Column>& expected) {
  LH_TRY(context.Check());
  const std::lock_guard lock(state_->mutex);
  const ScratchFile file(state_->directory.path());
  LH_TRY(file.Fill(parquet));
  return state_->Read(context, file.path(), expected);
}

Result<Table> ParquetTables::ReadFile(const Context& context, const std::string& path, const std::vector<Column>& expected) {
  LH_TRY(context.Check());
  const std::lock_guard lock(state_->mutex);
  const ScratchFile file(state_->directory.path());
  LH_TRY(file.Borrow(path));
  return LH_TRY_WHILE(state_->Read(context, file.path(), expected), "read " + path);
}

void ParquetTables::Rest() {
  const std::lock_guard lock(state_->mutex);
  state_->database.Close();
  malloc_trim(0);  // freed pieces between those in use stay with the process otherwise
}

Result<FileFacts> ParquetTables::Describe(const Context& context, const std::string& path) {
  LH_TRY(context.Check());
  const std::lock_guard lock(state_->mutex);
  const ScratchFile file(state_->directory.path());
  LH_TRY(file.Borrow(path));
  Result<FileFacts> facts = ReadFacts(context, state_->database, file.path());
  if (!facts) return JudgeRead(std::move(facts).TakeError()).While("describe " + path);
  return facts;
}

}  // namespace lakehouse::engine
