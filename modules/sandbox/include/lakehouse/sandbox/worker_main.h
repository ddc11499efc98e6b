#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/sandbox/channel.h"

namespace lakehouse::sandbox {

struct Request {
  std::uint32_t number = 0;
  std::string_view body;
};

/// Serves requests of one type. May send frames of its own types through the channel; the result becomes the kDone or kError frame.
/// Runs on the first thread, jailed. Its body is the parent's and may be trusted; the files it reads may not.
using Handler = std::function<Result<std::string>(const Request& request, Channel& channel)>;

/// What a worker does once it is jailed.
struct WorkerProgram {
  std::map<std::uint32_t, Handler> handlers;
  /// Called on the control thread, while the request runs or just before or after it. May be empty.
  std::function<void(std::uint32_t number)> interrupt;
  std::function<void(std::uint32_t number, Channel& channel)> progress;
};

/// main() of a worker: `argv` is {"lakehouse-worker", "worker", jail options…, "--", arguments…}, descriptor 3 carries frames,
/// descriptor 4 control words. Enters the jail while the process has one thread, then calls `open` with the arguments, then serves
/// until the parent closes its end. Nothing of the program may have started a thread before. Returns the exit status.
int RunWorker(int argc, char** argv, const std::function<Result<WorkerProgram>(const std::vector<std::string>& arguments)>& open);

}  // namespace lakehouse::sandbox
