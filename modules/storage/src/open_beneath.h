#pragma once
#include <string>

#include "lakehouse/base/file.h"

namespace lakehouse::storage {

/// Opens a path below a directory; the empty path is the directory itself. Follows no symbolic link in any part of it (ELOOP)
/// and never leaves the directory. No descriptor, with errno, on failure. Flags as of open(2) without O_CREAT.
UniqueFd OpenBeneath(int root_fd, const std::string& path, int flags);

}  // namespace lakehouse::storage
