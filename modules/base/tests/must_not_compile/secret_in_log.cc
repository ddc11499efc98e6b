// expect: no matching (function|constructor)
#include "lakehouse/base/log.h"
#include "lakehouse/base/secret.h"

lakehouse::LogValue Shown(const lakehouse::Secret& secret) { return lakehouse::LogValue(secret); }
