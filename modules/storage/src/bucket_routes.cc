#include "bucket_routes.h"

#include <algorithm>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "lakehouse/storage/bucket_key.h"
#include "storage_wire.h"

namespace lakehouse::storage {
namespace {

using net::HttpRequest;
using net::HttpResponse;

struct ShownHealth {
  std::optional<bool> reachable;  ///< absent: nobody has looked since the start
  std::optional<std::string> checked;
  std::optional<std::int64_t> latency_ms;
  std::optional<std::string> last_error;
  std::optional<std::string> last_error_time;
};
BOOST_DESCRIBE_STRUCT(ShownHealth, (), (reachable, checked, latency_ms, last_error, last_error_time))

struct ShownBucket {
  std::string name;
  std::string role;
  std::string url;
  std::optional<std::string> endpoint, region, style, ca_file, secret;
  std::optional<bool> single_writer;
  std::optional<std::string> created;
  ShownHealth health;
};
BOOST_DESCRIBE_STRUCT(ShownBucket, (), (name, role, url, endpoint, region, style, ca_file, secret, single_writer, created, health))

struct ShownBuckets {
  std::vector<ShownBucket> buckets;
};
BOOST_DESCRIBE_STRUCT(ShownBuckets, (), (buckets))

struct ShownBucketHealth {
  std::string status;  ///< "ok", or "degraded" when a bucket cannot be reached
  std::vector<ShownBucket> buckets;
};
BOOST_DESCRIBE_STRUCT(ShownBucketHealth, (), (status, buckets))

struct NewBucket {
  std::string name;
  std::optional<std::string> url, endpoint, region, style, ca_file, secret;
  std::optional<bool> single_writer;
};
BOOST_DESCRIBE_STRUCT(NewBucket, (), (name, url, endpoint, region, style, ca_file, secret, single_writer))

struct RemovedBucket {
  std::string name;
  bool deleted = true;
};
BOOST_DESCRIBE_STRUCT(RemovedBucket, (), (name, deleted))

std::optional<std::string> IfAny(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }
std::optional<std::string> TimeIfAny(std::int64_t micros) { return micros == 0 ? std::nullopt : std::optional(FormatTime(micros)); }

ShownBucket Show(const BucketInfo& bucket) {
  const BucketRecord& record = bucket.record;
  const BucketHealth& health = bucket.health;
  ShownBucket shown{record.name,
                    bucket.role,
                    record.url,
                    IfAny(record.endpoint),
                    IfAny(record.region),
                    IfAny(record.style),
                    IfAny(record.ca_file),
                    IfAny(record.secret),
                    std::nullopt,
                    TimeIfAny(record.created_micros),
                    {}};
  if (record.single_writer) shown.single_writer = true;
  const std::optional<bool> reachable = health.checked_micros == 0 ? std::nullopt : std::optional(health.reachable);
  shown.health = {reachable, TimeIfAny(health.checked_micros), reachable ? std::optional(health.latency_ms) : std::nullopt,
                  IfAny(health.last_error), TimeIfAny(health.last_error_micros)};
  return shown;
}

std::vector<ShownBucket> ShowAll(const std::vector<BucketInfo>& buckets) {
  std::vector<ShownBucket> shown;
  std::transform(buckets.begin(), buckets.end(), std::back_inserter(shown), Show);
  return shown;
}

net::Route Describe(std::string method, std::string pattern, std::string summary) {
  return net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "storage", "storaged");
}

HttpResponse CreateOne(Buckets& buckets, const Context& context, HttpRequest& request) {
  const auto body = DecodeJson<NewBucket>(request.body);
  if (!body) return HttpResponse::FromError(body.error(), context.trace);
  const auto text = [](const std::optional<std::string>& value) { return value.value_or(""); };
  BucketRecord record{body->name,
                      text(body->url),
                      text(body->endpoint),
                      text(body->region),
                      text(body->style),
                      text(body->ca_file),
                      body->single_writer.value_or(false),
                      text(body->secret)};
  const auto created = buckets.CreateBucket(context, record);
  if (!created) return HttpResponse::FromError(created.error(), context.trace);
  return HttpResponse::Json(201, EncodeJson(Show(*created)));
}

}  // namespace

std::vector<net::Route> BucketRoutes(Buckets& buckets) {
  constexpr std::int64_t kTimeoutMs = 60'000;
  net::Route list = Describe("GET", "/storage/buckets", "The buckets of the lake, and how each was last seen");
  list.answers = {{200, "Primary, rescue, then the others by name", SchemaOf<ShownBuckets>()}};
  list.response_example =
      R"({"buckets":[{"name":"primary","role":"primary","url":"/srv/lake","health":{"reachable":true,"checked":"2026-11-21T14:03:05.123456Z","latency_ms":2}}]})";
  list.handle = [&buckets](const Context& context, HttpRequest&) {
    const auto all = buckets.ListBuckets(context, false);
    return all ? HttpResponse::Json(200, EncodeJson(ShownBuckets{ShowAll(*all)})) : HttpResponse::FromError(all.error(), context.trace);
  };

  net::Route health = Describe("GET", "/storage/bucket-health", "Tries every bucket: a small object is written and removed");
  health.timeout_ms = kTimeoutMs;
  health.answers = {{200, "How they are; one that is away is no error", SchemaOf<ShownBucketHealth>()}};
  health.handle = [&buckets](const Context& context, HttpRequest&) {
    const auto all = buckets.ListBuckets(context, true);
    if (!all) return HttpResponse::FromError(all.error(), context.trace);
    const bool ok = std::all_of(all->begin(), all->end(), [](const BucketInfo& bucket) { return bucket.health.reachable; });
    return HttpResponse::Json(200, EncodeJson(ShownBucketHealth{ok ? "ok" : "degraded", ShowAll(*all)}));
  };

  net::Route create = Describe("POST", "/storage/buckets", "Registers a bucket, durably: a directory, or a place on an S3 server");
  create.description =
      "Without url it is a directory of its own below the first of storage.buckets. Of S3 the keys come from the secrets "
      "<secret>.access_key, .secret_key and .session_token; secret is bucket.<name> unless told otherwise. The place must be empty, or "
      "have "
      "been this bucket before.";
  create.body = net::BodyKind::kSmall;
  create.timeout_ms = kTimeoutMs;
  create.request_schema = SchemaOf<NewBucket>();
  create.answers = {{201, "It is registered", SchemaOf<ShownBucket>()}};
  create.faults = {{400, {"invalid_bucket", "invalid_url", "invalid_argument"}},
                   {403, {"directory_not_allowed"}},
                   {409, {"bucket_exists", "bucket_taken", "bucket_not_empty"}},
                   {503, {"unavailable", "…"}}};
  create.request_example = R"({"name":"archive"})";
  create.handle = [&buckets](const Context& context, HttpRequest& request) { return CreateOne(buckets, context, request); };

  net::Route remove = Describe("DELETE", "/storage/buckets/{bucket}", "Forgets a bucket; primary, rescue and buckets in use are refused");
  remove.params = {net::PathText("bucket", "of the bucket", "archive")};
  remove.answers = {{200, "It is forgotten", SchemaOf<RemovedBucket>()}};
  remove.faults = {{400, {"invalid_bucket"}},
                   {404, {"unknown_bucket"}},
                   {409, {"bucket_protected", "bucket_in_use", "bucket_busy"}},
                   {503, {"bucket_away"}}};
  remove.timeout_ms = kTimeoutMs;
  remove.response_example = R"({"name":"archive","deleted":true})";
  remove.handle = [&buckets](const Context& context, HttpRequest& request) {
    const std::string& name = request.path_params["bucket"];
    const Status removed = buckets.RemoveBucket(context, name);
    if (!removed) return HttpResponse::FromError(removed.error(), context.trace);
    return HttpResponse::Json(200, EncodeJson(RemovedBucket{name}));
  };
  return {list, health, create, remove};
}

}  // namespace lakehouse::storage
