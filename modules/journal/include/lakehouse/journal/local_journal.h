#pragma once
#include <memory>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/journal/journal.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::journal {

/// A journal of what this catalog, local or remote, has in its log. Reads it from the beginning at the first call and goes on
/// from there at each. Memory: 8 bytes per event and what names and actions take, plus the newest 10,000 events. All must
/// outlive it.
std::unique_ptr<Journal> MakeLocalJournal(catalog::Catalog& catalog, storage::ObjectStore& store, catalog::TableCodec& codec);

}  // namespace lakehouse::journal
