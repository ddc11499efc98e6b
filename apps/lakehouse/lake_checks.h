#pragma once
#include "lakehouse/catalog/self_checked.h"

namespace lakehouse::app {

/// What stands in a lake beside its datasets, and who can tell whether it is sound. Keeps no reference to anything.
catalog::SelfChecks LakeChecks();

}  // namespace lakehouse::app
