#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "connection.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/net/http_status.h"
#include "loop_side.h"
#include "response_head.h"

// The second half of a connection's life: from the answer to the next request, or to the end.
namespace lakehouse::net {
namespace {

constexpr std::size_t kSendAhead = 256u << 10;
/// So much of a stream must leave in its time: a client that stops reading is not given longer because a part was large.
constexpr std::size_t kTimedPart = 256u << 10;

std::string ChunkHead(std::size_t size) {
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%zx\r\n", size);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace

/// A body that is here already can be stepped over, so that the connection lives on.
bool Connection::SkipSmallBody() {
  if (!head_.has_body()) return true;
  if (head_.is_chunked || head_.content_length > in_.size()) return false;
  in_.Consume(static_cast<std::size_t>(head_.content_length));
  return true;
}

/// Where the next request would begin is not known, or not worth to be waited for: the connection ends.
void Connection::Refuse(const HeadFault& fault) {
  if (request_id_.empty()) request_id_ = NewUuid().ToString();
  HttpResponse response = HttpResponse::Json(fault.status, ErrorBody(fault.code, fault.message, request_id_));
  if (fault.status == 401) response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"lakehouse\""});
  if (fault.status == 429) response.headers.push_back({"Retry-After", "60"});
  if (fault.status == 503) response.headers.push_back({"Retry-After", "1"});
  TellRefusal(response);
  Respond(std::move(response), true);
}

void Connection::TellRefusal(const HttpResponse& response) {
  if (exchange_ != nullptr && edge_.options.on_refusal) edge_.options.on_refusal(exchange_->context, exchange_->route, response);
}

void Connection::Respond(HttpResponse response, bool close) {
  const bool has_handler = exchange_ != nullptr && state_ == State::kHandling;
  if (exchange_ == nullptr || !has_handler) edge_.CountRefusal(response.status);
  linger_after_ = close;
  close_after_ = close || !head_.keep_alive || edge_.stopping;
  state_ = State::kResponding;

  const bool is_streamed = exchange_ != nullptr && exchange_->source != nullptr;
  const ResponseFraming framing{.is_http_10 = head_.is_http_10,
                                .keep_alive = !close_after_ && !(is_streamed && head_.is_http_10 && !exchange_->length),
                                .is_head = head_.method == "HEAD",
                                .is_streamed = is_streamed,
                                .stream_length = is_streamed ? exchange_->length : std::nullopt,
                                .request_id = request_id_,
                                .date = side_.date()};
  close_after_ = !framing.keep_alive;
  is_chunked_ = IsChunked(framing);
  const bool has_body = !framing.is_head && !IsBodiless(response.status);
  if (exchange_ != nullptr) exchange_->response.status = response.status;
  out_.Append(RenderHead(response, framing));
  if (has_body && !is_streamed) out_.Append(std::move(response.body));
  SetDeadline(edge_.options.io_timeout_ms, out_.size());
  stream_done_ = !is_streamed || !has_body;
  timed_left_ = 0;
  is_pulling_ = false;
  if (!stream_done_) AppendChunk();
}

/// Sends what the last pull brought.
void Connection::AppendChunk() {
  if (exchange_->pulled == Exchange::Pulled::kFailed) {
    // Without the last chunk, or with fewer octets than promised, the client knows. In 1.0 only a reset tells.
    if (!is_chunked_ && !exchange_->length) {
      const linger reset{.l_onoff = 1, .l_linger = 0};
      setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    exchange_->status = exchange_->response.status;
    return Close();
  }
  if (exchange_->pulled == Exchange::Pulled::kEnd) {
    stream_done_ = true;
    if (is_chunked_) out_.Append("0\r\n" + exchange_->trailers);
  } else if (!exchange_->chunk.empty()) {
    if (is_chunked_) out_.Append(ChunkHead(exchange_->chunk.size()));
    out_.Append(std::exchange(exchange_->chunk, {}));
    if (is_chunked_) out_.Append("\r\n");
  }
  RenewStreamDeadline();
}

void Connection::RenewStreamDeadline() {
  timed_left_ = kTimedPart;
  SetDeadline(edge_.options.io_timeout_ms, std::min(out_.size(), kTimedPart));
}

bool Connection::StepResponding() {
  if (stream_done_) return out_.empty() ? (FinishExchange(), true) : false;
  // The source works on the next part while this one leaves; a client that does not read makes it wait.
  if (is_pulling_ || out_.size() > kSendAhead) return false;
  is_pulling_ = with_worker_ = true;
  edge_.workers.Push(
      [side = &side_, number = number_, exchange = exchange_]() mutable {
        exchange->Pull();
        side->Report(number, Done::kPulled, std::move(exchange));
      },
      exchange_->context.principal);
  return false;
}

void Connection::FinishExchange() {
  if (exchange_ != nullptr) exchange_->status = exchange_->response.status;
  LetGo();
  if (close_after_ || edge_.stopping) return linger_after_ ? GoLinger() : Close();
  state_ = State::kHead;
  scanner_ = {};
  head_begun_ = false;
  SetDeadline(edge_.options.idle_timeout_ms);
}

/// What a handler left behind may be slow to take apart: not on this thread. While a worker has it, that worker's report does this.
void Connection::LetGo() {
  std::shared_ptr<Exchange> exchange = std::move(exchange_);
  if (exchange != nullptr && !std::exchange(with_worker_, false) && exchange->is_heavy()) {
    const std::string who = exchange->context.principal;
    edge_.workers.Push([gone = std::move(exchange)] {}, who);
  }
  decoder_.reset();
  body_bytes_ = 0;
}

void Connection::GoLinger() {
  shutdown(socket_.get(), SHUT_WR);
  state_ = State::kLingering;
  SetDeadline(edge_.options.linger_ms);
  can_read_ = true;  // what is there already gives no new edge
}

/// The callbacks of a stop token may take their time: not on this thread.
void Connection::Cancel() {
  if (exchange_ != nullptr) edge_.reserved.Push([cancel = exchange_->cancellation()]() mutable { cancel.request_stop(); });
}

void Connection::StopSoon() {
  if (state_ == State::kHead && !head_begun_) Close();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  Cancel();
  LetGo();
  side_.loop().Remove(socket_.get());
  socket_.Reset();
  side_.Forget(number_);
}

}  // namespace lakehouse::net
