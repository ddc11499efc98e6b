#include "demo_loader.h"

#include <algorithm>
#include <filesystem>

#include "client_commands.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/demo/demo.h"
#include "server_client.h"

namespace lakehouse::app {
namespace {

std::string DeclarationOf(const demo::DemoCorpus& corpus) {
  JsonWriter body;
  body.Open('{');
  for (const auto& [key, value] : {std::pair("name", &corpus.name), {"dataset", &corpus.dataset}, {"id_column", &corpus.id_column}}) {
    body.Key(key);
    body.String(*value);
  }
  for (const auto& [key, columns] : {std::pair("text_columns", &corpus.text_columns), {"filter_columns", &corpus.filter_columns}}) {
    body.Key(key);
    body.Open('[');
    for (const std::string& column : *columns) body.String(column);
    body.Close(']');
  }
  body.Close('}');
  return std::move(body).Take();
}

/// The same declaration again changes nothing. Where the lake has a dataset or corpus of its own by that name, it stays as it is.
Status DeclareCorpora(const ServerAddress& server, std::ostream& out) {
  ServerClient client(server);
  for (const demo::DemoCorpus& corpus : demo::DemoCorpora()) {
    auto request = client.Request("POST", "/v1/corpora");
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = DeclarationOf(corpus);
    const auto declared = client.Send(request);
    if (declared) continue;
    const ErrorCode code = declared.error().code();
    const bool is_other = code == ErrorCode::kInvalidArgument || code == ErrorCode::kAlreadyExists;
    if (!is_other) return declared.error();
    out << "The demo's corpus " << corpus.name << " is left out: " << declared.error().message() << "\n";
  }
  return Ok{};
}

Status LoadDatasets(const ServerAddress& server, const std::string& state_directory, std::ostream& out) {
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

/// How one asks this server from here: a line that can be copied as it is.
std::string SqlCommand(const ServerAddress& server) {
  std::error_code unknown;
  const auto program = std::filesystem::proximate(std::filesystem::read_symlink("/proc/self/exe", unknown), unknown).string();
  const bool below = !unknown && !program.empty() && !program.starts_with("..");
  return (below ? program : "lakehouse") + " sql" + (server.url == kUsualServer ? "" : " --server " + server.url);
}

}  // namespace

Status LoadDemo(const ServerAddress& server, const std::string& state_directory, std::ostream& out) {
  LH_TRY(LoadDatasets(server, state_directory, out));
  return LH_TRY_WHILE(DeclareCorpora(server, out), "make the notes searchable");
}

Result<std::string> DemoGreeting(const ServerAddress& server) {
  const std::string ask = SqlCommand(server);
  std::string text = "\nThree things to try:\n";
  for (const demo::DemoQuestion& question : demo::DemoQuestions()) {
    text += "\n" + question.title + "\n  " + ask + " \"" + question.sql + "\"\n";
    text += LH_TRY_WHILE(AnswerAsTable(server, question.sql), "ask: " + question.sql);
  }
  text += "\nOr open " + server.url + " in a browser, and ask in words:\n";
  for (const demo::DemoCorpus& corpus : demo::DemoCorpora()) text += "  " + corpus.question + "\n";
  return text;
}

}  // namespace lakehouse::app
