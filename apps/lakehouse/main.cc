// The command line of the one binary: which command runs what. The commands themselves stand in command_table.cc.
#include <algorithm>
#include <charconv>
#include <functional>
#include <iostream>

#include "command_help.h"
#include "command_line.h"
#include "copy_command.h"
#include "eval_command.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/ingest/worker_handlers.h"
#include "local_commands.h"
#include "rag_commands.h"
#include "server_client.h"
#include "settings_table.h"
#include "shell_completion.h"
#include "sql_prompt.h"
#include "version.h"

namespace lakehouse::app {
namespace {

Result<SettingsOptions> SettingsOf(const CommandLine& line) {
  SettingsOptions settings;
  settings.file = line.Text("--config");
  for (const char* key : {"data", "state", "listen"})
    if (const std::string flag = std::string("--") + key; line.Has(flag)) settings.flags[key] = line.Text(flag);
  if (!line.Has("--set")) return settings;
  for (const std::string& pair : line.flags.at("--set")) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos)
      return Error(ErrorCode::kInvalidArgument, "--set expects KEY=VALUE, found \"" + pair + "\"; lakehouse config show lists the keys")
          .Named("usage");
    settings.flags[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return settings;
}

Result<ServerAddress> AddressOf(const CommandLine& line) {
  ServerAddress server;
  server.url = line.Text("--server", kUsualServer);
  if (!server.url.starts_with("http://") && !server.url.starts_with("https://")) server.url = "http://" + server.url;
  while (server.url.ends_with('/')) server.url.pop_back();
  if (line.Has("--token-file")) server.token = LH_TRY(LoadToken(line.Text("--token-file")));
  return server;
}

Status RunHelp(const CommandLine& line) {
  std::string name;
  for (const std::string& word : line.arguments) name += (name.empty() ? "" : " ") + word;
  if (name.empty()) {
    std::cout << OverallHelp();
    return Ok{};
  }
  bool found = false;
  std::vector<std::string_view> known;
  for (const CommandSpec& command : CommandTable()) {
    known.push_back(command.name);
    if (command.name != name && !command.name.starts_with(name + " ")) continue;
    std::cout << (found ? "\n" : "") << HelpOf(command);
    found = true;
  }
  if (found) return Ok{};
  return Error(ErrorCode::kInvalidArgument, "there is no command \"" + name + "\"" + NearestOf(name, known)).Named("usage");
}

Result<std::uint32_t> PassagesOf(const CommandLine& line) {
  const std::string text = line.Text("--passages", "5");
  std::uint32_t passages = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), passages);
  if (error == std::errc() && end == text.data() + text.size()) return passages;
  return Error(ErrorCode::kInvalidArgument, "--passages is \"" + text + "\"; expected 1 to 20").Named("usage");
}

Status RunClientCommand(const CommandLine& line) {
  const std::string_view name = line.command->name;
  const ServerAddress server = LH_TRY(AddressOf(line));
  if (name == "ingest")
    return RunIngest(server, {line.arguments, line.Text("--name"), line.Text("--mode", "auto"), line.Text("--key"), line.Text("--table"),
                              line.Text("--password-secret"), line.Text("--incremental"), line.Text("--nested")});
  if (name == "datasets") return RunDatasets(server, line.Has("--names"));
  if (name == "rules") return RunRules(server, {line.arguments[0], line.Text("--drift"), line.Text("--expect")});
  if (name == "compact") return RunCompact(server, line.arguments[0]);
  if (name == "eval rag") return RunEvalRag(server, {line.arguments[0], line.Text("--corpus"), LH_TRY(PassagesOf(line))});
  if (name == "rag tune") return RunRagTune(server, {line.arguments[0], line.Text("--corpus")});
  if (name == "gc") return RunGc(server, line.Has("--run"));
  SqlOptions options{{}, line.Text("--format", "table"), line.Text("--output")};
  if (!line.arguments.empty() && line.arguments[0] != "-") options.script = line.arguments[0];
  return RunSql(server, options);
}

Status RunLakeCommand(const CommandLine& line) {
  const std::string_view name = line.command->name;
  const SettingsOptions settings = LH_TRY(SettingsOf(line));
  if (name == "up") return RunUp(settings, {{}, line.Has("--demo")});
  if (name == "serve") return RunServe(settings, {line.arguments, false});
  if (name == "fsck") return RunFsck(settings, {line.Text("--level", "full"), line.Has("--repair"), line.Has("--json")});
  if (name == "backup" || name == "restore")
    return RunCopy(settings, {line.Text("--from"), line.Text("--to"), line.Has("--verify"), line.Has("--prune"), name == "restore"});
  if (name == "doctor") return RunDoctor(settings, line.Has("--json"));
  return RunConfigShow(settings);
}

Status RunOwnCommand(const CommandLine& line) {
  const std::string_view name = line.command->name;
  if (name == "help") return RunHelp(line);
  if (name == "inspect") return RunInspect(line.arguments[0]);
  if (name == "eval retrieval") return RunEvalRetrieval(line.arguments[0], line.Text("--qrels"), line.Text("--baseline"));
  if (name == "completion") {
    std::cout << LH_TRY(CompletionScript(line.arguments[0], SettingsTable()));
  } else if (name == "man") {
    std::cout << ManPage(kVersion);
  } else if (name == "failpoints") {
    for (const std::string& point : AllFailpoints()) std::cout << point << "\n";
  } else if (name == "version") {
    std::cout << "lakehouse " << kVersion << " (DuckDB " << EngineVersion() << ")\n";
  } else {
    return Error(ErrorCode::kInternal, "nothing runs the command " + std::string(name));
  }
  return Ok{};
}

Status RunCommand(const CommandLine& line) {
  if (line.wants_help) {
    std::cout << HelpOf(*line.command);
    return Ok{};
  }
  const auto has = [&](std::string_view flag) {
    return std::any_of(line.command->flags.begin(), line.command->flags.end(), [&](const FlagSpec& one) { return one.name == flag; });
  };
  LH_TRY(CheckFailpoints());  // a misspelt one would test nothing
  if (has("--server")) return RunClientCommand(line);
  if (has("--config")) return RunLakeCommand(line);
  return RunOwnCommand(line);
}

int Main(int argc, char** argv) {
  // A symlink named like a service runs that service.
  std::vector<std::string> words(argv + 1, argv + argc);
  if (const auto service = ServiceNamed(std::string(argv[0]).substr(std::string(argv[0]).rfind('/') + 1)))
    words.insert(words.begin(), {"serve", *service});
  if (words.empty()) {
    std::cerr << OverallHelp();
    return kExitUsage;
  }
  std::map<std::string, std::string> environment;
  for (const char* name : {"LAKEHOUSE_CONFIG", "LAKEHOUSE_SERVER", "LAKEHOUSE_TOKEN_FILE"})
    if (const char* value = std::getenv(name)) environment[name] = value;
  const auto line = ParseCommandLine(words, environment);
  if (!line) {
    PrintError(line.error(), "lakehouse: ");
    return kExitUsage;
  }
  const Status done = RunCommand(*line);
  std::cout << std::flush;
  if (done && std::cout) return 0;
  if (done) {
    std::cerr << "lakehouse: writing to standard output failed: is the disk full or the reader gone?\n";
    return kExitFailed;
  }
  PrintError(done.error(), "lakehouse: ");
  return done.error().reason() == kNoServerReason ? kExitNoServer : done.error().reason() == "usage" ? kExitUsage : kExitFailed;
}

}  // namespace
}  // namespace lakehouse::app

int main(int argc, char** argv) {
  // A worker jails itself before anything else runs.
  if (argc > 1 && std::string_view(argv[1]) == "worker")
    return lakehouse::engine::WorkerMain(argc, argv, lakehouse::ingest::WorkerHandlers());
  return lakehouse::app::Main(argc, argv);
}
