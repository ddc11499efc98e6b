#pragma once
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/route.h"

namespace lakehouse::ingest {

/// Sources that are read again and again. For administrators: a schedule acts with the server's own rights and secrets.
std::vector<net::Route> ScheduleRoutes(Ingest& ingest);

}  // namespace lakehouse::ingest
