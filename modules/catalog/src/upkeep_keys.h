#pragma once
namespace lakehouse::catalog {

/// What upkeep remembers of its runs over restarts (docs/formats/quarantine.md).
inline constexpr const char* kLastScrubKey = "_catalog/scrub.json";
inline constexpr const char* kLastCollectionKey = "_catalog/collection.json";

}  // namespace lakehouse::catalog
