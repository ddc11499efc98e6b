#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lakehouse/sandbox/worker.h"
#include "lakehouse/sandbox/worker_main.h"

namespace lakehouse::engine {

/// Limits of the engine inside a worker.
struct EngineOptions {
  std::uint64_t memory_bytes = 512ull << 20;  ///< of the buffer manager; the jail's address space bounds the rest
  std::uint64_t spill_bytes = 4ull << 30;     ///< of temporary files
  unsigned threads = 2;
};

/// WorkerOptions whose workers run this engine: what `options` says plus the arguments WorkerMain reads.
sandbox::WorkerOptions EngineWorkers(sandbox::WorkerOptions options, const EngineOptions& engine);

/// main() of a worker with an engine (argv[1] is "worker"). `extra` serves further request types (from kFirstExtraType) in the same jail.
int WorkerMain(int argc, char** argv, std::map<std::uint32_t, sandbox::Handler> extra = {});
constexpr std::uint32_t kFirstExtraType = 64;

}  // namespace lakehouse::engine
