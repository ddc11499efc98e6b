#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "publisher.h"
#include "table_builder.h"

namespace lakehouse::ingest {

/// One file's way into one dataset, from detection to commit, on the runner's thread.
class IngestRun {
 public:
  IngestRun(IngestParts& parts, const IngestOptions& options, JobEntry& entry);
  /// Fills the job. Errors are those of the file, the dataset's schema, or what is beneath.
  Status Run(const Context& context);

 private:
  Status LoadHead(const Context& context);
  Result<bool> IsKnown(const Context& context);
  Status Prepare(const Context& context, bool plain_copy);
  Status SettleColumns(const Context& context);
  Status FitToHead(std::vector<catalog::Column> found);
  Status FollowChoices(std::vector<catalog::Column> found);
  bool is_planned() const { return !request_.columns.empty() || request_.fill_missing; }
  bool keeps_schema() const { return head_.has_value() && !request_.new_schema; }
  std::string ChoicesText() const;
  Status ShowPreview(const Context& context);
  Status Build(const Context& context);
  Status Publish(const Context& context);
  Result<catalog::CommitRequest> Plan(const Context& context);
  catalog::Operation OperationNow() const;
  std::map<std::string, std::string> Summary() const;
  void Stage(const char* stage);
  void Share(double done);

  IngestParts& parts_;
  const IngestOptions& options_;
  JobEntry& entry_;
  const IngestRequest& request_;
  std::string name_, rejects_name_, sha256_, stem_;
  std::optional<catalog::Dataset> head_;
  PrepareReport report_;
  std::vector<catalog::Column> columns_;
  std::vector<int> from_;  ///< where columns were sent elsewhere: the file's column for each; -1: null
  catalog::Column key_;
  std::int64_t started_ns_ = 0;

  std::optional<sandbox::WorkerPool::Lease> lease_;
  std::unique_ptr<engine::Session> session_;
  std::unique_ptr<TableBuilder> builder_;
  std::unique_ptr<Publisher> publisher_;
  std::vector<BuiltFile> built_;
  std::optional<BuiltFile> built_rejects_;
  std::string kept_keys_;
  std::vector<catalog::DataFile> files_;
  std::optional<catalog::DataFile> rejects_file_;
};

/// Whether the engine may be asked to store values of `found` as `stored` without a loss.
bool WidensTo(std::string_view found, std::string_view stored);

}  // namespace lakehouse::ingest
