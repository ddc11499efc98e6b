#include "lakehouse/storage/s3_object_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <mutex>
#include <utility>

#include "lakehouse/base/file.h"
#include "list_request.h"
#include "s3_client.h"
#include "s3_download.h"
#include "s3_probe.h"
#include "s3_upload.h"

namespace lakehouse::storage {
namespace {

constexpr std::int64_t kMostPresignedSeconds = 7 * 24 * 3600;

class IntoFile final : public S3Taker {
 public:
  IntoFile(int fd, const std::string& path) : fd_(fd), path_(path) {}
  Status Take(std::string_view octets) override { return size_bytes_ += octets.size(), WriteAll(fd_, octets, path_); }
  Status StartOver() override {
    size_bytes_ = 0;
    if (ftruncate(fd_, 0) != 0 || lseek(fd_, 0, SEEK_SET) != 0) return FileError("truncate", path_, errno);
    return Ok{};
  }
  std::uint64_t size_bytes() const { return size_bytes_; }

 private:
  const int fd_;
  const std::string& path_;
  std::uint64_t size_bytes_ = 0;
};

class BucketObjectStore final : public S3ObjectStore {
 public:
  BucketObjectStore(Options options, Parts parts) : client_(std::move(options), parts) {}

  /// The bucket is there and may be used; what the server is worth.
  Status LookAround(const Context& context) {
    const std::string& prefix = client_.options().location.prefix;
    S3Call list{.query = {{"list-type", "2"}, {"max-keys", "1"}, {"prefix", prefix}}};
    list.check = [](const std::string& body) -> Status { return LH_TRY(ReadListing(body)), Ok{}; };
    const S3Answer listed = LH_TRY(client_.Send(context, list));
    if (!listed.ok())
      return Error(ErrorCode::kUnavailable, "there is no bucket " + client_.options().location.bucket + " at " + client_.options().endpoint)
          .Named("no_such_bucket");
    if (client_.options().single_writer) return Ok{};
    capabilities_ = LH_TRY_WHILE(ProbeS3(context, client_, prefix), "ask the S3 server what its conditional writes are worth");
    client_.parts().log.Info("the S3 server was asked about conditional writes",
                             {{"create_if_absent", capabilities_.create_if_absent},
                              {"complete_if_absent", capabilities_.complete_if_absent},
                              {"replace_if_match", capabilities_.replace_if_match},
                              {"if_match_wants_bare_tag", capabilities_.if_match_wants_bare_tag}});
    if (capabilities_.create_if_absent) return Ok{};
    return Error(ErrorCode::kUnimplemented,
                 "the S3 server at " + client_.options().endpoint +
                     " ignores If-None-Match, so two writers would overwrite each other's commits: use a server that enforces it, or, when "
                     "exactly one process writes to this lake, say so with storage.single_writer = true")
        .Named("conditions_ignored");
  }

  const S3Capabilities& capabilities() const override { return capabilities_; }

  Result<ObjectInfo> PutIfAbsent(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Write(ctx, key, {.octets = octets, .size_bytes = octets.size()}, false);
  }
  Result<ObjectInfo> Put(const Context& ctx, const std::string& key, std::string_view octets) override {
    return Write(ctx, key, {.octets = octets, .size_bytes = octets.size()}, true);
  }
  Result<ObjectInfo> PutFileIfAbsent(const Context& ctx, const std::string& key, const std::string& path) override {
    return TakeFile(ctx, key, path, false);
  }
  Result<ObjectInfo> PutFile(const Context& ctx, const std::string& key, const std::string& path) override {
    return TakeFile(ctx, key, path, true);
  }

  Result<std::string> Get(const Context& ctx, const std::string& key, std::optional<ByteRange> range) override {
    const std::string whole_key = LH_TRY(WholeKey(ctx, key));
    if (range && range->length == 0U) {  // no Range header says this
      LH_TRY(Head(ctx, key));
      return std::string();
    }
    S3TextTaker text;
    LH_TRY(S3Download(client_, whole_key, range, text).Run(ctx));
    return text.TakeText();
  }

  Result<ObjectInfo> GetToFile(const Context& ctx, const std::string& key, const std::string& path) override {
    const std::string whole_key = LH_TRY(WholeKey(ctx, key));
    const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file) return FileError("create", path, errno);
    IntoFile into(file.get(), path);
    Result<ObjectInfo> info = S3Download(client_, whole_key, std::nullopt, into).Run(ctx);
    if (!info) {
      unlink(path.c_str());
      return info;
    }
    return ObjectInfo{key, into.size_bytes(), info->modified_micros};
  }

  Result<ObjectInfo> Head(const Context& ctx, const std::string& key) override {
    const std::string whole_key = LH_TRY(WholeKey(ctx, key));
    const S3Answer answer = LH_TRY(client_.Send(ctx, {.method = "HEAD", .key = whole_key}));
    if (!answer.ok()) return Error(ErrorCode::kNotFound, "there is no key \"" + key + "\"");
    const std::string length = answer.Header("Content-Length");
    if (length.empty() || length.find_first_not_of("0123456789") != std::string::npos || length.size() > 18)
      return Error(ErrorCode::kUnavailable, "the S3 server does not say how long key \"" + key + "\" is");
    return ObjectInfo{key, std::stoull(length), ModifiedMicrosOf(answer)};
  }

  Result<ListPage> List(const Context& ctx, const std::string& prefix, const std::string& start_after, std::size_t limit) override;

  Status Delete(const Context& ctx, const std::string& key) override {
    const std::string whole_key = LH_TRY(WholeKey(ctx, key));
    LH_TRY(client_.Send(ctx, {.method = "DELETE", .key = whole_key}));
    return Ok{};
  }

  std::optional<std::string> LocalPath(const std::string&) override { return std::nullopt; }

  Result<Secret> Presign(std::string_view method, const std::string& key, std::int64_t expires_seconds) override {
    const std::string whole_key = LH_TRY(WholeKey({}, key));
    if ((method != "GET" && method != "PUT") || expires_seconds < 1 || expires_seconds > kMostPresignedSeconds)
      return Error(ErrorCode::kInvalidArgument, "a presigned URL is for GET or PUT and holds 1 to 604800 seconds");
    return client_.Presign(method, whole_key, expires_seconds);
  }

 private:
  const std::string& prefix() const { return client_.options().location.prefix; }

  Result<std::string> WholeKey(const Context& ctx, const std::string& key) const {
    LH_TRY(ValidateKey(key));
    LH_TRY(ctx.Check());
    if (prefix().size() + key.size() <= kMaxKeyBytes) return prefix() + key;
    return Error(ErrorCode::kInvalidArgument, "the key has " + std::to_string(key.size()) + " bytes, and behind the prefix of this lake " +
                                                  std::to_string(kMaxKeyBytes - std::min(kMaxKeyBytes, prefix().size())) + " are the most")
        .Named("key_too_long");
  }

  Result<ObjectInfo> Write(const Context& ctx, const std::string& key, const S3Content& content, bool replace) {
    const std::string whole_key = LH_TRY(WholeKey(ctx, key));
    const bool is_only_writer = client_.options().single_writer && !replace;
    std::unique_lock<std::mutex> alone;
    if (is_only_writer) alone = std::unique_lock(only_writer_[std::hash<std::string>{}(key) % only_writer_.size()]);
    const S3Condition condition = replace ? S3Condition::kNone : is_only_writer ? S3Condition::kWeCheck : S3Condition::kServerChecks;
    ObjectInfo info = LH_TRY(S3Upload(client_, capabilities_, whole_key, condition).Run(ctx, content));
    info.key = key;
    return info;
  }

  Result<ObjectInfo> TakeFile(const Context& ctx, const std::string& key, const std::string& path, bool replace) {
    LH_TRY(WholeKey(ctx, key));
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) return FileError("open", path, errno);
    struct stat found{};
    if (fstat(fd.get(), &found) != 0) return FileError("look at", path, errno);
    if (!S_ISREG(found.st_mode)) return Error(ErrorCode::kInvalidArgument, "put key \"" + key + "\": " + path + " is not a regular file");
    Result<ObjectInfo> info = Write(ctx, key, {.fd = fd.get(), .size_bytes = static_cast<std::uint64_t>(found.st_size)}, replace);
    if (info) unlink(path.c_str());  // a file that cannot be removed is litter, not a failed put
    return info;
  }

  S3Client client_;
  S3Capabilities capabilities_;
  std::array<std::mutex, 64> only_writer_;  ///< by key: two calls for one key do not overlap when nobody else looks after that
};

Result<ListPage> BucketObjectStore::List(const Context& ctx, const std::string& wanted, const std::string& start_after, std::size_t limit) {
  LH_TRY(ValidateListRequest(wanted, start_after, limit));
  LH_TRY(ctx.Check());
  ListPage page;
  std::string last = start_after.empty() ? "" : prefix() + start_after;
  std::string token;
  while (true) {
    S3Call call{.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix() + wanted}}};
    call.query.emplace_back("max-keys", std::to_string(limit - page.objects.size()));
    if (!token.empty())
      call.query.emplace_back("continuation-token", token);
    else if (!last.empty())
      call.query.emplace_back("start-after", last);
    S3Listing listing;
    call.check = [&listing](const std::string& body) -> Status { return listing = LH_TRY(ReadListing(body)), Ok{}; };
    const S3Answer answer = LH_TRY(client_.Send(ctx, call));
    if (!answer.ok()) return Error(ErrorCode::kUnavailable, "list keys: the S3 server answers " + std::to_string(answer.status));
    for (S3ListedObject& object : listing.objects) {
      // A walk rests on the order: one that is not bytewise would lose objects without a sign.
      if (object.key <= last || !object.key.starts_with(prefix() + wanted))
        return Error(ErrorCode::kCorruption, "the S3 server lists keys out of order, at \"" + object.key + "\"").Named("bad_listing");
      last = object.key;
      std::string key = object.key.substr(prefix().size());
      if (ValidateKey(key)) page.objects.push_back({std::move(key), object.size_bytes, object.modified_micros});
    }
    if (!listing.is_truncated) return page;
    if (listing.objects.empty() && listing.continuation_token.empty())
      return Error(ErrorCode::kCorruption, "the S3 server says that a list goes on, and not where").Named("bad_listing");
    if (page.objects.size() == limit) break;
    token = listing.continuation_token;
  }
  page.next = page.objects.back().key;
  return page;
}

Status CheckOptions(const S3ObjectStore::Options& options) {
  const std::size_t scheme_end = options.endpoint.find("://");
  const std::string_view scheme = std::string_view(options.endpoint).substr(0, scheme_end);
  const std::string_view host =
      scheme_end == std::string::npos ? std::string_view() : std::string_view(options.endpoint).substr(scheme_end + 3);
  if ((scheme != "http" && scheme != "https") || host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos)
    return Error(ErrorCode::kInvalidArgument, "storage.endpoint \"" + options.endpoint +
                                                  "\" is none: expected http:// or https://, a host and perhaps a port, nothing more");
  if (options.location.bucket.empty()) return Error(ErrorCode::kInvalidArgument, "no bucket is named");
  if (options.credentials.access_key.empty() || options.credentials.secret_key.empty())
    return Error(
        ErrorCode::kInvalidArgument,
        "there are no keys for the S3 server: set LAKEHOUSE_SECRET_STORAGE_ACCESS_KEY and LAKEHOUSE_SECRET_STORAGE_SECRET_KEY, or name a "
        "file with mode 0600 that holds storage.access_key and storage.secret_key in the setting secrets_file");
  return Ok{};
}

/// What libcurl would leave out of the Host header, and so of what is signed.
std::string WithoutDefaultPort(std::string endpoint) {
  for (const auto& [scheme, port] : {std::pair<std::string_view, std::string_view>("http://", ":80"), {"https://", ":443"}})
    if (endpoint.starts_with(scheme) && endpoint.ends_with(port)) endpoint.resize(endpoint.size() - port.size());
  return endpoint;
}

}  // namespace

Result<std::unique_ptr<S3ObjectStore>> OpenS3ObjectStore(const Context& context, S3ObjectStore::Options options,
                                                         S3ObjectStore::Parts parts) {
  while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  LH_TRY(CheckOptions(options));
  options.endpoint = WithoutDefaultPort(std::move(options.endpoint));
  auto store = std::make_unique<BucketObjectStore>(std::move(options), parts);
  LH_TRY(store->LookAround(context));
  return std::unique_ptr<S3ObjectStore>(std::move(store));
}

}  // namespace lakehouse::storage
