#pragma once
#include <vector>

#include "lakehouse/matrix/answers.h"
#include "lakehouse/net/route.h"

namespace lakehouse::matrix {

/// Questions and their answers, without the prefix /v1. `answers` must outlive them.
std::vector<net::Route> AskRoutes(Answers& answers);

}  // namespace lakehouse::matrix
