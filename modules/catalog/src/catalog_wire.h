#pragma once
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/net/methods.h"

/// The JSON form of the catalog's values and the table of its methods.
namespace lakehouse::catalog {

BOOST_DESCRIBE_STRUCT(Column, (), (name, type, field_id, tag))
BOOST_DESCRIBE_STRUCT(Schema, (), (columns, fingerprint, evolved))
BOOST_DESCRIBE_STRUCT(ColumnStatistics, (), (field_id, null_count, lower, upper))
BOOST_DESCRIBE_STRUCT(DataFile, (), (content, key, size_bytes, sha256, rows, statistics))
BOOST_DESCRIBE_STRUCT(ObjectRef, (), (key, size_bytes, sha256))
BOOST_DESCRIBE_STRUCT(Retention, (), (keep_last, keep_for_seconds))
BOOST_DESCRIBE_STRUCT(Tag, (), (name, version, until_micros))
BOOST_DESCRIBE_STRUCT(TagChange, (), (dataset, name, version, until_micros))
BOOST_DESCRIBE_STRUCT(RetentionChange, (), (dataset, policy))
BOOST_DESCRIBE_STRUCT(Snapshot, (),
                      (version, sequence, time_micros, operation, schema, rows, size_bytes, file_count, manifest, principal, summary,
                       expired))
BOOST_DESCRIBE_STRUCT(Dataset, (), (name, id, created_micros, attributes, head, tags, retention))
BOOST_DESCRIBE_STRUCT(SnapshotSelector, (), (version, time_micros, sequence))
BOOST_DESCRIBE_STRUCT(SnapshotChange, (),
                      (dataset, operation, base_version, schema, add, remove, summary, attributes, restore_version, replaces_schema))
BOOST_DESCRIBE_STRUCT(Event, (), (entity, kind, fields))
BOOST_DESCRIBE_STRUCT(Idempotency, (), (key, request_sha256))
BOOST_DESCRIBE_STRUCT(CommitRequest, (), (changes, drops, events, idempotency, tags, retention))
BOOST_DESCRIBE_STRUCT(CommittedSnapshot, (), (dataset, version, rows))
BOOST_DESCRIBE_STRUCT(CommitResponse, (), (commit_id, sequence, time_micros, snapshots, replayed))
BOOST_DESCRIBE_STRUCT(RegisterRequest, (), (name, schema, files))
BOOST_DESCRIBE_STRUCT(RegisterResponse, (), (dataset, existing))
BOOST_DESCRIBE_STRUCT(ResolveTable, (), (name, at))
BOOST_DESCRIBE_STRUCT(ResolvedTable, (), (name, snapshot, files))
BOOST_DESCRIBE_STRUCT(ResolveRequest, (), (tables))
BOOST_DESCRIBE_STRUCT(ResolveResponse, (), (sequence, tables))
BOOST_DESCRIBE_STRUCT(ListDatasetsRequest, (), (prefix, after, limit))
BOOST_DESCRIBE_STRUCT(ListDatasetsResponse, (), (datasets, more, sequence))
BOOST_DESCRIBE_STRUCT(DescribeRequest, (), (name, at))
BOOST_DESCRIBE_STRUCT(DescribeResponse, (), (dataset))
BOOST_DESCRIBE_STRUCT(HistoryRequest, (), (name, before_version, limit))
BOOST_DESCRIBE_STRUCT(HistoryResponse, (), (snapshots, more))
BOOST_DESCRIBE_STRUCT(DiffRequest, (), (name, from_version, to_version))
BOOST_DESCRIBE_STRUCT(SchemaDifference, (), (column, change, from_type, to_type, remedy))
BOOST_DESCRIBE_STRUCT(DiffResponse, (), (columns, rows_before, rows_after, added, removed))
BOOST_DESCRIBE_STRUCT(ReadRecordsRequest, (), (from_sequence, limit))
BOOST_DESCRIBE_STRUCT(LogRecord, (), (sequence, time_micros, epoch, json))
BOOST_DESCRIBE_STRUCT(ReadRecordsResponse, (), (records, head_sequence))
BOOST_DESCRIBE_STRUCT(StatusRequest, (), ())
BOOST_DESCRIBE_STRUCT(StatusResponse, (), (lake_id, sequence, epoch, role, dataset_count, head_sha256, retention))
BOOST_DESCRIBE_STRUCT(CollectGarbageRequest, (), (run))
BOOST_DESCRIBE_STRUCT(GarbageObject, (), (key, size_bytes))
BOOST_DESCRIBE_STRUCT(CollectGarbageResponse, (), (ran, epoch, expired_versions, objects, size_bytes, first))
BOOST_DESCRIBE_STRUCT(Redaction, (), (column, kind, keep_prefix, keep_suffix))
BOOST_DESCRIBE_STRUCT(SafeView, (), (dataset, columns, row_filter, redactions))
BOOST_DESCRIBE_STRUCT(ProfileLimits, (), (memory_bytes, timeout_ms, max_rows, concurrency))
BOOST_DESCRIBE_STRUCT(Profile, (), (name, version, datasets, views, limits, bucket))
BOOST_DESCRIBE_STRUCT(ApiKey, (), (id, name, profile, scopes, created_micros, sha256, old_sha256, old_until_micros, revoked_micros))
BOOST_DESCRIBE_STRUCT(ProfileActivation, (), (name, version))
BOOST_DESCRIBE_STRUCT(AccessChange, (), (profile, activation, key))
BOOST_DESCRIBE_STRUCT(ChangeAccessRequest, (), (change, is_new))
BOOST_DESCRIBE_STRUCT(ChangeAccessResponse, (), (sequence, version))
BOOST_DESCRIBE_STRUCT(LoadAccessRequest, (), (known_sequence))
BOOST_DESCRIBE_STRUCT(LoadAccessResponse, (), (sequence, changed, profiles, active, keys))
BOOST_DESCRIBE_STRUCT(LoadProfileRequest, (), (name))
BOOST_DESCRIBE_STRUCT(LoadProfileResponse, (), (profile))

using CatalogMethods = net::Methods<"catalog", net::Method<"Commit", &Catalog::Commit>, net::Method<"Register", &Catalog::Register>,
                                    net::Method<"Resolve", &Catalog::Resolve>, net::Method<"ListDatasets", &Catalog::ListDatasets>,
                                    net::Method<"Describe", &Catalog::Describe>, net::Method<"History", &Catalog::History>,
                                    net::Method<"Diff", &Catalog::Diff>, net::Method<"ReadRecords", &Catalog::ReadRecords>,
                                    net::Method<"LoadStatus", &Catalog::LoadStatus>, net::Method<"LoadProfile", &Catalog::LoadProfile>,
                                    net::Method<"CollectGarbage", &Catalog::CollectGarbage>,
                                    net::Method<"LoadAccess", &Catalog::LoadAccess>, net::Method<"ChangeAccess", &Catalog::ChangeAccess>>;

}  // namespace lakehouse::catalog
