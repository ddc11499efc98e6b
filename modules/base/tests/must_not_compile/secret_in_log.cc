// expect: no matching function for call to 'lakehouse::Log::Info
#include "lakehouse/base/log.h"
#include "lakehouse/base/secret.h"

void Say(lakehouse::Log& log, const lakehouse::Secret& secret) { log.Info("login", {{"token", secret}}); }
