#pragma once
#include <memory>

#include "lakehouse/catalog/access_book.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::vector {

/// The vectors as callers from outside see them: each according to its profile. An index is as visible as its embeddings, the dataset
/// "vectors_<name>": one that a caller may not see is not there, in the same words as one that does not exist. A caller whose profile
/// hides something searches and reads the indexes that it sees whole and changes nothing (kPermissionDenied, "profile_restricted"). One
/// whose profile binds it to a bucket makes indexes there (kPermissionDenied, "bucket_not_allowed"). Others see everything. Both must
/// outlive the answer.
std::unique_ptr<Vectors> MakeProfiledVectors(Vectors& vectors, catalog::AccessBook& book);

}  // namespace lakehouse::vector
