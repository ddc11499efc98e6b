#pragma once
#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "database_server.h"
#include "ingest_lake.h"

namespace lakehouse::ingest {

/// A database and a lake that reads it.
class TableSourceFixture {
 protected:
  /// False: there is no such server here.
  bool Use(DatabaseServer* server) {
    server_ = server;
    if (server_ == nullptr) return false;
    database_ = server_->NewDatabase();
    lake_.emplace(IngestLake::Setup{.secrets = &secret_});
    return true;
  }
  void Sql(const std::string& sql) { server_->Sql(database_, sql); }
  IngestRequest Request(const std::string& table, const std::string& incremental = "") {
    IngestRequest request{.name = "got"};
    request.database = DatabaseTable{server_->Url(database_), table, "source.lake", incremental, 0};
    return request;
  }
  Job Ingest(const IngestRequest& request) { return lake_->Ingest(request); }
  static std::string CodeOf(const Job& job) { return job.error.value_or(JobError{}).code; }
  static std::string Why(const Job& job) {
    return job.error ? job.error->code + ": " + job.error->message : std::string(WireName(job.state));
  }

  OneSecret secret_;
  DatabaseServer* server_ = nullptr;
  std::string database_;
  std::optional<IngestLake> lake_;
};

}  // namespace lakehouse::ingest
