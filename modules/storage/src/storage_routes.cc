#include "lakehouse/storage/storage_routes.h"

#include <atomic>
#include <charconv>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "byte_range_header.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/net/byte_source.h"
#include "pinned_object.h"

namespace lakehouse::storage {
namespace {

using net::HttpRequest;
using net::HttpResponse;

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

void WriteObjectInfo(JsonWriter& json, const ObjectInfo& object) {
  json.Key("key");
  json.String(object.key);
  json.Key("size");
  json.Integer(static_cast<std::int64_t>(object.size_bytes));
  json.Key("modified");
  json.String(FormatTime(object.modified_micros));
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

HttpResponse PutObject(Face& face, const Context& ctx, HttpRequest& request) {
  const std::string& key = request.path_params["key"];
  if (Status allowed = CheckPubliclyWritable(key); !allowed) return Refuse(face, ctx, key, allowed.error());
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
  JsonWriter json;
  json.Open('{');
  WriteObjectInfo(json, *put);
  if (!request.body_sha256.empty()) {
    json.Key("sha256");
    json.String(request.body_sha256);
  }
  json.Close('}');
  return HttpResponse::Json(200, std::move(json).Take());
}

HttpResponse GetObject(Face& face, const Context& ctx, HttpRequest& request) {
  const std::string& key = request.path_params["key"];
  Result<PinnedObject> object = PinnedObject::Pin(ctx, face.store, key);
  if (!object) return Refuse(face, ctx, key, object.error());
  const std::uint64_t size = object->info().size_bytes;
  const std::optional<std::string> header = request.FindHeader("Range");
  const RequestedRange range = ParseRange(header, size);

  HttpResponse response;
  response.content_type = "application/octet-stream";
  // What strangers have stored is never shown as a page of ours.
  response.headers = {{"Accept-Ranges", "bytes"}, {"X-Content-Type-Options", "nosniff"}, {"Content-Disposition", "attachment"}};
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
  const std::string& key = request.path_params["key"];
  if (Status allowed = CheckPubliclyWritable(key); !allowed) return Refuse(face, ctx, key, allowed.error());
  if (const Status deleted = face.store.Delete(ctx, key); !deleted) return Refuse(face, ctx, key, deleted.error());
  JsonWriter json;
  json.Open('{');
  json.Key("key");
  json.String(key);
  json.Key("deleted");
  json.Bool(true);
  json.Close('}');
  return HttpResponse::Json(200, std::move(json).Take());
}

/// A query parameter that is a number from `low` to `high`.
Result<std::int64_t> NumberOf(const HttpRequest& request, std::string_view name, std::int64_t fallback, std::int64_t low,
                              std::int64_t high) {
  const std::optional<std::string> text = request.FindQuery(name);
  if (!text) return fallback;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc{} && end == text->data() + text->size() && number >= low && number <= high) return number;
  return Error(ErrorCode::kInvalidArgument,
               std::string(name) + "=" + *text + ": expected a whole number from " + std::to_string(low) + " to " + std::to_string(high));
}

HttpResponse ListObjects(Face& face, const Context& ctx, HttpRequest& request) {
  const std::string prefix = request.FindQuery("prefix").value_or("");
  const Result<std::int64_t> limit = NumberOf(request, "limit", kMaxListPage, 1, kMaxListPage);
  if (!limit) return Refuse(face, ctx, prefix, limit.error());
  const Result<ListPage> page =
      face.store.List(ctx, prefix, request.FindQuery("start_after").value_or(""), static_cast<std::size_t>(*limit));
  if (!page) return Refuse(face, ctx, prefix, page.error());
  JsonWriter json;
  json.Open('{');
  json.Key("objects");
  json.Open('[');
  for (const ObjectInfo& object : page->objects) {
    json.Open('{');
    WriteObjectInfo(json, object);
    json.Close('}');
  }
  json.Close(']');
  json.Key("truncated");
  json.Bool(!page->next.empty());
  if (!page->next.empty()) {
    json.Key("next");
    json.String(page->next);
  }
  json.Close('}');
  return HttpResponse::Json(200, std::move(json).Take());
}

void WriteError(JsonWriter& json, const ErrorRecord& record) {
  json.Open('{');
  json.Key("sequence");
  json.Integer(record.sequence);
  json.Key("time");
  json.String(FormatTime(record.time_micros));
  json.Key("time_micros");
  json.Integer(record.time_micros);
  for (const auto& [name, text] : {std::pair<std::string_view, const std::string&>("kind", record.kind),
                                   {"service", record.service},
                                   {"object", record.object},
                                   {"request_id", record.request_id},
                                   {"principal", record.principal},
                                   {"message", record.message}}) {
    json.Key(name);
    json.String(text);
  }
  json.Close('}');
}

/// Which journals there are, which could not be read, and where one is not what was written.
void WriteSources(JsonWriter& json, const ErrorArchive::Found& found, bool has_archive) {
  json.Key("sources");
  json.Open('[');
  json.String("memory");
  if (has_archive) json.String("primary");
  json.Close(']');
  json.Key("unreadable");
  json.Open('[');
  if (!found.unreadable.empty()) {
    json.Open('{');
    json.Key("source");
    json.String("primary");
    json.Key("error");
    json.String(found.unreadable);
    json.Close('}');
  }
  json.Close(']');
  json.Key("damages");
  json.Open('[');
  for (const LogDamage& damage : found.damages) {
    json.Open('{');
    json.Key("key");
    json.String(damage.key);
    json.Key("offset");
    json.Integer(static_cast<std::int64_t>(damage.offset));
    json.Key("what");
    json.String(damage.what);
    json.Close('}');
  }
  json.Close(']');
}

HttpResponse ListErrors(Face& face, const Context& ctx, HttpRequest& request) {
  const Result<std::int64_t> since = NumberOf(request, "since", INT64_MIN, INT64_MIN, INT64_MAX);
  const Result<std::int64_t> limit = NumberOf(request, "limit", 1'000, 1, 10'000);
  if (!since || !limit) return HttpResponse::FromError(since ? limit.error() : since.error(), ctx.trace);
  ErrorJournal::Query query{
      .since_micros = *since, .kind = request.FindQuery("kind").value_or(""), .limit = static_cast<std::size_t>(*limit)};
  ErrorArchive* archive = face.options.archive;
  const ErrorArchive::Found found = archive != nullptr ? archive->Find(ctx, query) : ErrorArchive::Found{face.errors.Find(query), {}, {}};
  JsonWriter json;
  json.Open('{');
  json.Key("errors");
  json.Open('[');
  for (const ErrorRecord& record : found.records) WriteError(json, record);
  json.Close(']');
  json.Key("recorded");
  json.Integer(face.errors.count());
  WriteSources(json, found, archive != nullptr);
  json.Close('}');
  return HttpResponse::Json(200, std::move(json).Take());
}

HttpResponse FlushErrors(Face& face, const Context& ctx, HttpRequest&) {
  ErrorArchive* archive = face.options.archive;
  const Result<std::size_t> flushed = archive != nullptr ? archive->Flush(ctx) : Result<std::size_t>(std::size_t{0});
  if (!flushed) return HttpResponse::FromError(flushed.error(), ctx.trace);
  JsonWriter json;
  json.Open('{');
  json.Key("written");
  json.Integer(static_cast<std::int64_t>(*flushed));
  json.Close('}');
  return HttpResponse::Json(200, std::move(json).Take());
}

net::Route Describe(std::string method, std::string pattern, std::string summary, std::vector<net::Param> params) {
  net::Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.tag = "storage";
  route.service = "storaged";
  route.params = std::move(params);
  return route;
}

}  // namespace

std::vector<net::Route> StorageRoutes(ObjectStore& store, ErrorJournal& errors, StorageRoutesOptions options) {
  const std::shared_ptr<Face> face(new Face{store, errors, options});
  const auto answer = [face](HttpResponse (*handle)(Face&, const Context&, HttpRequest&)) {
    return [face, handle](const Context& ctx, HttpRequest& request) { return handle(*face, ctx, request); };
  };
  const net::Param key{"key", "path", true, "name of the object; may hold slashes"};
  const std::string object = "/storage/objects/{key...}";

  net::Route put = Describe("PUT", object, "Store an object; If-None-Match: * refuses to replace one",
                            {key, {"If-None-Match", "header", false, "* : only if there is none (409)"}});
  put.body = net::BodyKind::kUploadRaw;
  put.max_body_bytes = options.max_object_bytes;
  put.response_example = R"({"key":"reports/1.csv","size":3,"modified":"2026-11-21T14:03:05.123456Z","sha256":"ba7816bf…"})";
  put.handle = answer(PutObject);

  net::Route get = Describe("GET", object, "Read an object, or a range of it",
                            {key, {"Range", "header", false, "bytes=first-last, bytes=first- or bytes=-count"}});
  get.handle = answer(GetObject);

  net::Route remove = Describe("DELETE", object, "Delete an object; one that does not exist is fine", {key});
  remove.response_example = R"({"key":"reports/1.csv","deleted":true})";
  remove.handle = answer(DeleteObject);

  net::Route list = Describe("GET", "/storage/list", "List objects by key",
                             {{"prefix", "query", false, "beginning of the keys"},
                              {"start_after", "query", false, "next of the page before"},
                              {"limit", "query", false, "1 to 1,000"}});
  list.response_example = R"({"objects":[{"key":"a","size":1,"modified":"2026-11-21T14:03:05.123456Z"}],"truncated":false})";
  list.handle = answer(ListObjects);

  const std::vector<net::Param> error_params = {{"since", "query", false, "microseconds since 1970"},
                                                {"kind", "query", false, "such as disk_full"},
                                                {"limit", "query", false, "1 to 10,000; the newest are kept"}};
  net::Route failures = Describe("GET", "/errors", "What went wrong lately, in one call", error_params);
  failures.handle = answer(ListErrors);
  failures.urgent = true;
  net::Route alias = failures;
  alias.pattern = "/storage/errors";

  net::Route flush = Describe("POST", "/storage/errors/flush", "Write the error journal to the store now", {});
  flush.response_example = R"({"written":3})";
  flush.handle = answer(FlushErrors);

  std::vector<net::Route> routes;
  for (net::Route* route : {&put, &get, &remove, &list, &failures, &alias, &flush}) routes.push_back(std::move(*route));
  return routes;
}

}  // namespace lakehouse::storage
