#include "serve_command.h"

#include <pthread.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "demo_loader.h"
#include "node.h"
#include "settings_table.h"
#include "version.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kStopGraceMs = 30'000;

/// SIGTERM and SIGINT as something one waits for: blocked in every thread, taken here. Construct before any thread starts.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);  // a client that left is an error of write
    std::signal(SIGXFSZ, SIG_IGN);  // a file limit is too
  }
  void Wait() {
    int taken = 0;
    sigwait(&set_, &taken);
    // From now on a second signal ends the process at once.
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &set_, nullptr);
  }

 private:
  sigset_t set_;
};

LogLevel LevelNamed(const std::string& name) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError})
    if (WireName(level) == name) return level;
  return LogLevel::kInfo;
}

/// People at a terminal see what may need them; the rest stands in /debug/log and goes wherever else standard error does.
Log::Sink SinkOfProcess() {
  if (isatty(STDERR_FILENO) == 0) return StandardErrorSink();
  return [all = StandardErrorSink()](std::string_view line) {
    if (line.find(R"(,"level":"info",)") == std::string_view::npos) all(line);
  };
}

std::string ServiceNames(const std::set<ServiceKind>& services) {
  std::string names;
  for (const ServiceKind service : services) names += (names.empty() ? "" : ", ") + std::string(WireName(service));
  return names;
}

Status Serve(const SettingsOptions& options, const std::set<ServiceKind>& services, bool demo) {
  StopSignals signals;
  const Settings settings = LH_TRY(LoadSettings(options));
  Log log(services.size() == 1 ? std::string(WireName(*services.begin())) : "lakehouse", LevelNamed(settings.Text("log.level")),
          SinkOfProcess());
  Metrics metrics;
  auto node = LH_TRY(Node::Start(settings, services, log, metrics));
  const ServerAddress self{node->url(), node->token()};
  if (demo) LH_TRY_WHILE(LoadDemo(self, settings.Text("state"), std::cout), "load the demo");
  std::cout << "Lakehouse " << kVersion << " is ready at " << node->url() << "\n";
  if (demo) std::cout << LH_TRY(DemoGreeting(self));
  std::cout << std::flush;
  log.Info("ready", {{"url", node->url()}, {"services", ServiceNames(services)}});
  signals.Wait();
  log.Info("stopping");
  node->Stop(kStopGraceMs);
  log.Info("stopped");
  return Ok{};
}

}  // namespace

std::string_view WireName(ServiceKind service) {
  switch (service) {
    case ServiceKind::kStorage: return "storaged";
    case ServiceKind::kCatalog: return "catalogd";
    case ServiceKind::kQuery: return "queryd";
    case ServiceKind::kIngest: return "ingestd";
    case ServiceKind::kJournal: return "journald";
    case ServiceKind::kVector: return "vectord";
    case ServiceKind::kGateway: return "gateway";
  }
  return {};
}

int DefaultPort(ServiceKind service) {
  switch (service) {
    case ServiceKind::kStorage: return 3211;
    case ServiceKind::kCatalog: return 3212;
    case ServiceKind::kIngest: return 3213;
    case ServiceKind::kQuery: return 3214;
    case ServiceKind::kVector: return 3215;
    case ServiceKind::kJournal: return 3222;
    case ServiceKind::kGateway: return 3110;
  }
  return 0;
}

Result<Settings> LoadSettings(const SettingsOptions& options) {
  Settings::Sources sources;
  if (!options.file.empty()) sources.file = options.file;
  sources.environment = Settings::EnvironmentVariables();
  sources.flags = options.flags;
  return Settings::Load(SettingsTable(), sources);
}

std::optional<std::string> ServiceNamed(std::string_view name) {
  for (const ServiceKind service : kAllServices)
    if (WireName(service) == name) return std::string(name);
  return std::nullopt;
}

Status RunUp(const SettingsOptions& settings, const ServeOptions& options) {
  return Serve(settings, {std::begin(kAllServices), std::end(kAllServices)}, options.demo);
}

Status RunServe(const SettingsOptions& settings, const ServeOptions& options) {
  std::set<ServiceKind> services;
  for (const std::string& name : options.services) {
    const auto* found =
        std::find_if(std::begin(kAllServices), std::end(kAllServices), [&](ServiceKind service) { return WireName(service) == name; });
    if (found == std::end(kAllServices))
      return Error(ErrorCode::kInvalidArgument,
                   "there is no service " + name + "; there are storaged, catalogd, queryd, ingestd, journald, vectord, gateway");
    services.insert(*found);
  }
  SettingsOptions with_port = settings;
  if (!with_port.flags.contains("listen")) with_port.flags["listen"] = "127.0.0.1:" + std::to_string(DefaultPort(*services.begin()));
  return Serve(with_port, services, false);
}

}  // namespace lakehouse::app
