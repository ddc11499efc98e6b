#pragma once
#include <optional>
#include <string>

#include "client_commands.h"

namespace lakehouse::app {

struct SqlOptions {
  std::optional<std::string> script;  ///< absent: a prompt on a terminal, else standard input
  std::string format = "table";       ///< table, csv, json, ndjson, arrow, parquet
  std::string output;                 ///< a file; empty: standard output
};

/// `lakehouse sql`. Statements one after the other; the first that fails ends it. A prompt shows errors and goes on.
Status RunSql(const ServerAddress& server, const SqlOptions& options);

/// An error as people read it, its data made harmless, in colour where that may be.
void PrintError(const Error& error, const std::string& prefix);

}  // namespace lakehouse::app
