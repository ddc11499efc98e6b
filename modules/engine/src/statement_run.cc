#include "statement_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "chunk_relay.h"
#include "duck_error.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "protocol.h"

namespace lakehouse::engine {

namespace {

constexpr std::size_t kFrame = 1u << 20;           // of output, sent together
constexpr std::int64_t kFlushAfterUs = 20'000;     // rows do not wait longer for others
constexpr std::size_t kMaxColumnsBody = 8u << 20;  // names and types
// Without it the engine does not count. A PRAGMA, because settings are locked; it must not print. Statements that are prepared are not
// counted even so (1.5.6).
constexpr const char* kCountProgress = "PRAGMA enable_progress_bar; PRAGMA disable_print_progress_bar";
constexpr const char* kParquetPath = "tmp/result.parquet";
constexpr const char* kParquetView = "__lakehouse_result";

/// How much of the limit is left.
std::uint64_t Left(std::uint64_t limit, std::uint64_t used) { return limit > used ? limit - used : 0; }

}  // namespace

std::int64_t NowMicros() { return SystemClock().SteadyNanos() / 1'000; }

Result<RunSummary> StatementRun::Run() {
  if (!is_resumed_) LH_TRY(RunPrelude());
  if (request_.format == Format::kParquet) {
    LH_TRY(RunToParquet());
    return summary_;
  }
  if (request_.on_progress && request_.format == Format::kNone && request_.parameters.empty()) {
    LH_TRY(StartCounted());
  } else {
    if (!prepared_) LH_TRY(Prepare(statement_));
    LH_TRY(Bind());
    LH_TRY(Start());
  }
  LH_TRY(SendColumns());
  if (request_.format == Format::kNone && duckdb_result_return_type(result_.handle) != DUCKDB_RESULT_TYPE_QUERY_RESULT) {
    LH_TRY(CountChanges());
  } else {
    LH_TRY(Stream());
  }
  return summary_;
}

Status StatementRun::RunForItsError() {
  duckdb_destroy_result(&result_.handle);
  result_.handle = {};
  pending_.Reset();
  if (prepared_) {
    LH_TRY(Start());
  } else if (duckdb_query(connection_, statement_.c_str(), &result_.handle) == DuckDBError) {
    return DuckError(duckdb_result_error(&result_.handle));
  }
  while (DuckChunk(duckdb_fetch_chunk(result_.handle))) {
  }
  if (const char* error = duckdb_result_error(&result_.handle); error != nullptr && *error != '\0') return DuckError(error);
  return Ok{};
}

DuckPrepared StatementRun::TakePlan() {
  duckdb_destroy_result(&result_.handle);
  result_.handle = {};
  pending_.Reset();
  return std::move(prepared_);
}

Status StatementRun::RunPrelude() {
  const std::int64_t began = NowMicros();
  if (!request_.prelude.empty()) {
    DuckResult result;
    if (duckdb_query(connection_, request_.prelude.c_str(), &result.handle) == DuckDBError) {
      Error error = DuckError(duckdb_result_error(&result.handle));
      // The prelude is ours: what is wrong with its words is no fault of the caller's.
      if (error.code() == ErrorCode::kInvalidArgument)
        return Error(ErrorCode::kInternal, "the prelude failed: " + error.message()).Named("prelude_failed");
      return std::move(error).While("run the prelude");
    }
  }
  summary_.prelude_us = NowMicros() - began;
  return Ok{};
}

Status StatementRun::Prepare(const std::string& sql) {
  const std::int64_t began = NowMicros();
  if (duckdb_prepare(connection_, sql.c_str(), &prepared_.handle) == DuckDBError)
    return DuckError(duckdb_prepare_error(prepared_.handle), sql);
  summary_.plan_us += NowMicros() - began;
  return Ok{};
}

Status StatementRun::Bind() {
  if (const idx_t wanted = duckdb_nparams(prepared_.handle); wanted != request_.parameters.size())
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("the statement has {} parameters, {} were given", wanted, request_.parameters.size()))
        .Named("parameters");
  for (idx_t i = 0; i < request_.parameters.size(); ++i) {
    const std::string& value = request_.parameters[i];
    if (duckdb_bind_varchar_length(prepared_.handle, i + 1, value.data(), value.size()) == DuckDBError)
      return Error(ErrorCode::kInvalidArgument, fmt::format("parameter {} is not UTF-8", i + 1)).Named("not_utf8");
  }
  return Ok{};
}

/// Until there is a first chunk.
Status StatementRun::Start() {
  const std::int64_t began = NowMicros();
  if (duckdb_pending_prepared_streaming(prepared_.handle, &pending_.handle) == DuckDBError)
    return DuckError(duckdb_pending_error(pending_.handle));
  if (duckdb_execute_pending(pending_.handle, &result_.handle) == DuckDBError) {
    const char* of_result = duckdb_result_error(&result_.handle);
    return DuckError(of_result != nullptr ? of_result : duckdb_pending_error(pending_.handle));
  }
  summary_.run_us += NowMicros() - began;
  return Ok{};
}

/// To the end, with progress: for statements whose result is a number.
Status StatementRun::StartCounted() {
  DuckResult counting;
  if (duckdb_query(connection_, kCountProgress, &counting.handle) == DuckDBError) return DuckError(duckdb_result_error(&counting.handle));
  const std::int64_t began = NowMicros();
  if (duckdb_query(connection_, statement_.c_str(), &result_.handle) == DuckDBError) return DuckError(duckdb_result_error(&result_.handle));
  summary_.run_us += NowMicros() - began;
  return Ok{};
}

Status StatementRun::SendColumns() {
  const idx_t count = duckdb_column_count(&result_.handle);
  for (idx_t i = 0; i < count; ++i) {
    types_.emplace_back(duckdb_column_logical_type(&result_.handle, i));
    columns_.push_back({duckdb_column_name(&result_.handle, i), SpellType(types_.back().handle)});
    if (request_.format != Format::kNone) shapes_.push_back(LH_TRY(MakeShape(types_.back().handle, columns_.back().name)));
  }
  const std::string body = EncodeColumns(columns_);
  if (body.size() > kMaxColumnsBody) return Error(ErrorCode::kInvalidArgument, "the result has too many columns");
  return channel_.Send(kSchema, body);
}

/// Of statements that answer with a number of rows, or with nothing.
Status StatementRun::CountChanges() {
  for (;;) {
    const DuckChunk chunk(duckdb_fetch_chunk(result_.handle));
    if (!chunk) break;
    const bool is_count =
        types_.size() == 1 && duckdb_get_type_id(types_[0].handle) == DUCKDB_TYPE_BIGINT;  // CREATE TABLE AS says NOTHING, and counts
    if (!is_count || duckdb_data_chunk_get_size(chunk.handle) == 0) continue;
    const auto* counts = static_cast<const std::int64_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.handle, 0)));
    summary_.rows += static_cast<std::uint64_t>(std::max<std::int64_t>(counts[0], 0));
  }
  if (const char* error = duckdb_result_error(&result_.handle); error != nullptr && *error != '\0') return DuckError(error);
  return Ok{};
}

Status StatementRun::Stream() {
  encoder_ = MakeEncoder(request_.format, columns_, shapes_);
  out_.set_limit(request_.max_bytes);
  last_flush_us_ = NowMicros();
  if (encoder_) LH_TRY(encoder_->Begin(out_));
  ChunkRelay relay([this](duckdb_data_chunk chunk) { return TakeChunk(chunk); });
  for (;;) {
    const std::int64_t began = NowMicros();
    DuckChunk chunk(duckdb_fetch_chunk(result_.handle));
    summary_.run_us += NowMicros() - began;
    if (!chunk || !LH_TRY(relay.Give(std::move(chunk)))) break;
  }
  LH_TRY(relay.Finish());
  // No chunk is the end, or an error in the middle: only the result knows.
  if (const char* error = duckdb_result_error(&result_.handle); error != nullptr && *error != '\0') return DuckError(error);
  if (encoder_) {
    out_.set_limit(SIZE_MAX);  // what stands at the end belongs to every result
    LH_TRY(encoder_->Finish(out_));
  }
  return SendBytes(true);
}

Result<bool> StatementRun::TakeChunk(duckdb_data_chunk chunk) {
  const std::int64_t began = NowMicros();
  const idx_t size = duckdb_data_chunk_get_size(chunk);
  const idx_t wanted = std::min<idx_t>(size, Left(request_.max_rows, summary_.rows));
  for (idx_t i = 0; i < shapes_.size(); ++i) BindShape(shapes_[i], duckdb_data_chunk_get_vector(chunk, i), size);
  idx_t row = encoder_ ? 0 : wanted;
  while (row < wanted) {
    const std::uint64_t left = Left(request_.max_bytes, summary_.bytes);
    out_.set_limit(static_cast<std::size_t>(left));
    const Encoder::Reached reached = LH_TRY(encoder_->Append(row, wanted, out_));
    summary_.rows += reached.row - row;
    row = reached.row;
    if (reached.full) {
      summary_.truncated = Truncated::kBytes;
      return false;
    }
    LH_TRY(SendBytes(false));
  }
  if (!encoder_) summary_.rows += wanted;
  if (wanted < size) {
    summary_.truncated = Truncated::kRows;
    return false;
  }
  const std::int64_t now = NowMicros();
  summary_.encode_us += now - began;
  if (now - last_flush_us_ > kFlushAfterUs) LH_TRY(SendBytes(true));
  return true;
}

/// Frames of what waits in out_; with `all`, to the last octet and at once.
Status StatementRun::SendBytes(bool all) {
  std::string_view waiting = out_.view();
  if (!all && waiting.size() < kFrame) return Ok{};
  while (!waiting.empty()) {
    const std::string_view part = waiting.substr(0, kFrame);
    LH_TRY(channel_.Send(kBytes, part));
    waiting.remove_prefix(part.size());
  }
  summary_.bytes += out_.size();
  out_.CutBack(0);
  if (!all) return Ok{};
  const std::int64_t now = NowMicros();
  if (now - last_flush_us_ <= kFlushAfterUs) return Ok{};  // a short answer goes out with its end
  last_flush_us_ = now;
  return channel_.Flush();
}

/// The statement becomes a view, which takes any one SELECT with its comments and semicolons, and needs no second quoting.
Status StatementRun::RunToParquet() {
  unlink(kParquetPath);
  LH_TRY(Prepare(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", kParquetView, statement_)));
  LH_TRY(Start());
  prepared_.Reset();
  pending_.Reset();
  LH_TRY(Prepare(fmt::format("FROM {}", kParquetView)));
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(prepared_.handle); ++i) {
    types_.emplace_back(duckdb_prepared_statement_column_logical_type(prepared_.handle, i));
    columns_.push_back(
        {TakeText(const_cast<char*>(duckdb_prepared_statement_column_name(prepared_.handle, i))), SpellType(types_.back().handle)});
  }
  LH_TRY(channel_.Send(kSchema, EncodeColumns(columns_), true));
  prepared_.Reset();
  duckdb_destroy_result(&result_.handle);
  result_.handle = {};
  types_.clear();
  const std::string limit = request_.max_rows == UINT64_MAX ? "" : fmt::format(" LIMIT {}", request_.max_rows);
  LH_TRY(Prepare(
      fmt::format("COPY (FROM {}{}) TO '{}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)", kParquetView, limit, kParquetPath)));
  LH_TRY(Start());
  types_.emplace_back(duckdb_column_logical_type(&result_.handle, 0));
  LH_TRY(CountChanges());
  if (summary_.rows == request_.max_rows && LH_TRY(HasMore())) summary_.truncated = Truncated::kRows;
  LH_TRY(SendFile(kParquetPath));
  unlink(kParquetPath);
  return Ok{};
}

/// Whether the view has a row beyond the limit.
Result<bool> StatementRun::HasMore() {
  DuckResult result;
  const std::string sql = fmt::format("FROM {} LIMIT 1 OFFSET {}", kParquetView, request_.max_rows);
  if (duckdb_query(connection_, sql.c_str(), &result.handle) == DuckDBError) return DuckError(duckdb_result_error(&result.handle));
  return static_cast<bool>(DuckChunk(duckdb_fetch_chunk(result.handle)));
}

Status StatementRun::SendFile(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const off_t size = file ? lseek(file.get(), 0, SEEK_END) : -1;
  if (size < 0 || lseek(file.get(), 0, SEEK_SET) != 0)
    return Error(ErrorCode::kInternal, fmt::format("open {}: {}", path, std::strerror(errno)));
  if (static_cast<std::uint64_t>(size) > request_.max_bytes)
    return Error(ErrorCode::kTooLarge,
                 fmt::format("the result is a Parquet file of {} bytes, over the limit of {}", size, request_.max_bytes));
  std::string buffer(kFrame, '\0');
  for (;;) {
    const ssize_t got = read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error(ErrorCode::kInternal, fmt::format("read {}: {}", path, std::strerror(errno)));
    if (got == 0) return Ok{};
    LH_TRY(channel_.Send(kBytes, std::string_view(buffer).substr(0, static_cast<std::size_t>(got))));
    summary_.bytes += static_cast<std::uint64_t>(got);
  }
}

}  // namespace lakehouse::engine
