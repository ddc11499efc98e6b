#pragma once
#include "table_session.h"

namespace lakehouse::ingest {

/// MySQL or MariaDB.
Result<std::unique_ptr<TableSession>> OpenMysqlSession(const Context& context, const DatabaseAddress& address, const Secret& password);

}  // namespace lakehouse::ingest
