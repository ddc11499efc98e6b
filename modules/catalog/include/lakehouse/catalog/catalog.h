#pragma once
#include "lakehouse/base/context.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::catalog {

/// The datasets of one lake, their snapshots, and the one commit log they live in. Thread-safe. Callers cannot tell where it
/// runs: every method may fail with kDeadlineExceeded or kCancelled, and a remote one with kUnavailable (retry) or
/// kOutcomeUnknown (look before you retry).
///
/// Every implementation passes catalog_testing/catalog_contract.h.
class Catalog {
 public:
  virtual ~Catalog() = default;

  /// Makes the changes durable and visible, all or none. The files must already be durable in the store.
  /// kConflict: a base version has moved (reload, recompute, retry) · kAlreadyExists reason "schema_conflict" with the columns'
  /// differences as details: the schema is another one · kNotFound: no such dataset · kUnprocessable reason
  /// "idempotency_mismatch": the key was used for another request · kUnavailable reason "fenced": another writer took over ·
  /// kOutcomeUnknown: retry with the same idempotency key.
  virtual Result<CommitResponse> Commit(const Context& context, const CommitRequest& request) = 0;

  /// The predecessor's contract: same name and same fingerprint → the dataset as it is, `existing`; another fingerprint →
  /// kAlreadyExists as above; empty name or schema → kInvalidArgument.
  virtual Result<RegisterResponse> Register(const Context& context, const RegisterRequest& request) = 0;

  /// The files of several datasets, all at one state of the lake. kNotFound names the dataset or version and the nearest name.
  virtual Result<ResolveResponse> Resolve(const Context& context, const ResolveRequest& request) = 0;

  virtual Result<ListDatasetsResponse> ListDatasets(const Context& context, const ListDatasetsRequest& request) = 0;
  virtual Result<DescribeResponse> Describe(const Context& context, const DescribeRequest& request) = 0;
  virtual Result<HistoryResponse> History(const Context& context, const HistoryRequest& request) = 0;
  virtual Result<DiffResponse> Diff(const Context& context, const DiffRequest& request) = 0;
  /// The log itself, oldest first; kNotFound beyond the head is an empty answer.
  virtual Result<ReadRecordsResponse> ReadRecords(const Context& context, const ReadRecordsRequest& request) = 0;
  virtual Result<StatusResponse> LoadStatus(const Context& context, const StatusRequest& request) = 0;
  virtual Result<LoadProfileResponse> LoadProfile(const Context& context, const LoadProfileRequest& request) = 0;
  /// Profiles and API keys, if they changed since the caller looked. Cheap: asked for at every statement.
  virtual Result<LoadAccessResponse> LoadAccess(const Context& context, const LoadAccessRequest& request) = 0;
  /// A new version of a profile, another active version, a key: durable when it returns, in force for whoever loads access next.
  /// kInvalidArgument: names and numbers out of range · kNotFound: no such profile or version · kAlreadyExists: the key's id ·
  /// else as Commit.
  virtual Result<ChangeAccessResponse> ChangeAccess(const Context& context, const ChangeAccessRequest& request) = 0;

  /// Finds, and with `run` removes, what nobody needs: versions that retention lets go, the objects that only they name, and objects of
  /// earlier writers that no snapshot ever named. With `run` the versions expire first, in a commit of their own: from then on they
  /// cannot be read. Reads the whole log and all manifests. A commit that names one of them afterwards is a kConflict, reason "condemned".
  /// kCorruption: something cannot be read, so nothing was removed; run fsck. kUnavailable, reason "gc_overtaken": too many
  /// commits meanwhile; try again. Can be repeated after any failure.
  virtual Result<CollectGarbageResponse> CollectGarbage(const Context& context, const CollectGarbageRequest& request) = 0;
};

}  // namespace lakehouse::catalog
