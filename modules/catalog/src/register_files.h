#pragma once
#include <vector>

#include "lakehouse/catalog/types.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::catalog {

/// Files as the predecessor's clients name them, by key alone: size and digest are taken from the store. kInvalidArgument, reason
/// "missing_object": there is none.
Status CompleteFiles(const Context& context, storage::ObjectStore& store, std::vector<DataFile>& files);

}  // namespace lakehouse::catalog
