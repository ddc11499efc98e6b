#pragma once
#include <vector>

#include "lakehouse/matrix/matrix.h"
#include "lakehouse/net/route.h"

namespace lakehouse::matrix {

/// Corpora and search over them, without the prefix /v1. The service must outlive them.
std::vector<net::Route> MatrixRoutes(Matrix& matrix);

}  // namespace lakehouse::matrix
