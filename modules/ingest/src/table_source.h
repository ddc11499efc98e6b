#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "database_address.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/ingest/source.h"

namespace lakehouse::ingest {

struct SourceTable {
  DatabaseAddress address;
  std::string table;  ///< as it was named, "sales.orders"
  Secret password;
  std::string grows;                  ///< column; empty: whole reads
  std::int64_t batch_rows = 200'000;  ///< about; rows of one value of the growing column stay together
  std::int64_t busy_patience_ms = 60'000;
};

/// A table or view of a database, each read in one read-only transaction of one snapshot.
///
/// With a growing column a read is a batch. Values are drawn before their transactions commit, so a lower one may appear after a higher:
/// the first read notes the highest value and then waits until every transaction that was open has ended; batches go up to that value and
/// no further. Reason "source_busy" when some transaction outlasts the patience. A column that may be null, and is, is refused
/// ("null_in_growing_column"), as its rows would never be read; one that is no integer, date or timestamp too ("bad_growing_column").
/// Rows that were there when the batches began and are gone before they are read end it with "source_changed": a server that lost what it
/// had said gives the same values to others.
Result<std::unique_ptr<Source>> OpenTableSource(SourceTable table);

}  // namespace lakehouse::ingest
