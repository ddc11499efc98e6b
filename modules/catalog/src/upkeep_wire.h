#pragma once
#include "lakehouse/catalog/upkeep.h"
#include "lakehouse/net/methods.h"

/// The JSON form of what looks after a lake, and the table of its methods.
namespace lakehouse::catalog {

BOOST_DESCRIBE_STRUCT(ScrubRun, (), (started_micros, finished_micros, objects, bytes, damaged, healed, unreachable, caches_damaged, failed))
BOOST_DESCRIBE_STRUCT(CollectionRun, (), (started_micros, finished_micros, expired_versions, objects, size_bytes, log_objects, failed))
BOOST_DESCRIBE_STRUCT(QuarantinedObject, (), (key, expected_bytes, expected_sha256, found_bytes, found_sha256, since_micros))
BOOST_DESCRIBE_STRUCT(LoadUpkeepRequest, (), ())
BOOST_DESCRIBE_STRUCT(UpkeepState, (),
                      (scrub_bytes_per_second, scrub_interval_ms, scrub, last_scrub, quarantine, collect_interval_ms, collection,
                       last_collection))
BOOST_DESCRIBE_STRUCT(ScrubRequest, (), (bytes_per_second))

using UpkeepMethods = net::Methods<"upkeep", net::Method<"LoadState", &Upkeep::LoadState>, net::Method<"StartScrub", &Upkeep::StartScrub>>;

}  // namespace lakehouse::catalog
