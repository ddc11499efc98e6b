#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "earlier_ingest.h"
#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "nested_choice.h"
#include "publisher.h"
#include "schema_drift.h"
#include "table_builder.h"

namespace lakehouse::ingest {

/// Rows that a source gave, in a file of this machine.
struct SourcePart {
  SourceBatch batch;
  std::string kind;
  std::string grows;                    ///< column after which the source is read on; empty: it is not
  int number = 1;                       ///< of the job's parts
  bool keeps_position = false;          ///< goes on where the dataset's history says; if that has moved, nothing is committed
  std::optional<std::string> position;  ///< what it said
};

/// One file's way into one dataset, from detection to commit, on the runner's thread.
class IngestRun {
 public:
  /// `has_rescue`: somebody takes the upload when the store takes too long.
  /// `request`: the job's, or one part of it, then with the rows that a source gave; both outlive this.
  IngestRun(IngestParts& parts, const IngestOptions& options, JobEntry& entry, const IngestRequest& request, bool has_rescue,
            const SourcePart* part = nullptr);
  /// Fills the job. Errors are those of the file, the dataset's schema, or what is beneath.
  Status Run(const Context& context);

  /// After a failure that was the store's: what it takes to do the same later.
  bool store_failed() const { return publisher_ && publisher_->store_failed(); }
  const std::string& sha256() const { return sha256_; }
  const std::string& bucket() const { return bucket_; }
  /// Of the dataset as this run found it; empty: there was none.
  const std::string& base_fingerprint() const { return base_fingerprint_; }
  std::int64_t base_version() const { return base_version_; }

 private:
  Status LoadHead(const Context& context);
  Status CheckBase(const Context& context);
  Result<bool> IsKnown(const Context& context);
  void ReportKnown(const EarlierIngest& earlier);
  Result<bool> TakeDocuments(const Context& context);
  void ReportFiles(const std::vector<DocumentSource>& sources, const std::vector<DocumentOutcome>& outcomes);
  Status Prepare(const Context& context, bool plain_copy);
  Status PrepareSource(const Context& context);
  Result<std::vector<BuiltFile>> BuildSource(const Context& context);
  bool is_typed() const { return part_ != nullptr || report_.format == "parquet"; }
  Status SettleColumns(const Context& context);
  Status FitToHead(std::vector<catalog::Column> found);
  Status FollowChoices(std::vector<catalog::Column> found, const Context& context);
  Result<std::vector<catalog::Column>> FoundColumns(const Context& context);
  Status EvolveOr(Error conflict, const std::vector<catalog::Column>& found, const Context& context);
  bool is_chosen() const { return !request_.columns.empty() || request_.fill_missing; }
  /// Whether columns go by name: they were sent elsewhere, or the dataset's columns may follow the file's.
  bool is_planned() const { return is_chosen() || (keeps_schema() && documents_.empty() && !drift_.refuses()); }
  /// The columns that the file's have to go into.
  const std::vector<catalog::Column>& target() const { return evolved_.empty() ? head_->head.schema.columns : evolved_; }
  bool keeps_schema() const { return head_.has_value() && !request_.new_schema; }
  std::string ChoicesText() const;
  Status ShowPreview(const Context& context);
  Status Build(const Context& context);
  Status Expect(const Context& context);
  Status Publish(const Context& context);
  Error SchemaConflict(std::vector<catalog::Column> found) const;
  void RecordNested(catalog::SnapshotChange& change) const;
  void DescribePersonalData(catalog::SnapshotChange& change) const;
  Result<catalog::CommitRequest> Plan(const Context& context);
  catalog::Operation OperationNow() const;
  std::map<std::string, std::string> Summary() const;
  void Stage(const char* stage);
  void Share(double done);

  IngestParts& parts_;
  const IngestOptions& options_;
  JobEntry& entry_;
  const IngestRequest& request_;
  const SourcePart* const part_;  // null: the file is somebody's file
  std::string name_, rejects_name_, sha256_, stem_, bucket_, base_fingerprint_;
  std::int64_t base_version_ = 0;
  const bool has_rescue_;
  std::optional<catalog::Dataset> head_;
  Nested nested_ = Nested::kFlatten;
  PrepareReport report_;
  std::vector<catalog::Column> columns_;
  DriftPolicy drift_;
  std::string evolution_;                 ///< of them, for people
  std::vector<catalog::Column> evolved_;  ///< what the dataset's columns become; empty: they stay
  std::vector<int> from_;                 ///< where columns were sent elsewhere: the file's column for each; -1: null
  catalog::Column key_;
  std::vector<DocumentSource> documents_;  // empty: the file is a table
  std::string documents_format_;
  std::vector<std::string> document_ids_;  // of those that are loaded
  bool supersedes_ = false;                // some of them have older versions
  std::optional<EarlierIngest> same_;      // the very file that they are to be put in the place of
  std::int64_t started_ns_ = 0;

  std::optional<sandbox::WorkerPool::Lease> lease_;
  std::unique_ptr<engine::Session> session_;
  std::unique_ptr<TableBuilder> builder_;
  std::unique_ptr<Publisher> publisher_;
  std::vector<ExpectationResult> results_;
  std::vector<BuiltFile> built_;
  std::optional<BuiltFile> built_rejects_;
  std::string kept_keys_;
  std::vector<catalog::DataFile> files_;
  std::optional<catalog::DataFile> rejects_file_;
};

/// The attribute of a dataset that names the bucket where its files go; without it they go to primary.
inline constexpr const char* kBucketAttribute = "bucket";
std::string BucketOf(const IngestRequest& request, const std::optional<catalog::Dataset>& head);

/// With its fingerprint.
catalog::Schema FingerprintedSchema(std::vector<catalog::Column> columns);

/// Whether the engine may be asked to store values of `found` as `stored` without a loss.
bool WidensTo(std::string_view found, std::string_view stored);

}  // namespace lakehouse::ingest
