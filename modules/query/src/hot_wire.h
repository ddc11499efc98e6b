#pragma once
#include <boost/describe/class.hpp>
#include <vector>

#include "lakehouse/base/codec.h"
#include "lakehouse/query/hot_cache.h"

namespace lakehouse::query {

/// pins.json of the cache's directory.
struct SavedPins {
  std::vector<PinRequest> pins;
};

BOOST_DESCRIBE_STRUCT(HotTable, (), (dataset, version, ready_version, rows, bytes, pinned_micros, statements, state, message))
BOOST_DESCRIBE_STRUCT(PinRequest, (), (dataset, version))
BOOST_DESCRIBE_STRUCT(EvictRequest, (), (dataset))
BOOST_DESCRIBE_STRUCT(EvictResponse, (), (evicted, freed_bytes))
BOOST_DESCRIBE_STRUCT(HotStatsRequest, (), ())
BOOST_DESCRIBE_STRUCT(HotStats, (), (max_bytes, used_bytes, statements, built, damaged, rerun, datasets))
BOOST_DESCRIBE_STRUCT(SavedPins, (), (pins))

}  // namespace lakehouse::query
