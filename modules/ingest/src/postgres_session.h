#pragma once
#include "table_session.h"

namespace lakehouse::ingest {

/// PostgreSQL, by COPY.
Result<std::unique_ptr<TableSession>> OpenPostgresSession(const Context& context, const DatabaseAddress& address, const Secret& password);

}  // namespace lakehouse::ingest
