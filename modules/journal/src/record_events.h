#pragma once
#include <string_view>
#include <vector>

#include "lakehouse/catalog/types.h"
#include "lakehouse/journal/journal.h"

namespace lakehouse::journal {

/// The events of one commit record: those that its transactions carry, and one for every change of a dataset that carries none,
/// so that no mutation is without. kCorruption: not a record.
Result<std::vector<JournalEvent>> EventsOf(const catalog::LogRecord& record);

}  // namespace lakehouse::journal
