#pragma once
#include <cstdint>
#include <map>

#include "lakehouse/sandbox/worker_main.h"

namespace lakehouse::ingest {

/// What a worker must serve beside SQL so that files can be ingested in it: give this to engine::WorkerMain.
std::map<std::uint32_t, sandbox::Handler> WorkerHandlers();

}  // namespace lakehouse::ingest
