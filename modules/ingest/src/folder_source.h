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
};

/// A folder into which others put files. One is taken when nobody has changed it for a while; what is hidden, a link, or named like
/// something half written (.part, .tmp, .crdownload, ~) is passed over. Afterwards it is moved to done/ or failed/.
Result<std::unique_ptr<FileSource>> OpenFolderSource(WatchedFolder folder, const Clock& clock);

/// One name below the inbox: 1 to 100 of letters, digits, '.', '_' and '-', not beginning with a dot. kInvalidArgument "bad_folder".
Status CheckFolderName(const std::string& name);

}  // namespace lakehouse::ingest
