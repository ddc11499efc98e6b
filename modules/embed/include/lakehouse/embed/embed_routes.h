#pragma once
#include <vector>

#include "lakehouse/embed/embeddings.h"
#include "lakehouse/net/route.h"

namespace lakehouse::embed {

/// The predecessor's routes and OpenAI's, without the prefix /v1. `embeddings` must outlive them.
std::vector<net::Route> EmbedRoutes(Embeddings& embeddings);

}  // namespace lakehouse::embed
