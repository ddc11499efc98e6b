#include "client_commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>

#include "dataset_table.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/terminal/display_width.h"
#include "lakehouse/terminal/line_editor.h"
#include "result_table.h"
#include "server_client.h"
#include "sql_error.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kListingMs = 60'000;
constexpr std::int64_t kNamesMs = 2'000;  // a shell waits for them at a key

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

/// One line that is overwritten, on a terminal only.
void ShowLine(const std::string& text) {
  if (isatty(STDERR_FILENO) == 0) return;
  const std::size_t columns = terminal::WindowSizeOf(STDERR_FILENO).columns;
  std::fprintf(stderr, "\r\033[K%s", terminal::CutToWidth(terminal::Harmless(text), columns - 1).c_str());
}

void ShowProgress(const std::string& file, JsonView job) {
  const auto number = [&](std::string_view key) { return job.Find(key).value_or(JsonView()).AsNumber().value_or(0); };
  const double total = number("bytes_total"), done = number("bytes_done");
  const double share = total > 0 ? std::min(1.0, done / total) : 0;
  std::string bar(24, '.');
  std::fill_n(bar.begin(), static_cast<std::ptrdiff_t>(share * 24), '#');
  std::string line =
      file + " [" + bar + "] " + TextOf(job, "stage") + ", " + std::to_string(static_cast<std::int64_t>(number("rows_read"))) + " rows";
  if (job.Find("eta_seconds")) line += ", " + std::to_string(static_cast<std::int64_t>(number("eta_seconds") + 1)) + " s left";
  ShowLine(line);
}

/// What a refusal says beyond its message: columns that differ, a line each; anything else as it stands.
std::string DetailLines(JsonView details) {
  std::string lines;
  bool known = details.is_array();
  const Status seen = details.ForEachElement([&](JsonView one) -> Status {
    const std::string column = TextOf(one, "column"), change = TextOf(one, "change");
    known &= !column.empty() && !change.empty();
    const std::string from = TextOf(one, "from_type"), to = TextOf(one, "to_type");
    lines += "\n  " + column + ": " + change;
    if (!from.empty() && !to.empty() && from != to)
      lines += ", " + from + " → " + to;
    else if (!from.empty() || !to.empty())
      lines += ", " + (to.empty() ? from : to);
    return Ok{};
  });
  return known && seen ? lines : "\n  " + details.ToJson();
}

/// A job keeps its details as the text of their JSON.
std::string DetailLinesOf(JsonView error) {
  const JsonView details = error.Find("details").value_or(JsonView());
  const auto text = details.AsString();
  if (!text) return details.is_null() ? "" : DetailLines(details);
  const auto document = JsonDocument::Parse(*text);
  return document ? DetailLines(document->root()) : text->empty() ? "" : "\n  " + std::string(*text);
}

/// What there is to say about single documents: why one was rejected, which pages could not be read.
Status ShowDocuments(JsonView job) {
  return job.Find("files").value_or(JsonView()).ForEachElement([](JsonView file) {
    return file.Find("notes").value_or(JsonView()).ForEachElement([&](JsonView note) -> Status {
      std::cout << "  " << terminal::Harmless(TextOf(file, "uri")) << ": " << terminal::Harmless(std::string(note.AsString().value_or("")))
                << "\n";
      return Ok{};
    });
  });
}

void EndProgress() {
  if (isatty(STDERR_FILENO) != 0) std::fputs("\r\033[K", stderr);
}

Status Follow(ServerClient& client, const std::string& file, const std::string& job_id) {
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
      message += DetailLinesOf(*error);
      return Error(ErrorCode::kInvalidArgument, file + ": " + message).Named(TextOf(*error, "code"));
    }
    std::cout << terminal::Harmless(file) << " → " << TextOf(job, "name") << ": " << state << ", " << TextOf(job, "rows_loaded") << " rows";
    if (const std::string rejected = TextOf(job, "rows_rejected"); rejected != "0" && !rejected.empty())
      std::cout << ", " << rejected << " rejected (SELECT * FROM " << TextOf(job, "rejects_dataset") << ")";
    if (const std::string version = TextOf(job, "version"); !version.empty()) std::cout << ", version " << version;
    std::cout << "\n";
    return ShowDocuments(job);
  }
}

/// `shown`: what the server is told the file is called.
Status IngestFile(ServerClient& client, const std::string& file, const IngestOptions& options, const std::string& shown) {
  std::error_code missing;
  if (!std::filesystem::exists(file, missing)) return Error(ErrorCode::kNotFound, "there is no file " + file);
  if (!std::filesystem::is_regular_file(file, missing))
    return Error(ErrorCode::kInvalidArgument, file + " is neither file nor directory; write what it gives to a file first");
  if (options.mode == "upsert" && options.key.empty())
    return Error(ErrorCode::kInvalidArgument, "--mode upsert needs --key COLUMN: the column that identifies a row").Named("usage");
  ShowLine(std::filesystem::path(file).filename().string() + ": sending " + std::to_string(std::filesystem::file_size(file, missing)) +
           " bytes");
  std::string path = "/v1/ingest?async=1&name=" + PercentEncoded(options.name.empty() ? NameAfter(file) : options.name);
  path += "&file_name=" + PercentEncoded(shown) + "&mode=" + PercentEncoded(options.mode);
  if (!options.key.empty()) path += "&key=" + PercentEncoded(options.key);
  if (!options.nested.empty()) path += "&nested=" + PercentEncoded(options.nested);
  auto request = client.Request("POST", path);
  request.headers.push_back({"Content-Type", "application/octet-stream"});
  request.body_path = file;
  const auto response = LH_TRY_WHILE(client.Send(request), "ingest " + file);
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  return Follow(client, shown, TextOf(document.root().Find("job").value_or(JsonView()), "id"));
}

/// A file to send, and how.
struct FileToSend {
  std::string path;
  std::string shown;
  IngestOptions options;
};

bool IsDocument(const std::string& path) {
  std::string ending = std::filesystem::path(path).extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (const char* one : {".pdf", ".docx", ".html", ".htm", ".md", ".markdown", ".txt", ".eml"})
    if (ending == one) return true;
  return false;
}

/// The files of a folder, in order: its documents go to one dataset, by their paths within it; its tables each to their own.
Result<std::vector<FileToSend>> FilesIn(const std::string& folder, const IngestOptions& options) {
  std::vector<FileToSend> files;
  std::error_code failed;
  namespace fs = std::filesystem;
  const fs::path root = fs::path(folder).lexically_normal();
  const std::string own_name = NameAfter((root.has_filename() ? root : root.parent_path()).filename().string());
  for (fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, failed), end; !failed && at != end;
       at.increment(failed)) {
    const bool is_hidden = at->path().filename().string().starts_with(".");
    if (is_hidden && at->is_directory(failed)) at.disable_recursion_pending();
    if (is_hidden || !at->is_regular_file(failed)) continue;
    FileToSend file{at->path().string(), at->path().lexically_relative(root).generic_string(), options};
    if (IsDocument(file.path) && options.name.empty()) file.options.name = own_name;
    files.push_back(std::move(file));
  }
  if (failed) return Error(ErrorCode::kInvalidArgument, "read folder " + folder + ": " + failed.message());
  if (files.empty()) return Error(ErrorCode::kNotFound, "folder " + folder + " has no files");
  std::sort(files.begin(), files.end(), [](const FileToSend& a, const FileToSend& b) { return a.shown < b.shown; });
  return files;
}

}  // namespace

/// A table of a database, which the server reads.
Status IngestTable(ServerClient& client, const IngestOptions& options) {
  if (options.files.size() != 1) return Error(ErrorCode::kInvalidArgument, "one database is read at a time").Named("usage");
  if (!options.nested.empty())
    return Error(ErrorCode::kInvalidArgument, "--nested is of files of JSON; the columns of a table are what they are").Named("usage");
  if (options.table.empty())
    return Error(ErrorCode::kInvalidArgument, "say which table is read: --table orders, or --table sales.orders").Named("usage");
  JsonWriter body;
  body.Open('{');
  const auto member = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    body.Key(name);
    body.String(value);
  };
  member("url", options.files.front());
  member("table", options.table);
  member("name", options.name);
  member("password_secret", options.password_secret);
  member("incremental", options.incremental);
  member("mode", options.mode);
  member("key", options.key);
  body.Close('}');
  auto request = client.Request("POST", "/v1/ingest/db?async=1");
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = std::move(body).Take();
  const auto response = LH_TRY_WHILE(client.Send(request), "ingest table " + options.table);
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  return Follow(client, options.table, TextOf(document.root().Find("job").value_or(JsonView()), "id"));
}

bool IsDatabase(std::string_view named) {
  return named.starts_with("postgres://") || named.starts_with("postgresql://") || named.starts_with("mysql://") ||
         named.starts_with("mariadb://");
}

Status RunIngest(const ServerAddress& server, const IngestOptions& options) {
  ServerClient client(server);
  for (const std::string& named : options.files)
    if (IsDatabase(named)) return IngestTable(client, options);
  Status outcome = Ok{};
  std::vector<FileToSend> files;
  for (const std::string& named : options.files) {
    std::error_code missing;
    if (!std::filesystem::is_directory(named, missing)) {
      files.push_back({named, std::filesystem::path(named).filename().string(), options});
      continue;
    }
    auto inside = FilesIn(named, options);
    if (!inside && options.files.size() == 1) return std::move(inside).TakeError();
    if (!inside) {
      std::cerr << "error: " << terminal::HarmlessLines(inside.error().ToString()) << "\n";
      outcome = std::move(inside).TakeError();
      continue;
    }
    for (FileToSend& file : *inside) files.push_back(std::move(file));
  }
  for (const FileToSend& file : files) {
    auto done = IngestFile(client, file.path, file.options, file.shown);
    if (done) continue;
    EndProgress();
    if (files.size() == 1 || done.error().reason() == kNoServerReason) return done;  // the next would fare no better
    std::cout << std::flush;
    std::cerr << "error: " << terminal::HarmlessLines(done.error().ToString()) << "\n";
    outcome = std::move(done);
  }
  if (!outcome) return Error(outcome.error().code(), "not every file was loaded; see above");
  return outcome;
}

Result<terminal::TextTable> DatasetTable(ServerClient& client) {
  terminal::TextTable table({"name", "rows", "columns", "bytes", "version"}, {false, true, true, true, true});
  LH_TRY(client.EachDataset(
      [&](JsonView dataset) -> Status {
        const JsonView head = dataset.Find("head").value_or(JsonView());
        const auto columns = head.Find("schema").value_or(JsonView()).Find("columns").value_or(JsonView());
        table.Add({TextOf(dataset, "name"), TextOf(head, "rows"), std::to_string(columns.size()), TextOf(head, "size_bytes"),
                   TextOf(head, "version")});
        return Ok{};
      },
      kListingMs));
  return table;
}

Status RunDatasets(const ServerAddress& server, bool names_only) {
  ServerClient client(server);
  if (!names_only) {
    const terminal::TextTable table = LH_TRY(DatasetTable(client));
    std::cout << table.Draw();
    if (table.rows() == 0 && isatty(STDERR_FILENO) != 0) std::cerr << "The lake is empty. Begin with: lakehouse ingest FILE\n";
    return Ok{};
  }
  return client.EachDataset(
      [](JsonView dataset) -> Status {
        std::cout << TextOf(dataset, "name") << "\n";
        return Ok{};
      },
      kNamesMs);
}

Status RunRules(const ServerAddress& server, const RulesOptions& options) {
  ServerClient client(server);
  const std::string path = "/v1/datasets/" + PercentEncoded(options.dataset) + "/rules";
  const bool changes = !options.drift.empty() || !options.expect_file.empty();
  net::HttpClient::Request request = client.Request(changes ? "PUT" : "GET", path);
  if (changes) {
    JsonWriter body;
    body.Open('{');
    if (!options.drift.empty()) {
      body.Key("drift");
      body.String(options.drift);
    }
    if (!options.expect_file.empty()) {
      body.Key("expectations");
      body.String(LH_TRY(ReadFile(options.expect_file)));
    }
    body.Close('}');
    request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body).Take();
  }
  const auto response = LH_TRY(client.Send(request));
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  const JsonView rules = document.root().Find("rules").value_or(JsonView());
  std::cout << "drift " << TextOf(rules, "drift") << "\n";
  if (const std::string toml = TextOf(rules, "expectations"); !toml.empty()) std::cout << toml << (toml.ends_with('\n') ? "" : "\n");
  return document.root().Find("results").value_or(JsonView()).ForEachElement([&](JsonView result) -> Status {
    std::cout << "v" << TextOf(document.root(), "checked_version") << " " << TextOf(result, "rule") << " " << TextOf(result, "column")
              << ": " << TextOf(result, "failed") << " of " << TextOf(result, "checked") << " failed\n";
    return Ok{};
  });
}

Status RunCompact(const ServerAddress& server, const std::string& dataset) {
  ServerClient client(server);
  const auto response =
      LH_TRY(client.Send(client.Request("POST", "/v1/catalog/datasets/by-name/" + PercentEncoded(dataset) + "/compact?async=1")));
  const auto document = LH_TRY(JsonDocument::Parse(response.body));
  return Follow(client, "compaction", TextOf(document.root().Find("job").value_or(JsonView()), "id"));
}

Status RunGc(const ServerAddress& server, bool run) {
  ServerClient client(server);
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
            << (run ? " versions were let go" : " versions would be let go")
            << (run || (TextOf(document.root(), "objects") == "0" && TextOf(document.root(), "expired_versions") == "0")
                    ? "\n"
                    : "; --run does it\n");
  return Ok{};
}

Result<std::vector<std::string>> ListDatasetNames(const ServerAddress& server) {
  ServerClient client(server);
  std::vector<std::string> names;
  LH_TRY(client.EachDataset(
      [&](JsonView dataset) -> Status {
        names.push_back(TextOf(dataset, "name"));
        return Ok{};
      },
      kListingMs));
  return names;
}

Result<std::string> AnswerAsTable(const ServerAddress& server, const std::string& statement) {
  ServerClient client(server);
  auto answer = client.Send(client.SqlRequest(statement, "json"));
  if (!answer) return ShowPlace(answer.error(), statement);
  return DrawResult(answer->body);
}

}  // namespace lakehouse::app
