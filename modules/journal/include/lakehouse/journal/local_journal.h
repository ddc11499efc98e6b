#pragma once
#include <memory>
#include <string_view>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/journal/journal.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::journal {

/// A journal of what this catalog, local or remote, has in its log. Reads it from the beginning at the first call and goes on
/// from there at each. Memory: 8 bytes per event and what names and actions take, plus the newest 10,000 events. All must
/// outlive it.
std::unique_ptr<Journal> MakeLocalJournal(catalog::Catalog& catalog, storage::ObjectStore& store, catalog::TableCodec& codec);

/// One object of flushed events against the digest in its name. False: the key is none of such. kCorruption, reason "corrupt_object".
Result<bool> CheckFlushedEvents(std::string_view key, std::string_view octets);

}  // namespace lakehouse::journal
