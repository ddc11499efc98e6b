#pragma once
#include <memory>

#include "lakehouse/catalog/system_table.h"
#include "lakehouse/journal/journal.h"

namespace lakehouse::journal {

/// system.events: the newest events. The journal must outlive it.
std::unique_ptr<catalog::SystemTable> MakeEventsTable(Journal& journal);

}  // namespace lakehouse::journal
