// The command line of the one binary: what there is, with examples; the work is in the files beside this one.
#include <CLI/CLI.hpp>
#include <iostream>

#include "client_commands.h"
#include "copy_command.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/ingest/worker_handlers.h"
#include "local_commands.h"
#include "serve_command.h"
#include "version.h"

namespace lakehouse::app {
namespace {

/// Where the server is and how the settings of this process are found; shared by several commands.
struct Options {
  SettingsOptions settings;
  std::string server_url;
  std::string token_file;
  ServeOptions serve;
  SqlOptions sql;
  std::string statement;
  std::string dataset;
  IngestOptions ingest;
  std::string file;
  FsckCommand fsck;
  CopyCommand copy;
  bool gc_run = false;
  bool json = false;
};

void AddSettings(CLI::App& command, SettingsOptions& settings) {
  command.add_option("--config", settings.file, "TOML file with settings")->envname("LAKEHOUSE_CONFIG")->check(CLI::ExistingFile);
  const auto flag = [&](const std::string& name, const std::string& key, const std::string& help) {
    command.add_option_function<std::string>(name, [&settings, key](const std::string& value) { settings.flags[key] = value; }, help);
  };
  flag("--data", "data", "the lake: a directory (default ./lakehouse-data) or s3://bucket/prefix");
  flag("--state", "state", "this machine's cache, spool and keys (default ./lakehouse-state)");
  flag("--listen", "listen", "HOST:PORT (default 127.0.0.1:3110)");
  command.add_option_function<std::vector<std::string>>(
      "--set",
      [&settings](const std::vector<std::string>& pairs) {
        for (const std::string& pair : pairs) {
          const auto equals = pair.find('=');
          if (equals == std::string::npos) throw CLI::ValidationError("--set", "expected KEY=VALUE, found " + pair);
          settings.flags[pair.substr(0, equals)] = pair.substr(equals + 1);
        }
      },
      "any setting: KEY=VALUE, as in lakehouse config show");
}

void AddServer(CLI::App& command, Options& options) {
  command.add_option("--server", options.server_url, "URL of the server")->envname("LAKEHOUSE_SERVER")->default_val(kUsualServer);
  command.add_option("--token-file", options.token_file, "file that holds the bearer token")->envname("LAKEHOUSE_TOKEN_FILE");
}

Result<ServerAddress> AddressOf(const Options& options) {
  ServerAddress server;
  server.url = options.server_url;
  while (server.url.ends_with('/')) server.url.pop_back();
  if (!options.token_file.empty()) server.token = LH_TRY(LoadToken(options.token_file));
  return server;
}

void AddServeCommands(CLI::App& app, Options& options, std::function<Status()>& run) {
  auto* up = app.add_subcommand(
      "up", "start everything in one process\n  lakehouse up\n  lakehouse up --demo --listen 127.0.0.1:0 --data /srv/lake");
  AddSettings(*up, options.settings);
  up->add_flag("--demo", options.serve.demo, "load the generated staffing data when the lake is empty");
  up->callback([&] { run = [&] { return RunUp(options.settings, options.serve); }; });

  auto* serve = app.add_subcommand("serve",
                                   "start some services; the others are found by the URLs in the settings\n  lakehouse serve catalogd "
                                   "--set services.storaged=http://127.0.0.1:3211");
  AddSettings(*serve, options.settings);
  serve->add_option("service", options.serve.services, "storaged, catalogd, queryd, ingestd, journald, gateway")->required();
  serve->callback([&] { run = [&] { return RunServe(options.settings, options.serve); }; });
}

void AddClientCommands(CLI::App& app, Options& options, std::function<Status()>& run) {
  auto* ingest = app.add_subcommand("ingest",
                                    "load files into a dataset\n  lakehouse ingest workers.csv\n  lakehouse ingest 2026-*.csv.gz --name "
                                    "fills --mode append\n  lakehouse ingest changes.ndjson --name workers --mode upsert --key worker_id");
  AddServer(*ingest, options);
  ingest->add_option("files", options.ingest.files, "CSV, TSV, JSON, NDJSON or Parquet, also gzip or zstd")->required();
  ingest->add_option("--name", options.ingest.name, "dataset; default: after each file");
  ingest->add_option("--mode", options.ingest.mode, "auto (create, else append), create, append, replace, upsert")
      ->check(CLI::IsMember({"auto", "create", "append", "replace", "upsert"}));
  ingest->add_option("--key", options.ingest.key, "column that identifies a row, for upsert");
  ingest->callback([&] { run = [&]() -> Status { return RunIngest(LH_TRY(AddressOf(options)), options.ingest); }; });

  auto* sql = app.add_subcommand("sql",
                                 "ask in SQL\n  lakehouse sql \"SELECT role, count(*) FROM workers GROUP BY role\"\n  lakehouse sql \"FROM "
                                 "workers\" --format parquet > workers.parquet\n  lakehouse sql            (a prompt)");
  AddServer(*sql, options);
  sql->add_option("statement", options.statement, "one SELECT; without it a prompt, or standard input");
  sql->add_option("--format", options.sql.format, "table, csv, json, ndjson, arrow, parquet")
      ->check(CLI::IsMember({"table", "csv", "json", "ndjson", "arrow", "parquet"}));
  sql->callback([&] {
    run = [&]() -> Status {
      if (!options.statement.empty()) options.sql.statement = options.statement;
      return RunSql(LH_TRY(AddressOf(options)), options.sql);
    };
  });

  auto* datasets = app.add_subcommand("datasets", "list the datasets");
  AddServer(*datasets, options);
  datasets->callback([&] { run = [&]() -> Status { return RunDatasets(LH_TRY(AddressOf(options))); }; });

  auto* compact =
      app.add_subcommand("compact", "join small files of a dataset and leave out deleted rows; no row changes\n  lakehouse compact workers");
  AddServer(*compact, options);
  compact->add_option("name", options.dataset, "dataset")->required();
  compact->callback([&] { run = [&]() -> Status { return RunCompact(LH_TRY(AddressOf(options)), options.dataset); }; });

  auto* gc = app.add_subcommand(
      "gc", "show uploads that never became part of a commit; remove them with --run\n  lakehouse gc\n  lakehouse gc --run");
  AddServer(*gc, options);
  gc->add_flag("--run", options.gc_run, "remove them");
  gc->callback([&] { run = [&]() -> Status { return RunGc(LH_TRY(AddressOf(options)), options.gc_run); }; });
}

void AddLocalCommands(CLI::App& app, Options& options, std::function<Status()>& run) {
  auto* inspect = app.add_subcommand("inspect",
                                     "print a file of a lake as text: a commit record, manifest, segment or checkpoint\n  lakehouse "
                                     "inspect lakehouse-data/_catalog/log/00000000000000000001.json");
  inspect->add_option("file", options.file, "the file")->required();
  inspect->callback([&] { run = [&] { return RunInspect(options.file); }; });

  auto* fsck =
      app.add_subcommand("fsck", "check chain, reachability, lengths and digests of a lake\n  lakehouse fsck --data lakehouse-data");
  AddSettings(*fsck, options.settings);
  fsck->add_option("--level", options.fsck.level, "quick (log, manifests, lengths), full (every byte)")
      ->check(CLI::IsMember({"quick", "full"}));
  fsck->add_flag("--repair", options.fsck.repair, "make derived objects anew that are damaged, after saying which; never data");
  fsck->add_flag("--json", options.fsck.json, "for programs");
  fsck->callback([&] { run = [&] { return RunFsck(options.settings, options.fsck); }; });

  auto* backup = app.add_subcommand("backup",
                                    "copy a lake, also one that is at work, as it is after its last record; again: only what is new\n  lakehouse "
                                    "backup --data lakehouse-data --to /srv/backup");
  AddSettings(*backup, options.settings);
  backup->add_option("--to", options.copy.to, "a directory or s3://bucket/prefix: empty, or an earlier backup of the same lake")->required();
  backup->add_flag("--verify", options.copy.verify_all, "read everything back, also what was there already");
  backup->add_flag("--prune", options.copy.prune, "remove what the lake has collected since");
  backup->callback([&] { run = [&] { return RunCopy(options.settings, options.copy); }; });

  auto* restore = app.add_subcommand(
      "restore", "make a lake from a backup\n  lakehouse restore --from /srv/backup --to lakehouse-data\n(one version of a dataset: POST "
                 "/v1/catalog/datasets/NAME/restore)");
  AddSettings(*restore, options.settings);
  restore->add_option("--from", options.copy.from, "the backup")->required();
  restore->add_option("--to", options.copy.to, "an empty directory or s3://bucket/prefix")->required();
  restore->callback([&] {
    options.copy.is_restore = true;
    run = [&] { return RunCopy(options.settings, options.copy); };
  });

  auto* doctor = app.add_subcommand("doctor", "what this machine gives and lacks");
  AddSettings(*doctor, options.settings);
  doctor->add_flag("--json", options.json, "for programs");
  doctor->callback([&] { run = [&] { return RunDoctor(options.settings, options.json); }; });

  auto* config = app.add_subcommand("config", "settings");
  config->require_subcommand(1);
  auto* show = config->add_subcommand("show", "every setting: value, source, help");
  AddSettings(*show, options.settings);
  show->callback([&] { run = [&] { return RunConfigShow(options.settings); }; });

  app.add_subcommand("failpoints", "places at which LAKEHOUSE_FAILPOINTS=name:nth:action makes this program fail, for tests")
      ->callback([&] {
        run = []() -> Status {
          for (const std::string& name : AllFailpoints()) std::cout << name << "\n";
          return Ok{};
        };
      });
  app.add_subcommand("version", "print the version")->callback([&] {
    run = []() -> Status {
      std::cout << "lakehouse " << kVersion << " (DuckDB " << EngineVersion() << ")\n";
      return Ok{};
    };
  });
}

int Main(int argc, char** argv) {
  // A symlink named like a service runs that service.
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (const auto service = ServiceNamed(std::string(argv[0]).substr(std::string(argv[0]).rfind('/') + 1)))
    arguments.insert(arguments.begin(), {"serve", *service});

  CLI::App app("Lakehouse: files into SQL, search and answers, on one machine.", "lakehouse");
  app.require_subcommand(1);
  app.footer("Begin with: lakehouse up --demo");
  Options options;
  std::function<Status()> run;
  AddServeCommands(app, options, run);
  AddClientCommands(app, options, run);
  AddLocalCommands(app, options, run);
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const Status done = [&]() -> Status {
    LH_TRY(CheckFailpoints());  // a misspelt one would test nothing
    return run();
  }();
  if (done) return 0;
  std::cerr << "lakehouse: " << done.error().ToString() << "\n";
  return 1;
}

}  // namespace
}  // namespace lakehouse::app

int main(int argc, char** argv) {
  // A worker jails itself before anything else runs.
  if (argc > 1 && std::string_view(argv[1]) == "worker")
    return lakehouse::engine::WorkerMain(argc, argv, lakehouse::ingest::WorkerHandlers());
  return lakehouse::app::Main(argc, argv);
}
