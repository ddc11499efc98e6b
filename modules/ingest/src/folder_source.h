#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/ingest/source.h"

namespace lakehouse::ingest {

struct WatchedFolder {
  std::string directory;  ///< made when missing, with "done" and "failed" in it
  std::string label;      ///< what lineage says instead
  std::int64_t settle_ms = 5'000;
  std::string spool;    ///< directory for copies
  std::string file_id;  ///< keeps them apart from others'
};

/// A folder into which others put files. One is taken when nobody has changed it for a while; what is hidden, a link, or named like
/// something half written (.part, .tmp, .crdownload, ~) is passed over. Who may write there may put a link in a file's place at any
/// moment: each is opened once, never through a link, and what is given is a copy of that. Afterwards the file is moved to done/ or
/// failed/; another one that has taken its name meanwhile stays, for the next run. kUnprocessable reason "bad_folder": the folder, or one
/// of these two, is a link.
Result<std::unique_ptr<FileSource>> OpenFolderSource(WatchedFolder folder, const Clock& clock);

/// One name below the inbox: 1 to 100 of letters, digits, '.', '_' and '-', not beginning with a dot. kInvalidArgument "bad_folder".
Status CheckFolderName(const std::string& name);

}  // namespace lakehouse::ingest
