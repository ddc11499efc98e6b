#include <charconv>
#include <memory>

#include "duck_error.h"
#include "lakehouse/engine/functions.h"
#include "lakehouse/engine/worker.h"
#include "protocol.h"
#include "worker_engine.h"

namespace lakehouse::engine {

namespace {

/// "name=number" among the arguments; these come from EngineWorkers of the same binary.
Result<EngineOptions> ParseArguments(const std::vector<std::string>& arguments) {
  EngineOptions options;
  for (const std::string& word : arguments) {
    const std::size_t equals = std::min(word.find('='), word.size());
    const std::string name = word.substr(0, equals);
    std::uint64_t value = 0;
    const char* end = word.data() + word.size();
    const auto read = std::from_chars(word.data() + std::min(equals + 1, word.size()), end, value);
    if (read.ec != std::errc() || read.ptr != end) return Error(ErrorCode::kInvalidArgument, "\"" + word + "\" is no engine option");
    if (name == "memory")
      options.memory_bytes = value;
    else if (name == "spill")
      options.spill_bytes = value;
    else if (name == "threads")
      options.threads = static_cast<unsigned>(value);
    else
      return Error(ErrorCode::kInvalidArgument, "\"" + word + "\" is no engine option");
  }
  return options;
}

}  // namespace

std::string LinkedDuckDbVersion() { return duckdb_library_version(); }

sandbox::WorkerOptions EngineWorkers(sandbox::WorkerOptions options, const EngineOptions& engine) {
  options.arguments.push_back("memory=" + std::to_string(engine.memory_bytes));
  options.arguments.push_back("spill=" + std::to_string(engine.spill_bytes));
  options.arguments.push_back("threads=" + std::to_string(engine.threads));
  return options;
}

int WorkerMain(int argc, char** argv, std::map<std::uint32_t, sandbox::Handler> extra) {
  const auto open = [&extra](const std::vector<std::string>& arguments) -> Result<sandbox::WorkerProgram> {
    const EngineOptions options = LH_TRY(ParseArguments(arguments));
    const std::shared_ptr<WorkerEngine> engine = LH_TRY(WorkerEngine::Open(options));
    sandbox::WorkerProgram program;
    program.handlers = std::move(extra);
    program.handlers[kParse] = [engine](const sandbox::Request& request, sandbox::Channel&) { return engine->Parse(request.body); };
    program.handlers[kUnparse] = [engine](const sandbox::Request& request, sandbox::Channel&) { return engine->Unparse(request.body); };
    program.handlers[kRun] = [engine](const sandbox::Request& request, sandbox::Channel& channel) { return engine->Run(request, channel); };
    program.handlers[kEndConnection] = [engine](const sandbox::Request&, sandbox::Channel&) { return engine->EndConnection(); };
    program.interrupt = [engine](std::uint32_t number) { engine->Interrupt(number); };
    program.progress = [engine](std::uint32_t number, sandbox::Channel& channel) { engine->SendProgress(number, channel); };
    return program;
  };
  return sandbox::RunWorker(argc, argv, open);
}

}  // namespace lakehouse::engine
