#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/sandbox/worker_pool.h"

namespace lakehouse::app {

/// The pools of a process by name; one that it does not have is null.
using WorkerPools = std::vector<std::pair<const char*, sandbox::WorkerPool*>>;

/// What their workers do, as /debug/tasks shows it.
std::string WorkersJson(const WorkerPools& pools);
/// What this machine does not let jails have; nothing before the first worker was started.
std::optional<std::vector<std::string>> JailLacksOf(const WorkerPools& pools);

}  // namespace lakehouse::app
