#include "demo_loader.h"

#include <algorithm>
#include <filesystem>

#include "client_commands.h"
#include "lakehouse/base/file.h"
#include "lakehouse/demo/demo.h"

namespace lakehouse::app {

Status LoadDemo(const ServerAddress& server, const std::string& state_directory, std::ostream& out) {
  const auto wanted = demo::DemoDatasets();
  const auto present = LH_TRY(ListDatasetNames(server));
  std::vector<demo::DemoDataset> missing;
  for (const demo::DemoDataset& dataset : wanted)
    if (std::find(present.begin(), present.end(), dataset.name) == present.end()) missing.push_back(dataset);
  if (missing.empty()) return Ok{};

  out << "Generating the demo data and loading it, once…\n" << std::flush;
  const auto directory = LH_TRY(TemporaryDirectory::Create(state_directory, "demo-"));
  LH_TRY(demo::GenerateDemo(directory.path()));
  for (const demo::DemoDataset& dataset : missing) {
    IngestOptions options;
    options.files = {directory.path() + "/" + dataset.file};
    options.name = dataset.name;
    LH_TRY(RunIngest(server, options));
  }
  return Ok{};
}

namespace {

/// How one asks this server from here: a line that can be copied as it is.
std::string SqlCommand(const ServerAddress& server) {
  std::error_code unknown;
  const auto program = std::filesystem::proximate(std::filesystem::read_symlink("/proc/self/exe", unknown), unknown).string();
  const bool below = !unknown && !program.empty() && !program.starts_with("..");
  return (below ? program : "lakehouse") + " sql" + (server.url == kUsualServer ? "" : " --server " + server.url);
}

}  // namespace

Result<std::string> DemoGreeting(const ServerAddress& server) {
  const std::string ask = SqlCommand(server);
  std::string text = "\nThree things to try:\n";
  for (const demo::DemoQuestion& question : demo::DemoQuestions()) {
    text += "\n" + question.title + "\n  " + ask + " \"" + question.sql + "\"\n";
    text += LH_TRY_WHILE(AnswerAsTable(server, question.sql), "ask: " + question.sql);
  }
  return text + "\nOr open " + server.url + " in a browser.\n";
}

}  // namespace lakehouse::app
