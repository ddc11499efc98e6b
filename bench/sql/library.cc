#include "library.h"

#include <memory>
#include <vector>

// Arrow's C data interface: the library hands out these two, and declares them without saying what is in them.
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

namespace lakehouse::bench {

namespace {

constexpr std::size_t kPiece = 1u << 20;

/// Octets of one value of a column with a fixed width; 0: texts.
std::size_t WidthOf(const std::string& format) {
  if (format == "l" || format == "g") return 8;
  if (format == "i" || format == "tdD") return 4;
  if (format == "u") return 0;
  Fail("no peer for Arrow's type " + format);
}

void AppendColumn(const ArrowArray& column, std::size_t width, std::string& out) {
  const auto rows = static_cast<std::size_t>(column.length);
  if (column.buffers[0] != nullptr && column.null_count != 0) out.append(static_cast<const char*>(column.buffers[0]), (rows + 7) / 8);
  if (width != 0) {
    out.append(static_cast<const char*>(column.buffers[1]), rows * width);
    return;
  }
  const auto* offsets = static_cast<const std::int32_t*>(column.buffers[1]);
  out.append(reinterpret_cast<const char*>(offsets), (rows + 1) * sizeof *offsets);
  out.append(static_cast<const char*>(column.buffers[2]), static_cast<std::size_t>(offsets[rows]));
}

void Expect(duckdb_error_data error) {
  if (error != nullptr && duckdb_error_data_has_error(error)) Fail(duckdb_error_data_message(error));
  duckdb_destroy_error_data(&error);
}

/// Widths of the columns, by the schema the library gives.
std::vector<std::size_t> ColumnWidths(duckdb_result& result, duckdb_arrow_options options) {
  const idx_t count = duckdb_column_count(&result);
  std::vector<duckdb_logical_type> types;
  std::vector<const char*> names;
  for (idx_t i = 0; i < count; ++i) {
    types.push_back(duckdb_column_logical_type(&result, i));
    names.push_back(duckdb_column_name(&result, i));
  }
  ArrowSchema schema{};
  Expect(duckdb_to_arrow_schema(options, types.data(), names.data(), count, &schema));
  std::vector<std::size_t> widths;
  for (std::int64_t i = 0; i < schema.n_children; ++i) widths.push_back(WidthOf(schema.children[i]->format));
  schema.release(&schema);
  for (duckdb_logical_type& type : types) duckdb_destroy_logical_type(&type);
  return widths;
}

}  // namespace

Library::Library() {
  if (duckdb_open(nullptr, &database_) == DuckDBError || duckdb_connect(database_, &connection_) == DuckDBError) Fail("cannot open DuckDB");
  Run("SET threads=2");
}

Library::~Library() {
  duckdb_disconnect(&connection_);
  duckdb_close(&database_);
}

idx_t Library::Run(const std::string& sql) {
  duckdb_result result{};
  if (duckdb_query(connection_, sql.c_str(), &result) == DuckDBError) Fail(sql + ": " + duckdb_result_error(&result));
  idx_t rows = 0;
  for (duckdb_data_chunk chunk; (chunk = duckdb_fetch_chunk(result)) != nullptr; duckdb_destroy_data_chunk(&chunk))
    rows += duckdb_data_chunk_get_size(chunk);
  duckdb_destroy_result(&result);
  return rows;
}

void Library::Stream(const std::string& sql, const std::function<void(duckdb_result&, duckdb_data_chunk)>& take) {
  duckdb_prepared_statement statement = nullptr;
  duckdb_pending_result pending = nullptr;
  duckdb_result result{};
  if (duckdb_prepare(connection_, sql.c_str(), &statement) == DuckDBError) Fail(sql + ": " + duckdb_prepare_error(statement));
  if (duckdb_pending_prepared_streaming(statement, &pending) == DuckDBError || duckdb_execute_pending(pending, &result) == DuckDBError)
    Fail(sql + ": " + duckdb_pending_error(pending));
  for (duckdb_data_chunk chunk; (chunk = duckdb_fetch_chunk(result)) != nullptr; duckdb_destroy_data_chunk(&chunk)) take(result, chunk);
  duckdb_destroy_result(&result);
  duckdb_destroy_pending(&pending);
  duckdb_destroy_prepare(&statement);
}

void Library::RunToJson(const std::string& sql, const std::function<void(const std::string&)>& take) {
  std::string piece;
  Stream(sql, [&](duckdb_result&, duckdb_data_chunk chunk) {
    auto* texts = static_cast<duckdb_string_t*>(duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)));
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk); ++row) {
      piece.append(duckdb_string_t_data(texts + row), duckdb_string_t_length(texts[row]));
      piece += ',';
    }
    if (piece.size() < kPiece) return;
    take(piece);
    piece.clear();
  });
  if (!piece.empty()) take(piece);
}

void Library::RunToArrow(const std::string& sql, const std::function<void(const std::string&)>& take) {
  std::string piece;
  std::vector<std::size_t> widths;
  duckdb_arrow_options options = nullptr;
  Stream(sql, [&](duckdb_result& result, duckdb_data_chunk chunk) {
    if (options == nullptr) {
      options = duckdb_result_get_arrow_options(&result);
      widths = ColumnWidths(result, options);
    }
    ArrowArray array{};
    Expect(duckdb_data_chunk_to_arrow(options, chunk, &array));
    for (std::size_t i = 0; i < widths.size(); ++i) AppendColumn(*array.children[i], widths[i], piece);
    array.release(&array);
    if (piece.size() < kPiece) return;
    take(piece);
    piece.clear();
  });
  duckdb_destroy_arrow_options(&options);
  if (!piece.empty()) take(piece);
}

LibraryServer::LibraryServer(const std::string& prelude) : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 1) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    Fail("cannot listen");
  thread_ = std::thread(Serve, listener_, prelude);
  client_ = std::make_unique<Socket>(Socket::Connect("127.0.0.1", ntohs(address.sin_port)));
}

LibraryServer::~LibraryServer() {
  client_->Write("Q\n");
  thread_.join();
  close(listener_);
}

void LibraryServer::Serve(int listener, const std::string& prelude) {
  Socket caller(accept(listener, nullptr, nullptr));
  Library library;
  library.Run(prelude);
  const auto pass_on = [&caller](const std::string& piece) {
    caller.Write(std::to_string(piece.size()) + "\n");
    caller.Write(piece);
  };
  for (;;) {
    const std::string request = caller.Line();
    if (request[0] == 'Q') return;
    if (request[0] == 'J')
      library.RunToJson(request.substr(1), pass_on);
    else
      library.RunToArrow(request.substr(1), pass_on);
    caller.Write("0\n");
  }
}

std::size_t LibraryServer::Run(char form, const std::string& sql) {
  client_->Write(form + sql + "\n");
  std::size_t total = 0;
  for (;;) {
    const std::size_t size = std::strtoull(client_->Line().c_str(), nullptr, 10);
    if (size == 0) return total;
    client_->Skip(size);
    total += size;
  }
}

}  // namespace lakehouse::bench
