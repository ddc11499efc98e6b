#pragma once
#include <memory>
#include <string>

#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// Objects as files under `root` (created when missing), one per object, in the places that docs of the module's README
/// describe: an ordinary key is the path. Several stores, also of other processes, may be open on one root.
/// A Put costs two syncs (file, directory) and one more per directory it is the first to use.
/// Opening makes everything that is visible durable (one syncfs) and removes the unfinished writes of processes that are gone.
/// kUnavailable, kPermissionDenied: `root` cannot be made, opened or synced.
Result<std::unique_ptr<ObjectStore>> OpenLocalObjectStore(const std::string& root);

}  // namespace lakehouse::storage
