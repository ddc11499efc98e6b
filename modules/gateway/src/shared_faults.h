#pragma once
#include <map>
#include <string>
#include <vector>

#include "lakehouse/net/route.h"

namespace lakehouse::gateway {

/// The codes of the error body by status; one that ends in "…" is not the whole list.
using FaultCodes = std::map<int, std::vector<std::string>>;

/// What the HTTP edge may answer in place of any route, and what any service may fail with.
FaultCodes SharedFaults();

/// Those of one route: the shared ones that can happen there, and its own.
FaultCodes FaultsOf(const net::Route& route);

}  // namespace lakehouse::gateway
