#pragma once
#include <duckdb.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "client.h"

/// The peer: the DuckDB library in this process, as its users would open it, with 2 threads.
namespace lakehouse::bench {

class Library {
 public:
  Library();
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  /// Runs and fetches every chunk, no more; the number of rows.
  idx_t Run(const std::string& sql);
  /// The rows of a statement that makes one JSON text of each row, with commas between them, handed on in pieces.
  void RunToJson(const std::string& sql, const std::function<void(const std::string&)>& take);
  /// The result as the library's Arrow arrays: all their buffers one after another, handed on in pieces.
  void RunToArrow(const std::string& sql, const std::function<void(const std::string&)>& take);

 private:
  /// Rows are handed on while others are still being read.
  void Stream(const std::string& sql, const std::function<void(duckdb_result&, duckdb_data_chunk)>& take);
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

/// Serves the library's results over a loopback socket, one connection, from a thread of its own: what our server adds beyond that is ours.
/// A request is a line: "J" or "A", then the statement. The answer: pieces, each a line with its length in front; the last has none.
class LibraryServer {
 public:
  explicit LibraryServer(const std::string& prelude);
  ~LibraryServer();
  LibraryServer(const LibraryServer&) = delete;
  LibraryServer& operator=(const LibraryServer&) = delete;

  /// Octets of the answer.
  std::size_t Run(char form, const std::string& sql);

 private:
  static void Serve(int listener, const std::string& prelude);
  int listener_;
  std::thread thread_;
  std::unique_ptr<Socket> client_;
};

}  // namespace lakehouse::bench
