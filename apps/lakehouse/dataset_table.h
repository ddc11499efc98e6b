#pragma once
#include "lakehouse/base/result.h"
#include "lakehouse/terminal/text_table.h"
#include "server_client.h"

namespace lakehouse::app {

/// Every dataset: name, rows, columns, bytes, version.
Result<terminal::TextTable> DatasetTable(ServerClient& client);

}  // namespace lakehouse::app
