#include "lake_store.h"

#include <filesystem>
#include <optional>

#include "lakehouse/base/secret.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/s3_object_store.h"

namespace lakehouse::app {
namespace {

class SettingsSecrets final : public SecretsProvider {
 public:
  explicit SettingsSecrets(const Settings& settings) : settings_(settings) {}
  Result<std::optional<Secret>> Find(std::string_view name) override {
    if (auto secret = LH_TRY(OpenEnvironmentSecrets()->Find(name))) return secret;
    if (settings_.Text("secrets_file").empty()) return std::optional<Secret>();
    return OpenFileSecrets(settings_.Text("secrets_file"))->Find(name);
  }

 private:
  const Settings& settings_;
};

}  // namespace

Result<Secret> FindSecret(const Settings& settings, std::string_view name) {
  return LH_TRY(SettingsSecrets(settings).Find(name)).value_or(Secret());
}

namespace {

Result<std::unique_ptr<storage::ObjectStore>> OpenS3(const Context& context, const storage::BucketRecord& record, const Settings& settings,
                                                     Metrics& metrics, Log& log) {
  storage::S3ObjectStore::Options options;
  options.location = LH_TRY(storage::ParseS3Url(record.url));
  options.region = record.region;
  options.endpoint = record.endpoint;
  if (options.endpoint.empty()) options.endpoint = "https://s3." + options.region + ".amazonaws.com";
  options.virtual_host_style = record.style == "virtual";
  options.ca_file = record.ca_file;
  options.single_writer = record.single_writer;
  options.credentials.access_key = LH_TRY(FindSecret(settings, record.secret + ".access_key")).Reveal();
  options.credentials.secret_key = LH_TRY(FindSecret(settings, record.secret + ".secret_key"));
  options.credentials.session_token = LH_TRY(FindSecret(settings, record.secret + ".session_token"));
  return std::unique_ptr<storage::ObjectStore>(LH_TRY(storage::OpenS3ObjectStore(context, std::move(options), {metrics, log})));
}

/// A registered directory that is not there is not made anew: that would be an empty bucket in the place of a full one.
Result<std::unique_ptr<storage::ObjectStore>> OpenPlace(const Context& context, const storage::BucketRecord& record, bool create,
                                                        const Settings& settings, Metrics& metrics, Log& log) {
  if (storage::IsS3Url(record.url)) return OpenS3(context, record, settings, metrics, log);
  std::error_code failed;
  if (!create && !std::filesystem::is_directory(record.url, failed))
    return Error(ErrorCode::kUnavailable, record.url + " is no directory" + (failed ? ": " + failed.message() : ""));
  return storage::OpenLocalObjectStore(record.url);
}

/// Of the places that settings name: all settings of S3 below `prefix`.
Result<storage::BucketRecord> PlaceOf(const Settings& settings, std::string name, const std::string& url, const std::string& prefix) {
  storage::BucketRecord record{.name = std::move(name), .url = url};
  if (!storage::IsS3Url(url)) return record;
  record.endpoint = settings.Text(prefix + "endpoint");
  record.region = settings.Text(prefix + "region");
  record.style = settings.Text(prefix + "style");
  if (record.style != "path" && record.style != "virtual")
    return Error(ErrorCode::kInvalidArgument, prefix + "style is \"" + record.style + "\"; expected path or virtual");
  record.ca_file = settings.Text("storage.ca_file");
  record.single_writer = settings.Bool("storage.single_writer");
  record.secret = prefix.substr(0, prefix.size() - 1);
  return record;
}

}  // namespace

std::unique_ptr<SecretsProvider> OpenSecrets(const Settings& settings) { return std::make_unique<SettingsSecrets>(settings); }

Result<std::unique_ptr<storage::BucketStore>> OpenLakeStore(const Context& context, const Settings& settings, Metrics& metrics, Log& log) {
  return OpenLakeStore(context, settings, settings.Text("data"), metrics, log);
}

Result<std::unique_ptr<storage::BucketStore>> OpenLakeStore(const Context& context, const Settings& settings, const std::string& data,
                                                            Metrics& metrics, Log& log) {
  const std::string rescue = settings.Text("storage.rescue");
  storage::BucketStore::Options options;
  options.primary_url = data;
  options.directories = settings.List("storage.buckets");
  if (options.directories.empty() && !storage::IsS3Url(data)) options.directories.push_back(data + "-buckets");
  if (!rescue.empty()) {
    options.rescue = LH_TRY(PlaceOf(settings, std::string(storage::kRescueBucket), rescue, "storage.rescue_"));
    options.rescue->secret = "storage.rescue";
  }
  auto primary = LH_TRY(OpenPlainStore(context, settings, data, metrics, log));
  storage::BucketStore::Parts parts{
      .primary = std::move(primary),
      .open = [&settings, &metrics, &log](const Context& asked, const storage::BucketRecord& record,
                                          bool create) { return OpenPlace(asked, record, create, settings, metrics, log); },
      .log = log};
  return storage::BucketStore::Make(std::move(parts), std::move(options));
}

Result<std::unique_ptr<storage::ObjectStore>> OpenPlainStore(const Context& context, const Settings& settings, const std::string& url,
                                                             Metrics& metrics, Log& log) {
  const auto place = LH_TRY(PlaceOf(settings, std::string(storage::kPrimaryBucket), url, "storage."));
  return OpenPlace(context, place, true, settings, metrics, log);
}

}  // namespace lakehouse::app
