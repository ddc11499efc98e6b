#pragma once
#include <vector>

#include "lakehouse/journal/journal.h"
#include "lakehouse/net/route.h"

namespace lakehouse::journal {

/// The predecessor's routes, without the prefix /v1: history, recent, stats, flush. The journal must outlive them.
std::vector<net::Route> JournalRoutes(Journal& journal);

}  // namespace lakehouse::journal
