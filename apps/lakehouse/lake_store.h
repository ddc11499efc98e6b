#pragma once
#include <memory>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/settings.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::app {

/// The store that the setting `data` names: a directory, or a bucket with the settings storage.* and its keys from the
/// secrets. `metrics` and `log` must outlive it. Errors of OpenLocalObjectStore and OpenS3ObjectStore.
Result<std::unique_ptr<storage::ObjectStore>> OpenLakeStore(const Context& context, const Settings& settings, Metrics& metrics, Log& log);
/// The same for another directory or bucket; of a bucket the settings name the server.
Result<std::unique_ptr<storage::ObjectStore>> OpenLakeStore(const Context& context, const Settings& settings, const std::string& url,
                                                            Metrics& metrics, Log& log);

}  // namespace lakehouse::app
