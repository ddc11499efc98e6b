#pragma once
#include <functional>
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/storage/error_sink.h"

namespace lakehouse::app {

/// The same routes, whose refusals and failures (status 400 and above, streams that break) are recorded in `errors` with the kind,
/// the request id and what was asked for, so that one call finds them. `errors` must outlive the routes.
std::vector<net::Route> RecordFailures(std::vector<net::Route> routes, storage::ErrorSink& errors);

/// The same for what the edge refuses before a handler is asked, such as a body that is too large or a spool without room.
std::function<void(const Context&, const net::Route&, const net::HttpResponse&)> RefusalRecorder(storage::ErrorSink& errors);

}  // namespace lakehouse::app
