#pragma once
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/engine/parquet_table.h"
#include "local_database.h"

namespace lakehouse::engine {

/// What the footer of a Parquet file in the database's directory says.
Result<FileFacts> ReadFacts(const Context& context, LocalDatabase& database, const std::string& path);

}  // namespace lakehouse::engine
