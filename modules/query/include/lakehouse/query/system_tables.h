#pragma once
#include <memory>

#include "lakehouse/catalog/system_table.h"
#include "lakehouse/query/query_history.h"
#include "lakehouse/storage/error_archive.h"

namespace lakehouse::query {

/// system.queries: the last statements of this process; the caller's own, an administrator's are all. The log must outlive it.
std::unique_ptr<catalog::SystemTable> MakeQueriesTable(QueryLog& log);
/// system.errors: what failed, of all processes of the lake; likewise.
std::unique_ptr<catalog::SystemTable> MakeErrorsTable(storage::ErrorArchive& archive);

}  // namespace lakehouse::query
