#pragma once
#include <string>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"

/// The commands that talk to a running server over its public HTTP face, like any other client.
namespace lakehouse::app {

/// Where a server listens, and is looked for, when nothing else is said.
inline constexpr const char* kUsualServer = "http://127.0.0.1:3110";

/// Where the server is and who asks.
struct ServerAddress {
  std::string url = kUsualServer;
  Secret token;  ///< empty on loopback
};

struct IngestOptions {
  std::vector<std::string> files;
  std::string name;  ///< empty: after each file
  std::string mode = "auto";
  std::string key;
  std::string table;            ///< of the database that the one "file" names
  std::string password_secret;  ///< name of the server's secret
  std::string incremental;      ///< column
  std::string nested;           ///< "flatten", "keep"; empty: as the dataset has it
};
/// Every file is tried; an error of the last kind stays. Progress on a terminal.
Status RunIngest(const ServerAddress& server, const IngestOptions& options);

/// A table, or with `names_only` one name a line and no patience.
Status RunDatasets(const ServerAddress& server, bool names_only);
struct RulesOptions {
  std::string dataset;
  std::string drift;        ///< empty: as it is
  std::string expect_file;  ///< empty: as they are
};
/// Prints the rules of a dataset and what came of them last, after they were changed as the options say.
Status RunRules(const ServerAddress& server, const RulesOptions& options);
/// Joins small files of a dataset and leaves out deleted rows; waits for the job.
Status RunCompact(const ServerAddress& server, const std::string& dataset);
/// Prints the uploads that never became part of a commit; with `run` they are removed.
Status RunGc(const ServerAddress& server, bool run);

Result<std::vector<std::string>> ListDatasetNames(const ServerAddress& server);
/// What `sql` prints for this statement.
Result<std::string> AnswerAsTable(const ServerAddress& server, const std::string& statement);

}  // namespace lakehouse::app
