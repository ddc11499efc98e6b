#include "lakehouse/storage/storage_routes.h"

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "bucket_routes.h"
#include "byte_range_header.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/byte_source.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "lakehouse/storage/bucket_key.h"
#include "pinned_object.h"

namespace lakehouse::storage {

/// An object as it is shown; sha256: of an upload that was spooled.
struct ShownObject {
  std::string key;
  std::uint64_t size = 0;
  std::string modified;
  std::optional<std::string> sha256;
};
struct ShownObjects {
  std::vector<ShownObject> objects;
  bool truncated = false;
  std::optional<std::string> next;
};
struct DeletedObject {
  std::string key;
  bool deleted = false;
};
struct ShownError {
  std::int64_t sequence = 0;
  std::string time;
  std::int64_t time_micros = 0;
  std::string kind;
  std::string service;
  std::string object;
  std::string request_id;
  std::string principal;
  std::string message;
  std::optional<RawJson> details;
};
struct UnreadableSource {
  std::string source;
  std::string error;
};
struct ShownDamage {
  std::string key;
  std::uint64_t offset = 0;
  std::string what;
};
/// sources: which journals there are; unreadable: which of them could not be read; damages: where one is not what was written.
struct ShownErrors {
  std::vector<ShownError> errors;
  std::int64_t recorded = 0;
  std::vector<std::string> sources;
  std::vector<UnreadableSource> unreadable;
  std::vector<ShownDamage> damages;
};
struct FlushedErrors {
  std::uint64_t written = 0;
};
struct CompactedErrors {
  std::int64_t batches = 0;
  std::int64_t packs = 0;
  std::int64_t removed = 0;
};
BOOST_DESCRIBE_STRUCT(ShownObject, (), (key, size, modified, sha256))
BOOST_DESCRIBE_STRUCT(ShownObjects, (), (objects, truncated, next))
BOOST_DESCRIBE_STRUCT(DeletedObject, (), (key, deleted))
BOOST_DESCRIBE_STRUCT(ShownError, (), (sequence, time, time_micros, kind, service, object, request_id, principal, message, details))
BOOST_DESCRIBE_STRUCT(UnreadableSource, (), (source, error))
BOOST_DESCRIBE_STRUCT(ShownDamage, (), (key, offset, what))
BOOST_DESCRIBE_STRUCT(ShownErrors, (), (errors, recorded, sources, unreadable, damages))
BOOST_DESCRIBE_STRUCT(FlushedErrors, (), (written))
BOOST_DESCRIBE_STRUCT(CompactedErrors, (), (batches, packs, removed))

namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr net::WholeNumber kObjectsLimit{
    .name = "limit", .description = "how many", .least = 1, .most = kMaxListPage, .otherwise = kMaxListPage};
constexpr net::WholeNumber kSince{.name = "since",
                                  .description = "microseconds since 1970",
                                  .least = std::numeric_limits<std::int64_t>::min(),
                                  .otherwise = std::numeric_limits<std::int64_t>::min()};
constexpr net::WholeNumber kErrorsLimit{
    .name = "limit", .description = "how many; the newest are kept", .least = 1, .most = 10'000, .otherwise = 1'000};

/// Shared by the handlers of one set of routes.
struct Face {
  ObjectStore& store;
  ErrorJournal& errors;
  const StorageRoutesOptions options;
  std::atomic<std::size_t> puts{0};
};

/// One of the slots for PUT, as long as it lives.
class PutSlot {
 public:
  explicit PutSlot(Face& face) : face_(face), taken_(face.puts.fetch_add(1) < face.options.put_slots) {}
  ~PutSlot() { face_.puts.fetch_sub(1); }
  PutSlot(const PutSlot&) = delete;
  PutSlot& operator=(const PutSlot&) = delete;
  bool taken() const { return taken_; }

 private:
  Face& face_;
  const bool taken_;
};

/// What a request is about: the same rules for keys hold in every bucket.
struct Target {
  std::string bucket;
  std::string key;   ///< inside the bucket
  std::string full;  ///< for the store
};
Target TargetOf(HttpRequest& request) {
  const auto bucket = request.path_params.find("bucket");
  Target target{bucket == request.path_params.end() ? std::string(kPrimaryBucket) : bucket->second, request.path_params["key"], {}};
  target.full = InBucket(target.bucket, target.key);
  return target;
}

ShownObject ShownObjectOf(const ObjectInfo& object) {
  return {std::string(SplitBucketKey(object.key).key), object.size_bytes, FormatTime(object.modified_micros), {}};
}

/// What is wrong with the system, not with the request.
bool IsOperational(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kOutcomeUnknown || code == ErrorCode::kCorruption ||
         code == ErrorCode::kInternal;
}

HttpResponse Refuse(Face& face, const Context& ctx, const std::string& key, const Error& error) {
  if (IsOperational(error.code())) face.errors.Record(ctx, "storaged", key, error);
  return HttpResponse::FromError(error, ctx.trace);
}

Status CheckPubliclyWritable(const std::string& key) {
  LH_TRY(ValidateKey(key));
  const std::string_view prefix = ReservedPrefixOf(key);
  if (prefix.empty()) return Ok{};
  return Error(ErrorCode::kPermissionDenied,
               "key \"" + key + "\" is below " + std::string(prefix) + ", where only the system writes: choose another prefix")
      .Named("reserved_prefix");
}

Status CheckSize(const Face& face, const std::string& key, std::uint64_t size_bytes) {
  const std::uint64_t cap = key.starts_with("_vectors/") ? face.options.max_vector_object_bytes : face.options.max_object_bytes;
  if (size_bytes <= cap) return Ok{};
  return Error(ErrorCode::kTooLarge,
               "key \"" + key + "\": the body has " + std::to_string(size_bytes) + " bytes; at most " + std::to_string(cap) + " are taken");
}

/// The name becomes part of a key, so it is looked at first.
Status CheckTarget(const Target& target, bool writes) {
  LH_TRY(CheckBucketName(target.bucket));
  return writes ? CheckPubliclyWritable(target.key) : ValidateKey(target.key);
}

HttpResponse PutObject(Face& face, const Context& ctx, HttpRequest& request) {
  const Target target = TargetOf(request);
  const std::string& key = target.full;
  if (Status allowed = CheckTarget(target, true); !allowed) return Refuse(face, ctx, key, allowed.error());
  if (Status fits = CheckSize(face, key, request.body_size_bytes); !fits) return Refuse(face, ctx, key, fits.error());
  const PutSlot slot(face);
  if (!slot.taken()) {
    HttpResponse busy = HttpResponse::FromError(
        Error(ErrorCode::kUnavailable, "as many objects as may be are being stored: try again").Named("slots_full"), ctx.trace);
    std::erase_if(busy.headers, [](const net::HttpHeader& header) { return header.name == "Retry-After"; });
    busy.headers.push_back({"Retry-After", "5"});
    return busy;
  }
  // If-None-Match: * is how HTTP asks for "only if there is none".
  const bool if_absent = request.FindHeader("If-None-Match") == "*";
  const Result<ObjectInfo> put = request.body_path.empty()
                                     ? (if_absent ? face.store.PutIfAbsent(ctx, key, request.body) : face.store.Put(ctx, key, request.body))
                                 : if_absent ? face.store.PutFileIfAbsent(ctx, key, request.body_path)
                                             : face.store.PutFile(ctx, key, request.body_path);
  if (!put) return Refuse(face, ctx, key, put.error());
  ShownObject shown = ShownObjectOf(*put);
  if (!request.body_sha256.empty()) shown.sha256 = request.body_sha256;
  return HttpResponse::Json(200, EncodeJson(shown));
}

/// Whether another copy may stand in: what primary says is not there, is not there.
bool IsAway(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDeadlineExceeded || error.code() == ErrorCode::kCorruption;
}

HttpResponse GetObject(Face& face, const Context& ctx, HttpRequest& request) {
  const Target target = TargetOf(request);
  std::string key = target.full;
  if (Status allowed = CheckTarget(target, false); !allowed) return Refuse(face, ctx, key, allowed.error());
  Result<PinnedObject> object = PinnedObject::Pin(ctx, face.store, key);
  bool rescued = false;
  if (!object && IsAway(object.error()) && target.bucket == kPrimaryBucket) {
    const std::string copy = InBucket(kRescueBucket, target.key);
    if (Result<PinnedObject> other = PinnedObject::Pin(ctx, face.store, copy)) {
      face.errors.Record(ctx, "storaged", key, object.error());
      object = std::move(other);
      key = copy;
      rescued = true;
    }
  }
  if (!object) return Refuse(face, ctx, key, object.error());
  const std::uint64_t size = object->info().size_bytes;
  const std::optional<std::string> header = request.FindHeader("Range");
  const RequestedRange range = ParseRange(header, size);

  HttpResponse response;
  response.content_type = "application/octet-stream";
  // What strangers have stored is never shown as a page of ours.
  response.headers = {{"Accept-Ranges", "bytes"}, {"X-Content-Type-Options", "nosniff"}, {"Content-Disposition", "attachment"}};
  if (rescued) response.headers.push_back({"X-Lakehouse-Rescue-Used", "true"});
  std::uint64_t offset = 0;
  std::uint64_t length = size;
  if (range.kind == RequestedRange::Kind::kUnsatisfiable) {
    response = HttpResponse::FromError(Error(ErrorCode::kInvalidArgument, "range \"" + *header + "\" has nothing of the " +
                                                                              std::to_string(size) + " bytes of key \"" + key + "\"")
                                           .Named("range_not_satisfiable"),
                                       ctx.trace);
    response.status = 416;
    response.headers.push_back({"Content-Range", "bytes */" + std::to_string(size)});
    return response;
  }
  if (range.kind == RequestedRange::Kind::kPart) {
    offset = range.offset;
    length = range.length;
    response.status = 206;
    response.headers.push_back(
        {"Content-Range", "bytes " + std::to_string(offset) + '-' + std::to_string(offset + length - 1) + '/' + std::to_string(size)});
  }
  if (const std::optional<std::string> path = face.store.LocalPath(key); path && range.kind == RequestedRange::Kind::kWhole) {
    response.file_path = *path;  // goes out with its length
    return response;
  }
  constexpr std::uint64_t kInOnePiece = 1U << 20U;
  if (length > kInOnePiece) {
    response.stream = net::BodyOf(StreamObject(std::move(object).Take(), offset, length), ctx);
    return response;
  }
  Result<std::string> octets = object->Read(ctx, offset, length);
  if (!octets) return Refuse(face, ctx, key, octets.error());
  response.body = std::move(octets).Take();
  return response;
}

HttpResponse DeleteObject(Face& face, const Context& ctx, HttpRequest& request) {
  const Target target = TargetOf(request);
  const std::string& key = target.full;
  if (Status allowed = CheckTarget(target, true); !allowed) return Refuse(face, ctx, key, allowed.error());
  if (const Status deleted = face.store.Delete(ctx, key); !deleted) return Refuse(face, ctx, key, deleted.error());
  return HttpResponse::Json(200, EncodeJson(DeletedObject{target.key, true}));
}

HttpResponse ListObjects(Face& face, const Context& ctx, HttpRequest& request) {
  const Target target = TargetOf(request);
  if (Status allowed = CheckBucketName(target.bucket); !allowed) return Refuse(face, ctx, target.bucket, allowed.error());
  const std::string prefix = InBucket(target.bucket, request.FindQuery("prefix").value_or(""));
  std::string start_after = request.FindQuery("start_after").value_or("");
  if (!start_after.empty()) start_after = InBucket(target.bucket, start_after);
  const Result<std::int64_t> limit = kObjectsLimit.Get(request);
  if (!limit) return Refuse(face, ctx, prefix, limit.error());
  const Result<ListPage> page = face.store.List(ctx, prefix, start_after, static_cast<std::size_t>(*limit));
  if (!page) return Refuse(face, ctx, prefix, page.error());
  ShownObjects shown;
  for (const ObjectInfo& object : page->objects) shown.objects.push_back(ShownObjectOf(object));
  shown.truncated = !page->next.empty();
  if (shown.truncated) shown.next = std::string(SplitBucketKey(page->next).key);
  return HttpResponse::Json(200, EncodeJson(shown));
}

HttpResponse ListErrors(Face& face, const Context& ctx, HttpRequest& request) {
  const Result<std::int64_t> since = kSince.Get(request);
  const Result<std::int64_t> limit = kErrorsLimit.Get(request);
  if (!since || !limit) return HttpResponse::FromError(since ? limit.error() : since.error(), ctx.trace);
  ErrorJournal::Query query{
      .since_micros = *since, .kind = request.FindQuery("kind").value_or(""), .limit = static_cast<std::size_t>(*limit)};
  ErrorArchive* archive = face.options.archive;
  const ErrorArchive::Found found =
      archive != nullptr ? archive->Find(ctx, query) : ErrorArchive::Found{face.errors.Find(query), false, {}, {}, {}};
  ShownErrors shown{.errors = {}, .recorded = face.errors.count(), .sources = {"memory"}, .unreadable = {}, .damages = {}};
  for (const ErrorRecord& record : found.records)
    shown.errors.push_back({record.sequence, FormatTime(record.time_micros), record.time_micros, record.kind, record.service, record.object,
                            record.request_id, record.principal, record.message,
                            record.details ? std::optional(RawJson{*record.details}) : std::nullopt});
  if (archive != nullptr) shown.sources.emplace_back("primary");
  if (found.has_rescue) shown.sources.emplace_back("rescue");
  if (!found.unreadable.empty()) shown.unreadable.push_back({"primary", found.unreadable});
  if (!found.rescue_unreadable.empty()) shown.unreadable.push_back({"rescue", found.rescue_unreadable});
  for (const LogDamage& damage : found.damages) shown.damages.push_back({damage.key, damage.offset, damage.what});
  return HttpResponse::Json(200, EncodeJson(shown));
}

HttpResponse FlushErrors(Face& face, const Context& ctx, HttpRequest&) {
  ErrorArchive* archive = face.options.archive;
  const Result<std::size_t> flushed = archive != nullptr ? archive->Flush(ctx) : Result<std::size_t>(std::size_t{0});
  if (!flushed) return HttpResponse::FromError(flushed.error(), ctx.trace);
  return HttpResponse::Json(200, EncodeJson(FlushedErrors{*flushed}));
}

HttpResponse CompactErrors(Face& face, const Context& ctx, HttpRequest&) {
  ErrorArchive* archive = face.options.archive;
  const Result<CompactedLog> compacted = archive != nullptr ? archive->Compact(ctx) : Result<CompactedLog>(CompactedLog{});
  if (!compacted) return Refuse(face, ctx, "_errors/", compacted.error());
  return HttpResponse::Json(200, EncodeJson(CompactedErrors{compacted->batches, compacted->packs, compacted->removed}));
}

net::Route Describe(std::string method, std::string pattern, std::string summary, std::vector<net::Param> params) {
  net::Route route = net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "storage", "storaged");
  route.params = std::move(params);
  return route;
}

}  // namespace

std::vector<net::Route> StorageRoutes(ObjectStore& store, ErrorJournal& errors, StorageRoutesOptions options) {
  const std::shared_ptr<Face> face(new Face{store, errors, options});
  const auto answer = [face](HttpResponse (*handle)(Face&, const Context&, HttpRequest&)) {
    return [face, handle](const Context& ctx, HttpRequest& request) { return handle(*face, ctx, request); };
  };
  const net::Param key = net::PathText("key", "name of the object; may hold slashes", "reports/1.csv");
  const std::string object = "/storage/objects/{key...}";
  const net::Fault bad_key{400, {"invalid_key", "key_too_long"}};
  const net::Fault reserved{403, {"reserved_prefix"}};

  net::Route put =
      Describe("PUT", object, "Store an object; If-None-Match: * refuses to replace one",
               {key, {"If-None-Match", "header", false, "*: only if there is none (409); objects have no tags to compare with"}});
  put.body = net::BodyKind::kUploadRaw;
  put.max_body_bytes = options.max_object_bytes;
  put.body_optional = true;  // an object may be empty
  put.answers = {{200, "It is durable", SchemaOf<ShownObject>()}};
  put.response_example = R"({"key":"reports/1.csv","size":3,"modified":"2026-11-21T14:03:05.123456Z","sha256":"ba7816bf…"})";
  put.faults = {
      bad_key, reserved, {409, {"already_exists", "conflict"}}, {413, {"too_large"}}, {503, {"slots_full", "uploads_full", "disk_full"}}};
  put.handle = answer(PutObject);

  net::Route get = Describe("GET", object, "Read an object, or a range of it",
                            {key, {"Range", "header", false, "bytes=first-last, bytes=first- or bytes=-count; others are ignored"}});
  const net::Param accept_ranges{"Accept-Ranges", "header", true, "bytes"};
  const net::Param rescue_used{"X-Lakehouse-Rescue-Used", "header", false,
                               "true: primary did not answer, this is the rescue bucket's copy"};
  get.answers = {{200, "All of it", {}, {"application/octet-stream"}, {accept_ranges, rescue_used}},
                 {206,
                  "The range",
                  {},
                  {"application/octet-stream"},
                  {accept_ranges, rescue_used, {"Content-Range", "header", true, "bytes first-last/size"}}}};
  get.faults = {bad_key, {404, {"not_found"}}, {416, {"range_not_satisfiable"}}};
  get.handle = answer(GetObject);

  net::Route remove = Describe("DELETE", object, "Delete an object; one that does not exist is fine", {key});
  remove.answers = {{200, "It is gone", SchemaOf<DeletedObject>()}};
  remove.response_example = R"({"key":"reports/1.csv","deleted":true})";
  remove.faults = {bad_key, reserved};
  remove.handle = answer(DeleteObject);

  net::Route list = Describe("GET", "/storage/list", "List objects by key",
                             {net::QueryText("prefix", "beginning of the keys"), net::QueryText("start_after", "next of the page before"),
                              kObjectsLimit.Describe()});
  list.answers = {{200, "A page", SchemaOf<ShownObjects>()}};
  list.response_example = R"({"objects":[{"key":"a","size":1,"modified":"2026-11-21T14:03:05.123456Z"}],"truncated":false})";
  list.faults = {bad_key};
  list.handle = answer(ListObjects);

  net::Route failures = Describe("GET", "/errors", "What went wrong lately, in one call",
                                 {kSince.Describe(), net::QueryText("kind", "such as disk_full"), kErrorsLimit.Describe()});
  failures.answers = {{200, "Newest last", SchemaOf<ShownErrors>()}};
  failures.handle = answer(ListErrors);
  failures.urgent = true;
  net::Route alias = failures;
  alias.pattern = "/storage/errors";

  net::Route flush = Describe("POST", "/storage/errors/flush", "Write the error journal to the store now", {});
  flush.answers = {{200, "How many were written", SchemaOf<FlushedErrors>()}};
  flush.response_example = R"({"written":3})";
  flush.handle = answer(FlushErrors);
  net::Route compact = Describe("POST", "/storage/errors/compact", "Bring the error journal's objects into fewer, octet for octet", {});
  compact.answers = {{200, "What was done", SchemaOf<CompactedErrors>()}};
  compact.response_example = R"({"batches":40,"packs":1,"removed":40})";
  compact.handle = answer(CompactErrors);
  compact.timeout_ms = 60'000;
  // The same without /storage, beside GET /errors.
  net::Route flush_alias = flush, compact_alias = compact;
  flush_alias.pattern = "/errors/flush";
  compact_alias.pattern = "/errors/compact";

  std::vector<net::Route> routes;
  for (net::Route* route : {&put, &get, &remove, &list, &failures, &alias, &flush, &flush_alias, &compact, &compact_alias})
    routes.push_back(*route);
  if (options.buckets == nullptr) return routes;
  const net::Param bucket = net::PathText("bucket", "of the bucket", "primary");
  for (net::Route* route : {&put, &get, &remove}) route->pattern = "/storage/buckets/{bucket}/objects/{key...}";
  list.pattern = "/storage/buckets/{bucket}/list";
  for (net::Route* route : {&put, &get, &remove, &list}) {
    route->summary += ", of one bucket";
    route->params.insert(route->params.begin(), bucket);
    route->faults.push_back({400, {"invalid_bucket"}});
    route->faults.push_back({404, {"unknown_bucket", "not_found"}});
    routes.push_back(std::move(*route));
  }
  for (net::Route& route : BucketRoutes(*options.buckets)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::storage
