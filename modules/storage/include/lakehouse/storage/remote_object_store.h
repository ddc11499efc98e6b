#pragma once
#include <memory>

#include "lakehouse/net/transport.h"
#include "lakehouse/storage/buckets.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// The store that another daemon (storaged) serves with StorageService. Keeps the promises of ObjectStore. What is larger than
/// 4 MiB travels in parts and is complete on the other side before it becomes an object; reads are streams. A write whose
/// answer is lost, late or unreadable is kOutcomeUnknown. No local paths. Refers to the transport, which must outlive it.
std::unique_ptr<ObjectStore> ConnectObjectStore(net::Transport& transport);

/// The buckets of that store; kUnimplemented where it has none. Refers to the transport.
std::unique_ptr<Buckets> ConnectBuckets(net::Transport& transport);

}  // namespace lakehouse::storage
