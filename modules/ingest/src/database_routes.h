#pragma once
#include "lakehouse/ingest/ingest_routes.h"

namespace lakehouse::ingest {

/// POST /ingest/db, as the predecessor called it.
net::Route DatabaseRoute(Ingest& ingest, CallersBucket bucket_of);

}  // namespace lakehouse::ingest
