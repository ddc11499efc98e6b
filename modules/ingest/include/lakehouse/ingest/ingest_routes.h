#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/route.h"

namespace lakehouse::ingest {

/// The bucket that a caller's profile binds it to; empty: none.
using CallersBucket = std::function<Result<std::string>(const Context& context)>;

/// The public face of ingest, without the prefix /v1. The ingest must outlive the routes. Without `bucket_of` nobody is bound.
std::vector<net::Route> IngestRoutes(Ingest& ingest, CallersBucket bucket_of = {});

}  // namespace lakehouse::ingest
