#pragma once
#include <memory>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::vector {

/// The vectors of a process that may follow: while `catalog`, which is this process's own, does not write the lake, everything goes to
/// `writer`, for an index is changed by one process and that one knows its latest items. Without a `writer` (null) changes are refused
/// then, kUnavailable reason "not_writer", and searches are `own`'s. All must outlive it. Thread-safe.
std::unique_ptr<Vectors> FollowWriter(catalog::Catalog& catalog, Vectors& own, Vectors* writer);

}  // namespace lakehouse::vector
