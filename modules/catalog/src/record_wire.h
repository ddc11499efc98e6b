#pragma once
#include "catalog_wire.h"
#include "record.h"

/// The JSON form of the commit record.
namespace lakehouse::catalog {

/// The record as it stands in JSON; CommitRecord groups the header.
struct FlatRecord {
  std::int64_t epoch = 0;
  std::string prev_sha256;
  std::int64_t seq = 0;
  std::string sha256;
  std::int64_t time = 0;
  std::vector<Transaction> txns;
};

BOOST_DESCRIBE_STRUCT(SnapshotRecord, (),
                      (dataset, version, operation, schema_id, schema, rows, size_bytes, file_count, manifest, summary, attributes,
                       restored_version))
BOOST_DESCRIBE_STRUCT(DropRecord, (), (dataset, version))
BOOST_DESCRIBE_STRUCT(EpochRecord, (), (lake_id, writer))
BOOST_DESCRIBE_STRUCT(KeysRecord, (), (keys))
BOOST_DESCRIBE_STRUCT(TagRecord, (), (dataset, name, version, until_micros))
BOOST_DESCRIBE_STRUCT(RetentionRecord, (), (dataset, policy))
BOOST_DESCRIBE_STRUCT(VersionRange, (), (first, last))
BOOST_DESCRIBE_STRUCT(ExpiredRecord, (), (dataset, versions))
BOOST_DESCRIBE_STRUCT(ChangeRecord, (), (snapshot, drop, epoch, condemned, deleted, erased, tag, retention, expired, access))
BOOST_DESCRIBE_STRUCT(RecordedResponse, (), (snapshots))
BOOST_DESCRIBE_STRUCT(IdempotencyRecord, (), (key, request_sha256, status, response))
BOOST_DESCRIBE_STRUCT(Transaction, (), (commit_id, principal, idempotency, changes, events))
BOOST_DESCRIBE_STRUCT(FlatRecord, (), (epoch, prev_sha256, seq, sha256, time, txns))

}  // namespace lakehouse::catalog
