#pragma once
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/query/query.h"

namespace lakehouse::ingest {

/// An Ingest with what shows its effects, wherever each of them runs, and the words in which tests speak to them.
class IngestUnderTest {
 public:
  virtual ~IngestUnderTest() = default;
  virtual ingest::Ingest& ingest() = 0;
  virtual catalog::Catalog& catalog() = 0;
  virtual query::Query& query() = 0;
  /// A directory for files of the test.
  virtual const std::string& path() const = 0;
  /// The folders where files on their way lie.
  virtual std::vector<std::string> spools() const = 0;

  static Context NewContext() {
    Context context;
    context.principal = "tester";
    context.deadline = Deadline::After(120'000);
    return context;
  }

  /// The file's path.
  std::string WriteFile(const std::string& name, const std::string& octets) {
    const std::string directory = path() + "/files/" + std::to_string(++files_);
    EXPECT_TRUE(CreateDirectories(directory).ok());
    std::ofstream(directory + "/" + name, std::ios::binary) << octets;
    return directory + "/" + name;
  }

  /// Start and Wait. A request that is refused is a job that failed.
  Job Ingest(const IngestRequest& request) {
    const auto started = ingest().Start(NewContext(), request);
    if (!started) return Refused(started.error());
    const auto ended = ingest().Wait(NewContext(), {started->job.id, 100'000});
    return ended ? ended->job : Refused(ended.error());
  }
  Job IngestFile(const std::string& dataset, const std::string& file, Mode mode = Mode::kAuto, const std::string& key = {}) {
    IngestRequest request;
    request.name = dataset;
    request.mode = mode;
    request.key = key;
    request.path = file;
    request.file_name = std::filesystem::path(file).filename().string();
    return Ingest(request);
  }
  Job IngestText(const std::string& dataset, const std::string& file_name, const std::string& octets, Mode mode = Mode::kAuto,
                 const std::string& key = {}) {
    return IngestFile(dataset, WriteFile(file_name, octets), mode, key);
  }

  /// Rows as JSON arrays with commas between, or the error's text.
  std::string Rows(const std::string& sql) {
    query::QueryRequest request;
    request.sql = sql;
    auto result = query().Run(NewContext(), request);
    if (!result) return "ERROR " + result.error().ToString();
    std::string rows;
    for (;;) {
      const auto chunk = (*result)->Next(NewContext());
      if (!chunk) return "ERROR " + chunk.error().ToString();
      if (!*chunk) return rows;
      rows += **chunk;
    }
  }
  /// "name TYPE, …" of a dataset's head, or the error's text.
  std::string Columns(const std::string& dataset) {
    const auto described = catalog().Describe(NewContext(), {dataset, {}});
    if (!described) return "ERROR " + described.error().ToString();
    std::string text;
    for (const catalog::Column& column : described->dataset.head.schema.columns)
      text += (text.empty() ? "" : ", ") + column.name + " " + column.type + (column.tag ? " [" + *column.tag + "]" : "");
    return text;
  }
  /// 0: there is no such dataset.
  std::int64_t Version(const std::string& dataset) {
    const auto described = catalog().Describe(NewContext(), {dataset, {}});
    return described ? described->dataset.head.version : 0;
  }
  std::vector<std::string> Spooled() const {
    std::vector<std::string> names;
    for (const std::string& spool : spools())
      for (const auto& entry : std::filesystem::directory_iterator(spool)) names.push_back(entry.path().filename().string());
    return names;
  }

 private:
  static Job Refused(const Error& error) {
    Job job;
    job.state = JobState::kFailed;
    job.error = JobError{std::string(error.reason()), error.message(), {}, {}, 0, std::string(WireName(error.code()))};
    return job;
  }
  int files_ = 0;
};

inline void PrintTo(JobState state, std::ostream* out) { *out << WireName(state); }

}  // namespace lakehouse::ingest
