#include "lake_store.h"

#include "lakehouse/base/secret.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/s3_object_store.h"

namespace lakehouse::app {
namespace {

/// From the environment, else from the file that secrets_file names.
Result<Secret> FindSecret(const Settings& settings, std::string_view name) {
  if (auto secret = LH_TRY(OpenEnvironmentSecrets()->Find(name))) return std::move(*secret);
  if (settings.Text("secrets_file").empty()) return Secret();
  return LH_TRY(OpenFileSecrets(settings.Text("secrets_file"))->Find(name)).value_or(Secret());
}

Result<storage::S3ObjectStore::Options> S3OptionsOf(const Settings& settings, const std::string& url) {
  storage::S3ObjectStore::Options options;
  options.location = LH_TRY(storage::ParseS3Url(url));
  options.region = settings.Text("storage.region");
  options.endpoint = settings.Text("storage.endpoint");
  if (options.endpoint.empty()) options.endpoint = "https://s3." + options.region + ".amazonaws.com";
  const std::string style = settings.Text("storage.style");
  if (style != "path" && style != "virtual")
    return Error(ErrorCode::kInvalidArgument, "storage.style is \"" + style + "\"; expected path or virtual");
  options.virtual_host_style = style == "virtual";
  options.ca_file = settings.Text("storage.ca_file");
  options.single_writer = settings.Bool("storage.single_writer");
  options.credentials.access_key = LH_TRY(FindSecret(settings, "storage.access_key")).Reveal();
  options.credentials.secret_key = LH_TRY(FindSecret(settings, "storage.secret_key"));
  options.credentials.session_token = LH_TRY(FindSecret(settings, "storage.session_token"));
  return options;
}

}  // namespace

Result<std::unique_ptr<storage::ObjectStore>> OpenLakeStore(const Context& context, const Settings& settings, Metrics& metrics, Log& log) {
  return OpenLakeStore(context, settings, settings.Text("data"), metrics, log);
}

Result<std::unique_ptr<storage::ObjectStore>> OpenLakeStore(const Context& context, const Settings& settings, const std::string& url,
                                                            Metrics& metrics, Log& log) {
  if (!storage::IsS3Url(url)) return storage::OpenLocalObjectStore(url);
  auto store = LH_TRY(storage::OpenS3ObjectStore(context, LH_TRY(S3OptionsOf(settings, url)), {metrics, log}));
  return std::unique_ptr<storage::ObjectStore>(std::move(store));
}

}  // namespace lakehouse::app
