#pragma once
#include <string>
#include <string_view>

#include "lakehouse/catalog/table_codec.h"

namespace lakehouse::catalog {

/// An object of the catalog as text for people, by what its key or path says it is: a record, a segment, a checkpoint, a
/// manifest, the format, the boundary, a mark of the quarantine, what upkeep remembers. kInvalidArgument: none of these. kCorruption:
/// damaged, and how.
Result<std::string> InspectCatalogObject(const Context& context, TableCodec& codec, std::string_view key, std::string_view octets);

}  // namespace lakehouse::catalog
