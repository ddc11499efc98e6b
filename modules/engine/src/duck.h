#pragma once
#include <duckdb.h>

#include <cstdint>
#include <string>
#include <string_view>

/// Owners of the C API's handles. A result is zeroed first: an error can leave it untouched.
namespace lakehouse::engine {

struct DuckResult {
  DuckResult() = default;
  ~DuckResult() { duckdb_destroy_result(&handle); }
  DuckResult(const DuckResult&) = delete;
  DuckResult& operator=(const DuckResult&) = delete;
  duckdb_result handle{};
};

/// One pointer-like handle and the function that destroys it.
template <typename Handle, void (*destroy)(Handle*)>
struct Duck {
  Duck() = default;
  explicit Duck(Handle h) : handle(h) {}
  ~Duck() { Reset(); }
  Duck(Duck&& other) noexcept : handle(other.handle) { other.handle = nullptr; }
  Duck& operator=(Duck&& other) noexcept {
    if (this != &other) {
      Reset();
      handle = other.handle;
      other.handle = nullptr;
    }
    return *this;
  }
  explicit operator bool() const { return handle != nullptr; }
  void Reset() {
    if (handle != nullptr) destroy(&handle);
    handle = nullptr;
  }
  Handle handle = nullptr;
};

using DuckDatabase = Duck<duckdb_database, duckdb_close>;
using DuckConnection = Duck<duckdb_connection, duckdb_disconnect>;
using DuckConfig = Duck<duckdb_config, duckdb_destroy_config>;
using DuckPrepared = Duck<duckdb_prepared_statement, duckdb_destroy_prepare>;
using DuckPending = Duck<duckdb_pending_result, duckdb_destroy_pending>;
using DuckExtracted = Duck<duckdb_extracted_statements, duckdb_destroy_extracted>;
using DuckChunk = Duck<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using DuckType = Duck<duckdb_logical_type, duckdb_destroy_logical_type>;
using DuckAppender = Duck<duckdb_appender, +[](duckdb_appender* appender) { duckdb_appender_destroy(appender); }>;

/// A text the library allocated.
inline std::string TakeText(char* text) {
  std::string copy(text == nullptr ? "" : text);
  duckdb_free(text);
  return copy;
}

/// As duckdb_string_t_data and _length, without two calls into the library for each value.
inline std::string_view TextAt(const duckdb_string_t* strings, idx_t row) {
  const auto& value = strings[row].value;
  constexpr std::uint32_t kLongestInlined = sizeof value.inlined.inlined;
  return {value.inlined.length <= kLongestInlined ? value.inlined.inlined : value.pointer.ptr, value.inlined.length};
}

}  // namespace lakehouse::engine
