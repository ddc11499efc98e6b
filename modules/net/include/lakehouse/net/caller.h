#pragma once
#include <string>

namespace lakehouse::net {

/// What a route is for; a caller needs that right.
enum class RouteScope {
  kByMethod,  ///< GET and HEAD read, everything else writes
  kRead,
  kWrite,
  kAdmin,
};

/// Whom a bearer token that is not the administrator's stands for.
struct Caller {
  std::string principal;
  bool may_read = false;
  bool may_write = false;
  bool may_admin = false;
  /// A profile hides something from this caller: only routes that say so (Route::keeps_profiles) answer it.
  bool restricted = false;
};

}  // namespace lakehouse::net
