#pragma once
#include <string>

#include "lakehouse/base/secret.h"
#include "serve_command.h"

/// The commands that need no server.
namespace lakehouse::app {

Result<Secret> LoadToken(const std::string& path);
std::string EngineVersion();

Status RunInspect(const std::string& path);
struct FsckCommand {
  std::string level = "full";  ///< quick, full
  bool repair = false;         ///< of derived parts only
  bool json = false;
};
/// kCorruption when the lake is not sound; what was found is printed either way.
Status RunFsck(const SettingsOptions& settings, const FsckCommand& command);
/// What the doctor finds, as {what, good, found, advice}; takes a worker's start.
std::string DoctorJson(const Settings& settings);
Status RunDoctor(const SettingsOptions& settings, bool json);
Status RunConfigShow(const SettingsOptions& settings);

}  // namespace lakehouse::app
