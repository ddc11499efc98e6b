#pragma once
#include <functional>
#include <string_view>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"
#include "lakehouse/catalog/access_book.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/net/route.h"

namespace lakehouse::catalog {

/// Whether SQL may be the row filter of a view; kInvalidArgument says why not.
using CheckFilter = std::function<Status(const Context& context, std::string_view filter)>;

/// Profiles and API keys for administrators: /profiles, /keys. All references must outlive the routes. Without `check_filter` a filter
/// is first judged when it is used, where a bad one shows nothing.
std::vector<net::Route> AccessRoutes(Catalog& catalog, AccessBook& book, CheckFilter check_filter = {}, const Clock& clock = SystemClock(),
                                     Random& random = SystemRandom());

}  // namespace lakehouse::catalog
