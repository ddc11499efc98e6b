#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/context.h"
#include "lakehouse/net/route.h"
#include "lakehouse/query/query.h"

namespace lakehouse::query {

struct PagedOptions {
  std::string directory;                   ///< for files without names that hold the results
  std::size_t results = 50;                ///< kept, of all principals; the least recently read goes
  std::size_t results_of_one = 20;         ///< of one principal
  std::int64_t max_rows = 200'000;         ///< of one result; it says when it was cut
  std::uint64_t max_bytes = 64ull << 20;   ///< of one result
  std::int64_t keep_micros = 900'000'000;  ///< after the last look
  /// A text for what the caller may see: a result is shown only while it is the same as when it was made. None: it is always.
  std::function<Result<std::string>(const Context& context)> sight_of;
};

/// POST /query/paged runs a statement once and keeps its rows; GET /query/page/{id}/{page} reads them. `query` and `clock` must outlive
/// the routes.
std::vector<net::Route> PagedRoutes(Query& query, PagedOptions options, const Clock& clock = SystemClock());

}  // namespace lakehouse::query
