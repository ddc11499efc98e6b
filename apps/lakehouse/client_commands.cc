#include "client_commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>

#include "lakehouse/base/file.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/net/http_client.h"
#include "result_table.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
constexpr std::string_view kNoServer = "; is it running? Start it with: lakehouse up";

class Client {
 public:
  explicit Client(const ServerAddress& server) : server_(server) {}

  net::HttpClient::Request Request(std::string method, const std::string& path) const {
    net::HttpClient::Request request;
    request.method = std::move(method);
    request.url = server_.url + path;
    if (!server_.token.empty()) request.headers.push_back({"Authorization", "Bearer " + server_.token.Reveal()});
    return request;
  }
  /// The answer when its status is 2xx, the server's own error otherwise.
  Result<net::HttpClient::Response> Send(const net::HttpClient::Request& request) { return Checked(http_.Send(context_, request)); }

  /// Passes the body on as it comes.
  Status SendTo(const net::HttpClient::Request& request, std::FILE* out) {
    auto opened = http_.Open(context_, request);
    if (!opened) return Unreachable(std::move(opened).TakeError());
    auto response = std::move(opened).Take();
    std::string refused;
    for (;;) {
      auto chunk = LH_TRY(response.body->Next(context_));
      if (!chunk) break;
      if (response.status >= 300)
        refused += *chunk;
      else if (std::fwrite(chunk->data(), 1, chunk->size(), out) != chunk->size())
        return Error(ErrorCode::kUnavailable, "writing the result failed: is the disk full or the reader gone?");
    }
    if (response.status >= 300) return ErrorOf(response.status, refused);
    return Ok{};
  }

 private:
  Error Unreachable(Error error) const {
    if (error.code() != ErrorCode::kUnavailable) return error;
    return Error(ErrorCode::kUnavailable, "no server answers at " + server_.url + std::string(kNoServer)).While(error.message());
  }

  Result<net::HttpClient::Response> Checked(Result<net::HttpClient::Response> outcome) const {
    if (!outcome) return Unreachable(std::move(outcome).TakeError());
    if (outcome->status >= 300) return ErrorOf(outcome->status, outcome->body);
    return outcome;
  }

  static Error ErrorOf(int status, const std::string& body) {
    const auto document = JsonDocument::Parse(body);
    const auto error = document ? document->root().Find("error") : std::nullopt;
    if (!error) return Error(ErrorCode::kUnavailable, "the server answered with status " + std::to_string(status) + " and no error body");
    const auto text = [&](std::string_view key) { return std::string(error->Find(key).value_or(JsonView()).AsString().value_or("")); };
    std::string message = text("message");
    if (const auto details = error->Find("details")) message += "\n  " + details->ToJson();
    return Error(ErrorCode::kInvalidArgument, message + "\n  [" + text("code") + ", request " + text("request_id") + "]")
        .Named(text("code"));
  }

  const ServerAddress& server_;
  const Context context_{.principal = "", .trace = NewUuid().ToString(), .deadline = Deadline::After(kDayMs), .cancel = {}};
  net::HttpClient http_;
};

std::string_view AcceptOf(const std::string& format) {
  if (format == "csv") return "text/csv";
  if (format == "ndjson") return "application/x-ndjson";
  if (format == "arrow") return "application/vnd.apache.arrow.stream";
  if (format == "parquet") return "application/vnd.apache.parquet";
  return "application/json";
}

net::HttpClient::Request SqlRequest(const Client& client, const std::string& statement, const std::string& format) {
  auto request = client.Request("POST", "/v1/sql");
  request.headers.push_back({"Content-Type", "application/json"});
  request.headers.push_back({"Accept", std::string(AcceptOf(format))});
  JsonWriter body;
  body.Open('{');
  body.Key("sql");
  body.String(statement);
  body.Close('}');
  request.body = std::move(body).Take();
  request.max_response_bytes = 1ull << 30;
  return request;
}

Result<std::string> AskForTable(Client& client, const std::string& statement) {
  return DrawResult(LH_TRY(client.Send(SqlRequest(client, statement, "table"))).body);
}

Status RunStatement(Client& client, const std::string& statement, const std::string& format) {
  if (format == "table") {
    std::cout << LH_TRY(AskForTable(client, statement));
    return Ok{};
  }
  LH_TRY(client.SendTo(SqlRequest(client, statement, format), stdout));
  if (format == "json") std::fputc('\n', stdout);
  return Ok{};
}

/// Statements end with ';' at the end of a line. An error is shown and the prompt goes on.
Status RunPrompt(Client& client, const std::string& format) {
  std::cout << "End a statement with ';'. Leave with \\q or Ctrl-D.\n";
  std::string statement, line;
  for (;;) {
    std::cout << (statement.empty() ? "lakehouse> " : "      ...> ") << std::flush;
    if (!std::getline(std::cin, line)) break;
    if (statement.empty() && (line == "\\q" || line == "exit" || line == "quit")) break;
    statement += statement.empty() ? line : "\n" + line;
    const auto end = statement.find_last_not_of(" \t\r\n");
    if (end == std::string::npos)
      statement.clear();
    else if (statement[end] == ';') {
      if (const auto done = RunStatement(client, statement.substr(0, end), format); !done) std::cerr << done.error().ToString() << "\n";
      statement.clear();
    }
  }
  std::cout << "\n";
  return Ok{};
}

/// A name for a dataset, from a file's: "Fill rates 2026.csv.gz" becomes "fill_rates_2026".
std::string NameAfter(const std::string& path) {
  std::string name = std::filesystem::path(path).filename().string();
  name.resize(std::min(name.size(), name.find('.')));
  std::string clean;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z')
      clean += static_cast<char>(c - 'A' + 'a');
    else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      clean += c;
    else if (!clean.empty() && clean.back() != '_')
      clean += '_';
  }
  return clean.empty() || (clean[0] >= '0' && clean[0] <= '9') ? "data_" + clean : clean;
}

std::string PercentEncoded(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.')
      out += c;
    else
      out += {'%', kHex[octet >> 4], kHex[octet & 15]};
  }
  return out;
}

std::string TextOf(JsonView object, std::string_view key) {
  const auto value = object.Find(key);
  if (!value) return "";
  if (const auto text = value->AsString()) return std::string(*text);
  return value->is_null() ? "" : value->ToJson();
}

/// One line that is overwritten, on a terminal only.
void ShowProgress(const std::string& file, JsonView job) {
  if (isatty(STDERR_FILENO) == 0) return;
  const auto number = [&](std::string_view key) { return job.Find(key).value_or(JsonView()).AsNumber().value_or(0); };
  const double total = number("bytes_total"), done = number("bytes_done");
  const double share = total > 0 ? std::min(1.0, done / total) : 0;
  std::string bar(24, '.');
  std::fill_n(bar.begin(), static_cast<std::ptrdiff_t>(share * 24), '#');
  std::string eta;
  if (job.Find("eta_seconds")) eta = ", " + std::to_string(static_cast<long>(number("eta_seconds") + 1)) + " s left";
  std::fprintf(stderr, "\r\033[K%s [%s] %s, %.0f rows%s", file.c_str(), bar.c_str(), TextOf(job, "stage").c_str(), number("rows_read"),
               eta.c_str());
}

void EndProgress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);
}

Status Follow(Client& client, const std::string& file, const std::string& job_id) {
  for (;;) {
    const auto response = LH_TRY(client.Send(client.Request("GET", "/v1/ingest/jobs/" + job_id + "?wait_ms=500")));
    const auto document = LH_TRY(JsonDocument::Parse(response.body));
    const JsonView job = document.root().Find("job").value_or(JsonView());
    const std::string state = TextOf(job, "state");
    if (state == "queued" || state == "running") {
      ShowProgress(file, job);
      continue;
    }
    EndProgress();
    if (const auto error = job.Find("error"); error && error->is_object()) {
      std::string message = TextOf(*error, "message");
      if (const std::string details = TextOf(*error, "details"); !details.empty()) message += "\n  " + details;
      return Error(ErrorCode::kInvalidArgument, file + ": " + message).Named(TextOf(*error, "code"));
    }
    std::cout << file << " → " << TextOf(job, "name") << ": " << state << ", " << TextOf(job, "rows_loaded") << " rows";
    if (const std::string rejected = TextOf(job, "rows_rejected"); rejected != "0" && !rejected.empty())
      std::cout << ", " << rejected << " rejected (SELECT * FROM " << TextOf(job, "rejects_dataset") << ")";
    if (const std::string version = TextOf(job, "version"); !version.empty()) std::cout << ", version " << version;
    std::cout << "\n";
    return Ok{};
  }
}

Status IngestFile(Client& client, const std::string& file, const IngestOptions& options) {
  std::error_code missing;
  if (!std::filesystem::is_regular_file(file, missing)) return Error(ErrorCode::kNotFound, file + " is no file");
  std::string path = "/v1/ingest?async=1&name=" + PercentEncoded(options.name.empty() ? NameAfter(file) : options.name);
  path += "&file_name=" + PercentEncoded(std::filesystem::path(file).filename().string()) + "&mode=" + PercentEncoded(options.mode);
  if (!options.key.empty()) path += "&key=" + PercentEncoded(options.key);
  auto request = client.Request("POST", path);
  request.headers.push_back({"Content-Type", "application/octet-stream"});
  request.body_path = file;
  const auto response = LH_TRY_WHILE(client.Send(request), "ingest " + file);
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  return Follow(client, std::filesystem::path(file).filename().string(), TextOf(document.root().Find("job").value_or(JsonView()), "id"));
}

}  // namespace

Status RunSql(const ServerAddress& server, const SqlOptions& options) {
  Client client(server);
  if (options.statement) return RunStatement(client, *options.statement, options.format);
  if (isatty(STDIN_FILENO) != 0) return RunPrompt(client, options.format);
  const std::string statement((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  return RunStatement(client, statement, options.format);
}

Status RunIngest(const ServerAddress& server, const IngestOptions& options) {
  Client client(server);
  Status outcome = Ok{};
  for (const std::string& file : options.files) {
    auto done = IngestFile(client, file, options);
    if (done) continue;
    EndProgress();
    if (options.files.size() > 1) std::cerr << "error: " << done.error().ToString() << "\n";
    outcome = std::move(done);
  }
  if (!outcome && options.files.size() > 1) return Error(outcome.error().code(), "not every file was loaded; see above");
  return outcome;
}

Status RunDatasets(const ServerAddress& server) {
  Client client(server);
  const auto response = LH_TRY(client.Send(client.Request("GET", "/v1/catalog/datasets")));
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  TextTable table({"name", "rows", "columns", "bytes", "version"}, {false, true, true, true, true});
  LH_TRY(document.root().Find("datasets").value_or(JsonView()).ForEachElement([&](JsonView dataset) -> Status {
    const JsonView head = dataset.Find("head").value_or(JsonView());
    const auto columns = head.Find("schema").value_or(JsonView()).Find("columns").value_or(JsonView());
    table.Add({TextOf(dataset, "name"), TextOf(head, "rows"), std::to_string(columns.size()), TextOf(head, "size_bytes"),
               TextOf(head, "version")});
    return Ok{};
  }));
  std::cout << table.Draw();
  return Ok{};
}

Status RunCompact(const ServerAddress& server, const std::string& dataset) {
  Client client(server);
  const auto response =
      LH_TRY(client.Send(client.Request("POST", "/v1/catalog/datasets/by-name/" + PercentEncoded(dataset) + "/compact?async=1")));
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  return Follow(client, "compaction", TextOf(document.root().Find("job").value_or(JsonView()), "id"));
}

Status RunGc(const ServerAddress& server, bool run) {
  Client client(server);
  net::HttpClient::Request request = client.Request("POST", "/v1/catalog/gc");
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = run ? R"({"run":true})" : R"({"run":false})";
  const auto response = LH_TRY(client.Send(request));
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  LH_TRY(document.root().Find("first").value_or(JsonView()).ForEachElement([&](JsonView object) -> Status {
    std::cout << TextOf(object, "size_bytes") << "\t" << TextOf(object, "key") << "\n";
    return Ok{};
  }));
  std::cout << (run ? "removed " : "would remove ") << TextOf(document.root(), "objects") << " objects of "
            << TextOf(document.root(), "size_bytes") << " bytes that no kept version names; " << TextOf(document.root(), "expired_versions")
            << (run ? " versions were let go" : " versions would be let go") << (run ? "\n" : "; --run does it\n");
  return Ok{};
}

Result<std::vector<std::string>> ListDatasetNames(const ServerAddress& server) {
  Client client(server);
  const auto response = LH_TRY(client.Send(client.Request("GET", "/v1/catalog/datasets")));
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  std::vector<std::string> names;
  LH_TRY(document.root().Find("datasets").value_or(JsonView()).ForEachElement([&](JsonView dataset) -> Status {
    names.push_back(TextOf(dataset, "name"));
    return Ok{};
  }));
  return names;
}

Result<std::string> AnswerAsTable(const ServerAddress& server, const std::string& statement) {
  Client client(server);
  return AskForTable(client, statement);
}

}  // namespace lakehouse::app
