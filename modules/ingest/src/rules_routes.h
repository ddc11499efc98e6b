#pragma once
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/route.h"

namespace lakehouse::ingest {

/// What a dataset says about the rows that come into it.
std::vector<net::Route> RulesRoutes(Ingest& ingest);

}  // namespace lakehouse::ingest
