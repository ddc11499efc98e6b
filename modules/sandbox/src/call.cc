#include <utility>

#include "lakehouse/sandbox/wire.h"
#include "lakehouse/sandbox/worker.h"

namespace lakehouse::sandbox {

namespace {

constexpr std::int64_t kShortMs = 250;
constexpr std::int64_t kInterruptAgainMs = 100;  // one that lands just before the statement starts is lost

bool IsEnd(const Frame& frame) { return frame.type == kDone || frame.type == kError; }

bool ContextEnded(const Error& error) { return error.code() == ErrorCode::kDeadlineExceeded || error.code() == ErrorCode::kCancelled; }

}  // namespace

Result<Call> Call::Start(const Context& context, Worker& worker, std::uint32_t type, std::string_view body) {
  if (!worker.healthy_) return Error(ErrorCode::kUnavailable, "the worker has ended").Named("worker_lost");
  BodyWriter request;
  request.Put(++worker.last_number_);
  std::string octets = std::move(request).Take();
  octets += body;
  Status sent = worker.channel_.Send(context, type, octets);
  if (!sent) {
    if (sent.error().code() != ErrorCode::kTooLarge) {  // half a frame may be on its way
      worker.MarkUnhealthy();
      (void)worker.Kill();
    }
    return std::move(sent).TakeError();
  }
  return Call(worker, worker.last_number_);
}

Call::Call(Worker& worker, std::uint32_t number) : worker_(&worker), number_(number), short_until_(Deadline::After(kShortMs)) {}

Call::Call(Call&& other) noexcept
    : worker_(std::exchange(other.worker_, nullptr)),
      number_(other.number_),
      short_until_(other.short_until_),
      done_(std::move(other.done_)) {}

Call::~Call() {
  if (worker_ != nullptr) Stop();
}

void Call::AskProgress() {
  if (worker_ != nullptr) worker_->AskProgress(number_);
}

Result<std::optional<Frame>> Call::Next(const Context& context) { return Next(context, -1); }

Result<std::optional<Frame>> Call::Next(const Context& context, std::int64_t pulse_ms) {
  if (worker_ == nullptr) return std::optional<Frame>();
  Context until = context;
  if (pulse_ms >= 0) until.deadline = context.deadline.Or(Deadline::After(pulse_ms));
  Context brief = until;
  brief.deadline = until.deadline.Or(short_until_);
  Result<Frame> frame = worker_->channel_.Receive(worker_->yields() ? until : brief);
  if (!worker_->yields() && short_until_.RemainingMs() == 0) {
    worker_->YieldToOthers(true);
    if (!frame && ContextEnded(frame.error()) && until.Check()) frame = worker_->channel_.Receive(until);
  }
  if (!frame) {
    if (!ContextEnded(frame.error())) return Lose(std::move(frame).TakeError());
    Status still_wanted = context.Check();
    if (still_wanted) return std::optional<Frame>(Frame{});
    Stop();
    return std::move(still_wanted).TakeError();
  }
  if (frame->type == kDone) {
    End();
    done_ = std::move(frame->body);
    return std::optional<Frame>();
  }
  if (frame->type == kError) {
    Error error = DecodeError(frame->body);
    if (error.reason() == "bad_frame") return Lose(std::move(error));
    End();
    return error;
  }
  if (frame->type < kFirstRequestType)
    return Lose(Error(ErrorCode::kCorruption, "the worker sent a frame that has no place here").Named("bad_frame"));
  return std::optional<Frame>(std::move(*frame));
}

Error Call::Lose(Error error) {
  Worker& worker = *std::exchange(worker_, nullptr);
  worker.MarkUnhealthy();
  (void)worker.Kill();
  return error;
}

void Call::End() { std::exchange(worker_, nullptr)->YieldToOthers(false); }

void Call::Stop() {
  Worker& worker = *std::exchange(worker_, nullptr);
  const Deadline end = Deadline::After(worker.stop_grace_ms());
  while (end.RemainingMs() != 0) {
    worker.Interrupt(number_);
    Context slice;
    slice.deadline = end.Or(Deadline::After(kInterruptAgainMs));
    for (;;) {
      const Result<Frame> frame = worker.channel_.Receive(slice);
      if (frame && IsEnd(*frame)) return worker.YieldToOthers(false);
      if (frame && slice.Check()) continue;
      if (frame || ContextEnded(frame.error())) break;
      worker.MarkUnhealthy();
      (void)worker.Kill();
      return;
    }
  }
  worker.MarkUnhealthy();
  (void)worker.Kill();
}

}  // namespace lakehouse::sandbox
