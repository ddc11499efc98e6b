#include "exchange.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <exception>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "lakehouse/net/http_status.h"
#include "response_head.h"

namespace lakehouse::net {
namespace {

/// The file of HttpResponse::file_path.
class FileBody final : public BodySource {
 public:
  FileBody(UniqueFd fd, std::string path, std::uint64_t length) : fd_(std::move(fd)), path_(std::move(path)), left_(length) {}
  Result<bool> Next(std::string& chunk) override {
    constexpr std::uint64_t kPiece = 256 * 1024;
    if (left_ == 0) return false;
    chunk.resize(static_cast<std::size_t>(std::min(left_, kPiece)));
    ssize_t got = 0;
    do got = read(fd_.get(), chunk.data(), chunk.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) return FileError("read", path_, errno);
    if (got == 0) return Error(ErrorCode::kCorruption, "the file " + path_ + " became shorter while it was sent");
    chunk.resize(static_cast<std::size_t>(got));
    left_ -= chunk.size();
    return true;
  }

 private:
  UniqueFd fd_;
  std::string path_;
  std::uint64_t left_;
};

struct OpenedFile {
  std::unique_ptr<BodySource> body;
  std::uint64_t length = 0;
};
Result<OpenedFile> OpenFileBody(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return FileError("open", path, errno);
  struct stat about{};
  if (fstat(fd.get(), &about) != 0) return FileError("fstat", path, errno);
  if (!S_ISREG(about.st_mode)) return Error(ErrorCode::kInternal, path + " is no file");
  const auto length = static_cast<std::uint64_t>(about.st_size);
  return OpenedFile{std::make_unique<FileBody>(std::move(fd), path, length), length};
}

}  // namespace

Exchange::Exchange(Edge& of, const Route& at, std::size_t index, HttpRequest taken, std::string principal, std::string request_id,
                   Deadline deadline)
    : edge(of),
      route(at),
      route_index(index),
      request(std::move(taken)),
      context{std::move(principal), std::move(request_id), deadline, cancel_.get_token()},
      started_ns_(SystemClock().SteadyNanos()),
      log_number_(edge.requests.Begin({context.trace, request.method, request.path, route.pattern, context.principal, request.peer_address},
                                      cancel_)) {}

Exchange::~Exchange() {
  edge.GiveRoom(room_taken);
  const double seconds = static_cast<double>(SystemClock().SteadyNanos() - started_ns_) / 1e9;
  const Edge::RouteMetrics& of = edge.route_metrics[route_index];
  of.by_class[std::clamp(status / 100 - 1, 0, 4)]->Add();
  of.seconds->Observe(seconds);
  edge.requests.End(log_number_, status, sent_bytes);
  const LogLevel level = status >= 500 ? LogLevel::kWarning : LogLevel::kDebug;
  if (level >= edge.log.level())
    edge.log.Write(level, "request",
                   {{"request_id", context.trace},
                    {"method", request.method},
                    {"path", request.path},
                    {"status", std::int64_t{status}},
                    {"seconds", seconds},
                    {"principal", context.principal}});
}

std::optional<HttpResponse> Exchange::RunHandler(bool at_once) {
  if (auto wanted = context.Check(); !wanted) return HttpResponse::FromError(wanted.error(), context.trace);
  try {
    if (at_once) return route.handle_at_once(context, request);
    return route.handle(context, request);
  } catch (const std::exception& thrown) {
    edge.log.Error("a handler threw", {{"route", route.pattern}, {"request_id", context.trace}, {"what", std::string_view(thrown.what())}});
  } catch (...) {
    edge.log.Error("a handler threw", {{"route", route.pattern}, {"request_id", context.trace}});
  }
  return HttpResponse::FromError(Error(ErrorCode::kInternal, "the server failed on this request; the log has more under its request_id"),
                                 context.trace);
}

bool Exchange::HandleAtOnce() {
  auto handled = RunHandler(true);
  if (!handled) return false;
  assert(handled->stream == nullptr && handled->file_path.empty());
  response = *std::move(handled);
  return true;
}

void Exchange::Handle() {
  response = *RunHandler(false);
  if (!response.file_path.empty()) {
    auto file = OpenFileBody(response.file_path);
    if (!file) {
      response = HttpResponse::FromError(std::move(file).TakeError().While("send a file"), context.trace);
      return;
    }
    length = file->length;
    source = std::move(file->body);
  } else {
    source = std::move(response.stream);
    trailer_names = response.trailer_names;
  }
  if (source == nullptr || request.method == "HEAD") return;
  Pull();
  if (pulled == Pulled::kFailed) source.reset();  // response says why
}

void Exchange::Pull() {
  chunk.clear();
  std::optional<Error> failure;
  try {
    auto next = source->Next(chunk);
    if (next)
      pulled = *next ? Pulled::kChunk : Pulled::kEnd;
    else
      failure = std::move(next).TakeError();
    if (pulled == Pulled::kEnd && !failure) trailers = RenderTrailers(source->Trailers(), trailer_names);
  } catch (const std::exception& thrown) {
    failure = Error(ErrorCode::kInternal, std::string("the source of the answer threw: ") + thrown.what());
  }
  if (!failure) return;
  pulled = Pulled::kFailed;
  edge.log.Warning("a streamed answer failed", {{"route", route.pattern}, {"request_id", context.trace}, {"error", failure->ToString()}});
  response = HttpResponse::FromError(*failure, context.trace);  // sent only when no octet has left yet
}

void Exchange::Spool(bool is_last) {
  auto outcome = spool->Add(spool_input);
  if (outcome && is_last) outcome = spool->Finish(request);
  if (!outcome) spool_error = std::move(outcome).TakeError();
  spool_input.clear();
}

}  // namespace lakehouse::net
