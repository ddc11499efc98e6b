#pragma once
#include <string>

#include "serve_command.h"

namespace lakehouse::app {

struct CopyCommand {
  std::string from;  ///< a directory or s3://bucket/prefix; both may be of one S3 server, which the settings storage.* name
  std::string to;
  bool verify_all = false;
  bool prune = false;
  bool is_restore = false;
};

/// lakehouse backup and lakehouse restore: see catalog::CopyLake. Progress on a terminal; kCorruption when the copy lacks objects that
/// the source does not hold as committed, which are printed.
Status RunCopy(const SettingsOptions& settings, const CopyCommand& command);

}  // namespace lakehouse::app
