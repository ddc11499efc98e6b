#pragma once
#include <memory>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/base/settings.h"
#include "lakehouse/storage/bucket_store.h"

namespace lakehouse::app {

/// From the environment, else from the file that secrets_file names; empty when neither has it.
Result<Secret> FindSecret(const Settings& settings, std::string_view name);

/// The same as a provider. `settings` must outlive it.
std::unique_ptr<SecretsProvider> OpenSecrets(const Settings& settings);

/// The store that the setting `data` names: a directory, or a bucket with the settings storage.* and its keys from the
/// secrets; with its other buckets, and rescue where storage.rescue names one. `settings`, `metrics` and `log` must outlive it. Errors of
/// OpenLocalObjectStore and OpenS3ObjectStore.
Result<std::unique_ptr<storage::BucketStore>> OpenLakeStore(const Context& context, const Settings& settings, Metrics& metrics, Log& log);
/// The lake in another directory or bucket; of a bucket the settings name the server.
Result<std::unique_ptr<storage::BucketStore>> OpenLakeStore(const Context& context, const Settings& settings, const std::string& url,
                                                            Metrics& metrics, Log& log);
/// That place alone, for what becomes a lake: keys of other buckets are objects in it like all others.
Result<std::unique_ptr<storage::ObjectStore>> OpenPlainStore(const Context& context, const Settings& settings, const std::string& url,
                                                             Metrics& metrics, Log& log);

}  // namespace lakehouse::app
