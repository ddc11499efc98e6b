#include "lakehouse/engine/session.h"

#include <utility>

#include "duck_error.h"
#include "protocol.h"

namespace lakehouse::engine {

namespace {

constexpr std::int64_t kPulseMs = 500;
constexpr std::int64_t kEndConnectionMs = 1'000;

/// What no statement may hold: the library's C interface would end it there, and so read another statement than the one that was judged.
Status RefuseNul(std::string_view sql) {
  const std::size_t at = sql.find('\0');
  if (at == std::string_view::npos) return Ok{};
  return Error(ErrorCode::kInvalidArgument, "the statement has a NUL octet")
      .Named("parser")
      .WithDetails("{\"position\":" + std::to_string(at) + "}");
}

/// The worker speaks of a fault of its own: it does not get another statement. Nor does one whose disk was full: the engine keeps the
/// room that its temporary files have, and only the end of the worker gives it back.
Error Judge(sandbox::Worker& worker, Error error) {
  if (EndsTheEngine(error) || error.reason() == "disk_full") worker.MarkUnhealthy();
  return error;
}

Error BadFrame(sandbox::Worker& worker, std::string_view what) {
  worker.MarkUnhealthy();
  return Error(ErrorCode::kCorruption, "the worker sent " + std::string(what)).Named("bad_frame");
}

}  // namespace

Session::~Session() {
  if (!connection_kept_ || !worker_.healthy()) return;
  Context context;
  context.deadline = Deadline::After(kEndConnectionMs);
  if (!EndConnection(context)) worker_.MarkUnhealthy();
}

/// A request that is answered by its end alone.
Result<std::string> Session::Transform(const Context& context, std::uint32_t type, std::string_view text) {
  sandbox::Call call = LH_TRY(sandbox::Call::Start(context, worker_, type, text));
  Result<std::optional<sandbox::Frame>> frame = call.Next(context);
  if (!frame) return Judge(worker_, std::move(frame).TakeError());
  if (*frame) return BadFrame(worker_, "output where there is none");
  return call.done();
}

Result<std::string> Session::Parse(const Context& context, std::string_view sql) {
  LH_TRY(RefuseNul(sql));
  return Transform(context, kParse, sql);
}

Result<std::string> Session::Unparse(const Context& context, std::string_view tree) {
  LH_TRY(RefuseNul(tree));
  return Transform(context, kUnparse, tree);
}

Status Session::EndConnection(const Context& context) {
  connection_kept_ = false;
  LH_TRY(Transform(context, kEndConnection, ""));
  return Ok{};
}

Result<std::unique_ptr<ResultStream>> Session::Run(const Context& context, RunRequest request) {
  LH_TRY(RefuseNul(request.statement));
  connection_kept_ = request.keep_connection;
  std::unique_ptr<ResultStream> stream(new ResultStream(worker_, std::move(request)));
  LH_TRY(stream->Begin(context));
  return stream;
}

Result<Session::Answer> Session::RunToEnd(const Context& context, RunRequest request) {
  const std::unique_ptr<ResultStream> stream = LH_TRY(Run(context, std::move(request)));
  Answer answer;
  for (;;) {
    std::optional<std::string> bytes = LH_TRY(stream->Next(context));
    if (!bytes) break;
    if (answer.body.empty())
      answer.body = std::move(*bytes);
    else
      answer.body += *bytes;
  }
  answer.columns = stream->columns();
  answer.summary = stream->summary();
  return answer;
}

ResultStream::ResultStream(sandbox::Worker& worker, RunRequest request) : worker_(worker), request_(std::move(request)) {}

ResultStream::~ResultStream() = default;

Status ResultStream::Begin(const Context& context) {
  call_.emplace(LH_TRY(sandbox::Call::Start(context, worker_, kRun, EncodeRun(request_))));
  const std::optional<sandbox::Frame> frame = LH_TRY(NextFrame(context));
  if (!frame || frame->type != kSchema) return BadFrame(worker_, "no columns");
  Result<std::vector<Column>> columns = DecodeColumns(frame->body);
  if (!columns) return BadFrame(worker_, "columns that cannot be read");
  columns_ = std::move(columns).Take();
  return Ok{};
}

/// The next frame that is not about progress.
Result<std::optional<sandbox::Frame>> ResultStream::NextFrame(const Context& context) {
  for (;;) {
    Result<std::optional<sandbox::Frame>> frame = call_->Next(context, request_.on_progress ? kPulseMs : -1);
    if (!frame) return Judge(worker_, std::move(frame).TakeError());
    if (!*frame) {
      Result<RunSummary> summary = DecodeSummary(call_->done());
      if (!summary) return BadFrame(worker_, "a summary that cannot be read");
      summary_ = *summary;
      return std::optional<sandbox::Frame>();
    }
    if ((*frame)->type == 0) {
      call_->AskProgress();
    } else if ((*frame)->type == kProgress) {
      const Result<double> percent = DecodeProgress((*frame)->body);
      if (!percent) return BadFrame(worker_, "a progress that cannot be read");
      if (request_.on_progress) request_.on_progress(*percent);
    } else {
      return frame;
    }
  }
}

Result<std::optional<std::string>> ResultStream::Next(const Context& context) {
  if (call_->ended()) return std::optional<std::string>();
  std::optional<sandbox::Frame> frame = LH_TRY(NextFrame(context));
  if (!frame) return std::optional<std::string>();
  if (frame->type != kBytes) return BadFrame(worker_, "a frame that has no place in a result");
  received_bytes_ += frame->body.size();
  constexpr std::uint64_t kEndOfFormat = 4'096;  // what stands at the end of every result does not count
  if (received_bytes_ > request_.max_bytes && received_bytes_ - request_.max_bytes > kEndOfFormat)
    return BadFrame(worker_, "more than it was asked for");
  return std::optional<std::string>(std::move(frame->body));
}

}  // namespace lakehouse::engine
