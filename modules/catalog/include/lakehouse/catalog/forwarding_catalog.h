#pragma once
#include <memory>

#include "lakehouse/catalog/catalog.h"

namespace lakehouse::catalog {

/// The catalog of a process that follows: everything is asked of `own`, and a change that it refuses because another process writes the
/// lake ("not_writer", or "fenced" by it) goes to `writer`. A refused change has left nothing, so it is made once. When the writer has
/// died, `own` takes over, or says with the other's error that both cannot. Both must outlive it. Thread-safe.
std::unique_ptr<Catalog> ForwardToWriter(Catalog& own, Catalog& writer);

}  // namespace lakehouse::catalog
