#pragma once
#include <memory>

#include "lakehouse/catalog/access_book.h"
#include "lakehouse/catalog/catalog.h"

namespace lakehouse::catalog {

/// The catalog as callers from outside see it: each according to its profile. Datasets that a caller may not see are not there; of
/// those that it sees with columns, rows or values hidden it learns the columns it has, and neither files, nor sizes, nor numbers of
/// rows (0), nor lineage. A caller whose profile hides something changes nothing (kPermissionDenied, "profile_restricted"). Others see
/// the catalog itself. Both must outlive it. Thread-safe.
std::unique_ptr<Catalog> MakeProfiledCatalog(Catalog& catalog, AccessBook& book);

/// The columns of a schema that a rule leaves.
Schema VisibleSchema(const Schema& schema, const DatasetRule& rule);

}  // namespace lakehouse::catalog
