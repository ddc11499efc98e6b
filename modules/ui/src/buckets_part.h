#pragma once
#include "pages.h"

namespace lakehouse::ui {

/// The buckets of the lake, how each was last seen, and what waits in the rescue bucket: {{buckets_piece:none}} of the page. With `look`
/// each bucket is tried first, which may take seconds while one is away.
void ShowBuckets(View& view, House& house, const Context& context, bool look);

/// The piece by itself, as the page fetches it again and again.
std::vector<net::Route> BucketRoutes(House& house);

}  // namespace lakehouse::ui
