#include "connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/net/http_status.h"
#include "loop_side.h"
#include "response_head.h"
#include "uri.h"

namespace lakehouse::net {
namespace {

constexpr std::size_t kReadAhead = 16 * 1024;       // of later requests while one is handled
constexpr std::size_t kSpoolPiece = 1024 * 1024;    // written to disk at once
constexpr std::uint64_t kUnwantedBody = 64 * 1024;  // read and dropped for a route without a body
constexpr int kFairShare = 64;                      // steps, reads or writes before the other connections have their turn
constexpr std::int64_t kHoldRefusalMs = 100;
constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kSlowestRate = 16 * 1024;  // octets per second a client must manage on average

bool IsKnownMethod(std::string_view method) {
  for (const std::string_view known : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    if (method == known) return true;
  return false;
}

bool IsUpload(BodyKind kind) { return kind == BodyKind::kUpload || kind == BodyKind::kUploadRaw || kind == BodyKind::kUploadMultipart; }

/// A client may name its request, so that its own log and ours meet.
std::string RequestIdOf(const RequestHead& head) {
  constexpr std::size_t kLongest = 128;
  const auto given = FindHeader(head.headers, "X-Request-Id");
  const bool is_good = given && !given->empty() && given->size() <= kLongest &&
                       given->find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == std::string::npos;
  return is_good ? *given : NewUuid().ToString();
}

/// As the value of a query.
std::string PercentEncoded(std::string_view text) {
  static constexpr std::string_view kPlain = "-._~/";
  std::string out;
  for (const char c : text) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
    out += is_plain ? std::string(1, c) : "%" + ToHex(std::string_view(&c, 1));
  }
  return out;
}

}  // namespace

Connection::Connection(LoopSide& side, std::uint64_t number, UniqueFd socket, std::string peer_address)
    : side_(side), edge_(side.edge), number_(number), socket_(std::move(socket)), peer_address_(std::move(peer_address)) {
  SetDeadline(edge_.options.head_timeout_ms);
}

Connection::~Connection() { edge_.DropConnection(); }

void Connection::Begin() {
  if (edge_.stopping) return Close();
  if (!side_.loop().Add(socket_.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, this)) return Close();
}

void Connection::SetDeadline(std::int64_t milliseconds, std::uint64_t octets) {
  const auto at_slowest_ms = static_cast<std::int64_t>(octets * 1000 / kSlowestRate);
  deadline_ns_ = side_.loop().now_ns() + (milliseconds + at_slowest_ms) * kNsPerMs;
}

/// Total, not per read: a client that dribbles is too slow, however steady.
void Connection::SetBodyDeadline() {
  const auto at_slowest_ms = static_cast<std::int64_t>(body_bytes_ * 1000 / kSlowestRate);
  deadline_ns_ = body_started_ns_ + (edge_.options.io_timeout_ms + at_slowest_ms) * kNsPerMs;
}

void Connection::OnEvents(std::uint32_t events) {
  if (state_ == State::kClosed) return;
  if (events & (EPOLLERR | EPOLLHUP)) return Close();  // reset, or closed in both directions
  if (events & (EPOLLIN | EPOLLRDHUP)) can_read_ = true;
  if (events & EPOLLRDHUP) peer_ends_ = true;
  if (events & EPOLLOUT) can_write_ = true;
  Pump();
}

void Connection::Pump() {
  for (int turns = 0; state_ != State::kClosed; ++turns) {
    if (turns == kFairShare) return side_.PumpLater(number_);
    if (Step()) continue;
    if (!out_.empty() && can_write_ && !is_held_)
      Flush();
    else if (can_read_ && WantsRead())
      ReadOnce();
    else
      return;
  }
}

/// True when something moved, so that it is worth to look again.
bool Connection::Step() {
  switch (state_) {
    case State::kHead: return StepHead();
    case State::kBody: return StepBody();
    case State::kResponding: return StepResponding();
    case State::kLingering: in_.Clear(); return false;
    case State::kSpooling:
    case State::kHandling:
    case State::kClosed: return false;
  }
  return false;
}

bool Connection::WantsRead() const {
  switch (state_) {
    case State::kHead:
    case State::kBody:
    case State::kLingering: return true;
    case State::kHandling:
    case State::kResponding: return in_.size() < kReadAhead;
    case State::kSpooling:
    case State::kClosed: return false;
  }
  return false;
}

void Connection::ReadOnce() {
  const ssize_t got = recv(socket_.get(), side_.scratch.data(), side_.scratch.size(), 0);
  if (got > 0) {
    in_.Append({side_.scratch.data(), static_cast<std::size_t>(got)});
    if (static_cast<std::size_t>(got) < side_.scratch.size() && !peer_ends_) can_read_ = false;  // the next octet is a new edge
    return;
  }
  if (got < 0 && errno == EINTR) return;
  can_read_ = false;
  if (got == 0)
    OnEof();
  else if (errno != EAGAIN && errno != EWOULDBLOCK)
    Close();
}

void Connection::OnEof() {
  eof_ = true;
  switch (state_) {
    case State::kHead:
    case State::kBody:
    case State::kLingering: return Close();  // there is nobody to answer
    case State::kHandling:
    case State::kResponding:
      if (in_.empty()) Cancel();  // with requests still waiting in the queue it has only stopped asking
      return;
    case State::kSpooling:
    case State::kClosed: return;
  }
}

void Connection::Flush() {
  const ssize_t sent = out_.SendTo(socket_.get());
  if (sent < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK)
      can_write_ = false;
    else if (errno != EINTR)
      Close();
    return;
  }
  if (exchange_ != nullptr) exchange_->sent_bytes += static_cast<std::uint64_t>(sent);
  if (timed_left_ == 0) return;
  timed_left_ -= std::min(timed_left_, static_cast<std::size_t>(sent));
  if (timed_left_ == 0) RenewStreamDeadline();
}

bool Connection::StepHead() {
  if (in_.empty()) {
    if (eof_) Close();
    return false;
  }
  if (!head_begun_) {
    head_begun_ = true;
    SetDeadline(edge_.options.head_timeout_ms);
  }
  const auto scanned = scanner_.Scan(in_.view(), edge_.head_limits());
  request_id_.clear();
  head_ = {};
  if (const auto* fault = std::get_if<HeadFault>(&scanned)) return Refuse(*fault), true;
  const auto* length = std::get_if<std::size_t>(&scanned);
  if (length == nullptr) {
    if (eof_) Close();
    return false;
  }
  auto parsed = ParseRequestHead(in_.view().substr(0, *length), edge_.head_limits());
  in_.Consume(*length);
  if (const auto* fault = std::get_if<HeadFault>(&parsed)) return Refuse(*fault), true;
  head_ = std::move(std::get<RequestHead>(parsed));
  request_id_ = RequestIdOf(head_);
  TakeRequest();
  return true;
}

std::optional<HeadFault> Connection::Admit() {
  if (!edge_.access.AllowsPeer(peer_address_)) return HeadFault{403, "address_not_allowed", "this server does not serve your address"};
  if (auto fault = edge_.access.CheckHostAndOrigin(head_)) return fault;
  if (!IsKnownMethod(head_.method)) return HeadFault{501, "unimplemented", "this server does not know the method"};
  return std::nullopt;
}

std::optional<HeadFault> Connection::ReadTimeout(const Route& route, Deadline& deadline) const {
  std::int64_t timeout_ms = route.timeout_ms > 0 ? route.timeout_ms : edge_.options.default_timeout_ms;
  if (const auto header = FindHeader(head_.headers, "X-Lakehouse-Timeout-Ms")) {
    const char* end = header->data() + header->size();
    const auto [after, error] = std::from_chars(header->data(), end, timeout_ms);
    if (error != std::errc{} || after != end || timeout_ms < 1)
      return HeadFault{400, "bad_request", "X-Lakehouse-Timeout-Ms must be a number of milliseconds, at least 1"};
  }
  deadline = Deadline::After(std::min(timeout_ms, edge_.options.max_timeout_ms));
  return std::nullopt;
}

std::optional<HeadFault> Connection::AdmitBody(const Route& route) {
  const bool is_upload = IsUpload(route.body);
  body_limit_ = route.max_body_bytes > 0 ? route.max_body_bytes : is_upload ? edge_.options.upload_limit : edge_.options.small_body_limit;
  if (route.body == BodyKind::kNone) body_limit_ = kUnwantedBody;
  if (head_.content_length > body_limit_)
    return HeadFault{413, "too_large",
                     "the body has " + std::to_string(head_.content_length) + " octets; this route takes " + std::to_string(body_limit_)};
  if (!is_upload) return std::nullopt;

  const auto content_type = FindHeader(head_.headers, "Content-Type").value_or("");
  const bool is_multipart = EqualsIgnoringCase(std::string_view(content_type).substr(0, 10), "multipart/");
  auto boundary = is_multipart && route.body != BodyKind::kUploadRaw ? BoundaryOf(content_type) : std::nullopt;
  if (is_multipart && route.body != BodyKind::kUploadRaw && !boundary)
    return HeadFault{415, "unsupported_media_type", "expected multipart/form-data with a boundary of 1 to 70 characters"};
  if (route.body == BodyKind::kUploadMultipart && !boundary)
    return HeadFault{415, "unsupported_media_type", "expected a body of type multipart/form-data"};
  exchange_->spool = std::make_unique<UploadSpool>(edge_.options.spool_directory, std::move(boundary));
  return std::nullopt;
}

void Connection::RespondUnrouted(const RouteTable::Match& match, const std::string& path) {
  if (match.allow.empty()) {
    std::string message = "there is nothing at " + path;
    for (const std::string& near : edge_.routes.Nearest(path))
      message += (message.find("; near") == std::string::npos ? "; near it: " : ", ") + near;
    Respond(HttpResponse::FromError(Error(ErrorCode::kNotFound, std::move(message)).Named("no_such_route"), request_id_), !SkipSmallBody());
    return;
  }
  const bool asks = head_.method == "OPTIONS";
  HttpResponse response;
  if (asks)
    response.status = 204;
  else
    response = HttpResponse::Json(
        405, ErrorBody("method_not_allowed", head_.method + " is not among the methods of this path: " + match.allow, request_id_));
  response.headers.push_back({"Allow", match.allow});
  Respond(std::move(response), !SkipSmallBody());
}

/// A person's browser gets a form, not a 401 it has nothing to answer with.
bool Connection::LeadsToLogin() {
  const bool shows_pages = FindHeader(head_.headers, "Accept").value_or("").find("text/html") != std::string::npos;
  if (edge_.options.login_path.empty() || !shows_pages) return false;
  HttpResponse response = HttpResponse::Text(303, "See " + edge_.options.login_path + "\n");
  const bool may_repeat = head_.method == "GET" || head_.method == "HEAD";
  response.headers.push_back(
      {"Location", edge_.options.login_path + (may_repeat ? "?next=" + PercentEncoded(head_.target) : std::string())});
  response.headers.push_back({"Cache-Control", "no-store"});
  Respond(std::move(response), !SkipSmallBody());
  return true;
}

void Connection::TakeRequest() {
  if (const auto fault = Admit()) return Refuse(*fault);
  if (head_.raw_path == "*") {
    HttpResponse response;
    response.status = 204;
    return Respond(std::move(response), !SkipSmallBody());
  }
  auto path = DecodePath(head_.raw_path);
  if (!path) return Refuse({400, "bad_path", "the path is no UTF-8, or has a control character, a bad %, or a . or .. segment"});
  RouteTable::Match match = edge_.routes.Find(head_.method, head_.raw_path);
  if (match.route == nullptr) return RespondUnrouted(match, *path);
  const Route& route = *match.route;

  auto principal = edge_.access.Authenticate(head_, route);
  if (const auto* fault = std::get_if<HeadFault>(&principal)) {
    if (fault->status == 401 && route.page && LeadsToLogin()) return;
    if (fault->status == 401 && FindHeader(head_.headers, "Authorization") &&
        edge_.failed_tokens.Book(peer_address_, SystemClock().SteadyNanos()))
      return Refuse({429, "too_many_attempts", "too many tokens from this address were none; wait a minute before the next try"});
    return Refuse(*fault);
  }
  auto query = ParseQuery(head_.raw_query);
  if (!query) return Refuse({400, "bad_query", "the query is no UTF-8, has a bad %, or more than 1,000 parts"});
  Deadline deadline;
  if (const auto fault = ReadTimeout(route, deadline)) return Refuse(*fault);

  HttpRequest request;
  request.method = head_.method;
  request.path = std::move(*path);
  request.target = head_.target;
  request.query = std::move(*query);
  request.headers = std::move(head_.headers);
  request.path_params = std::move(match.path_params);
  request.peer_address = peer_address_;
  head_.headers = request.headers;
  exchange_ = std::make_shared<Exchange>(edge_, route, match.index, std::move(request), std::move(std::get<std::string>(principal)),
                                         request_id_, deadline);
  if (const auto fault = AdmitBody(route)) return Refuse(*fault);
  if (!head_.has_body() && exchange_->spool == nullptr) return Dispatch();

  decoder_.emplace(head_.is_chunked, head_.content_length);
  body_bytes_ = 0;
  body_done_ = !head_.has_body();
  body_started_ns_ = side_.loop().now_ns();
  state_ = State::kBody;
  SetDeadline(edge_.options.io_timeout_ms);
  if (head_.expects_continue && in_.empty()) out_.Append("HTTP/1.1 100 Continue\r\n\r\n");
}

bool Connection::StepBody() {
  const bool is_upload = exchange_->spool != nullptr;
  const bool is_unwanted = exchange_->route.body == BodyKind::kNone;
  std::string& into = is_upload ? exchange_->spool_input : is_unwanted ? drained_ : exchange_->request.body;
  if (!body_done_) {
    if (in_.empty()) {
      if (eof_) Close();
      return false;
    }
    const std::size_t before = into.size();
    std::size_t consumed = 0;
    const auto outcome = decoder_->Feed(in_.view(), kSpoolPiece, into, consumed);
    in_.Consume(consumed);
    const std::size_t grown = into.size() - before;
    body_bytes_ += grown;
    SetBodyDeadline();
    if (outcome == ChunkDecoder::Outcome::kBroken)
      return Refuse({400, "bad_chunk", "the chunked body breaks the rules of its coding"}), true;
    if (body_bytes_ > body_limit_)
      return Refuse({413, "too_large", "the body has more than the " + std::to_string(body_limit_) + " octets that this route takes"}),
             true;
    if (!is_upload && !is_unwanted) {
      if (!edge_.TakeRoom(grown)) return Refuse({503, "overloaded", "the server holds as many request bodies as it may"}), true;
      exchange_->room_taken += grown;
    }
    if (is_unwanted) drained_.clear();
    body_done_ = outcome == ChunkDecoder::Outcome::kDone;
  }
  if (is_upload && (body_done_ || into.size() >= kSpoolPiece)) return SpoolMore(body_done_), true;
  if (body_done_) Dispatch();
  return true;
}

void Connection::SpoolMore(bool is_last) {
  state_ = State::kSpooling;
  const std::int64_t begun_ns = side_.loop().now_ns();
  body_started_ns_ -= begun_ns;  // completed in OnDone: the time of our disk is not the client's
  with_worker_ = true;
  edge_.spoolers.Push(
      [side = &side_, number = number_, exchange = exchange_, is_last]() mutable {
        exchange->Spool(is_last);
        side->Report(number, Done::kSpooled, std::move(exchange));
      },
      exchange_->context.principal);
}

void Connection::Dispatch() {
  exchange_->request.body_size_bytes = body_bytes_;
  if (exchange_->route.body == BodyKind::kNone) exchange_->request.body_size_bytes = 0;
  state_ = State::kHandling;
  if (side_.HandleAtOnce(*exchange_)) return Respond(std::move(exchange_->response), false);
  WorkerPool& pool = exchange_->route.urgent ? edge_.reserved : edge_.workers;
  auto work = [side = &side_, number = number_, exchange = exchange_]() mutable {
    exchange->Handle();
    side->Report(number, Done::kHandled, std::move(exchange));
  };
  const WorkerPool::Admission admission = pool.TryPush(std::move(work), exchange_->context.principal);
  with_worker_ = admission == WorkerPool::Admission::kTaken;
  if (with_worker_) return;
  const bool is_one = admission == WorkerPool::Admission::kTooManyOfOne;
  HttpResponse busy = HttpResponse::FromError(
      is_one ? Error(ErrorCode::kResourceExhausted,
                     "too many requests of this caller wait, and others want to be served too; try again shortly")
                   .Named("too_many_requests")
             : Error(ErrorCode::kUnavailable, "the server is busy: more requests wait than it may hold; try again shortly")
                   .Named("overloaded"),
      request_id_);
  exchange_->status = busy.status;
  TellRefusal(busy);
  Respond(std::move(busy), false);
  // Whoever asks again at once, whatever Retry-After says, would take the processor from those who are served.
  is_held_ = true;
  SetDeadline(kHoldRefusalMs);
}

void Connection::OnDone(Done what, const Exchange* exchange) {
  if (state_ == State::kClosed || exchange_.get() != exchange) return;
  with_worker_ = false;
  switch (what) {
    case Done::kSpooled:
      body_started_ns_ += side_.loop().now_ns();
      if (exchange_->spool_error) {
        HttpResponse failed = HttpResponse::FromError(std::move(*exchange_->spool_error).While("take the upload"), request_id_);
        TellRefusal(failed);
        Respond(std::move(failed), !body_done_);
      } else if (body_done_) {
        Dispatch();
      } else {
        state_ = State::kBody;
        SetBodyDeadline();
      }
      break;
    case Done::kHandled: Respond(std::move(exchange_->response), false); break;
    case Done::kPulled:
      is_pulling_ = false;
      AppendChunk();
      break;
  }
  Pump();
}

void Connection::CheckDeadline(std::int64_t now_ns) {
  if (now_ns < deadline_ns_) return;
  switch (state_) {
    case State::kHead:
      if (!head_begun_) return Close();
      Refuse({408, "request_timeout", "the head of the request took too long"});
      return Pump();
    case State::kBody: Refuse({408, "request_timeout", "the body of the request took too long"}); return Pump();
    case State::kResponding:
      if (std::exchange(is_held_, false)) {
        SetDeadline(edge_.options.io_timeout_ms, out_.size());
        return Pump();
      }
      if (!out_.empty()) Close();  // else it waits for the source, whose deadline is in its Context
      return;
    case State::kLingering: return Close();
    case State::kSpooling:
    case State::kHandling:
    case State::kClosed: return;
  }
}

}  // namespace lakehouse::net
