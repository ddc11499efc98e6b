#include "curl_transfer.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stop_token>

#include "uri.h"

namespace lakehouse::net {
namespace {

constexpr std::size_t kWindow = 256 * 1024;  // held for a reader that pulls
constexpr std::int64_t kMostWaitMs = 1'000;  // wake-ups come by themselves; this is the belt to those braces
constexpr std::size_t kMaxHeaderOctets = 256 * 1024;
constexpr std::int64_t kNanosPerMilli = 1'000'000;

void InitialiseCurlOnce() { [[maybe_unused]] static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT); }

bool MayRepeat(std::string_view method) { return method != "POST" && method != "PATCH"; }

bool IsLoopbackUrl(std::string_view url) {
  for (const std::string_view prefix :
       {"http://127.", "http://localhost", "http://[::1]", "https://127.", "https://localhost", "https://[::1]"})
    if (url.starts_with(prefix)) return true;
  return false;
}

/// Connections of a server that closes idle ones after 60 s are not used at the edge of that.
constexpr long kMaxIdleSeconds = 30;

}  // namespace

Result<std::unique_ptr<CurlSession>> CurlSession::Make(std::string origin) {
  InitialiseCurlOnce();
  std::unique_ptr<CurlSession> session(new CurlSession(std::move(origin)));
  session->multi_ = curl_multi_init();
  session->easy_ = curl_easy_init();
  if (session->multi_ == nullptr || session->easy_ == nullptr)
    return Error(ErrorCode::kUnavailable, "libcurl has no memory for another connection");
  curl_multi_setopt(session->multi_, CURLMOPT_MAXCONNECTS, 2L);
  return session;
}

CurlSession::~CurlSession() {
  if (easy_ != nullptr) curl_easy_cleanup(easy_);
  if (multi_ != nullptr) curl_multi_cleanup(multi_);
}

CurlTransfer::CurlTransfer(std::unique_ptr<CurlSession> session, const HttpClient::Options& options,
                           std::shared_ptr<const HttpClient::Request> request, OnBody on_body, bool pull)
    : session_(std::move(session)), options_(options), request_(std::move(request)), on_body_(std::move(on_body)), pulls_(pull) {}

CurlTransfer::~CurlTransfer() { Release(); }

std::unique_ptr<CurlSession> CurlTransfer::Release() {
  if (session_ != nullptr && added_) curl_multi_remove_handle(session_->multi_, session_->easy_);  // closes a connection in mid-answer
  added_ = false;
  if (session_ != nullptr) curl_easy_reset(session_->easy_);
  curl_slist_free_all(header_list_);
  header_list_ = nullptr;
  return std::move(session_);
}

std::size_t CurlTransfer::OnHeader(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::string_view line(data, size * count);
  transfer.last_octet_ns_ = SystemClock().SteadyNanos();
  if (line.starts_with("HTTP/")) {  // another answer begins: after 100 Continue or a redirect
    transfer.headers_.clear();
    transfer.head_whole_ = false;
    return line.size();
  }
  const std::string_view text = line.substr(0, line.find_last_not_of("\r\n") + 1);
  if (text.empty()) {
    long status = 0;
    curl_easy_getinfo(transfer.session_->easy_, CURLINFO_RESPONSE_CODE, &status);
    transfer.status_ = static_cast<int>(status);
    transfer.head_whole_ = true;
    transfer.head_done_ = status >= 200 && !transfer.options_.follow_redirects;
    return line.size();
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return line.size();
  transfer.headers_.push_back({std::string(text.substr(0, colon)), std::string(Trim(text.substr(colon + 1)))});
  return line.size();
}

std::size_t CurlTransfer::OnData(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::string_view octets(data, size * count);
  if (transfer.pulls_ && !transfer.body_.empty() && transfer.body_.size() + octets.size() > kWindow) {
    transfer.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  transfer.head_done_ = true;
  transfer.last_octet_ns_ = SystemClock().SteadyNanos();
  transfer.received_ += octets.size();
  if (transfer.received_ > transfer.request_->max_response_bytes) {
    transfer.failure_ = Error(ErrorCode::kTooLarge, "the answer of " + transfer.request_->url + " is larger than " +
                                                        std::to_string(transfer.request_->max_response_bytes) + " octets");
    return 0;
  }
  if (!transfer.on_body_) return transfer.body_.append(octets), octets.size();
  auto taken = transfer.on_body_(octets);
  if (taken) return octets.size();
  transfer.failure_ = std::move(taken).TakeError();
  return 0;
}

std::size_t CurlTransfer::OnRead(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::size_t room = size * count;
  if (transfer.file_) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(room, transfer.file_size_ - transfer.sent_));
    const auto from = static_cast<off_t>(transfer.request_->body_offset + transfer.sent_);
    const ssize_t got = pread(transfer.file_.get(), data, wanted, from);
    if (got < 0 || (got == 0 && wanted > 0)) {
      transfer.failure_ = got < 0 ? FileError("read", transfer.request_->body_path, errno)
                                  : Error(ErrorCode::kInvalidArgument, transfer.request_->body_path + " became shorter while it was sent");
      return CURL_READFUNC_ABORT;
    }
    transfer.sent_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }
  const std::string_view rest = std::string_view(transfer.request_->body).substr(static_cast<std::size_t>(transfer.sent_));
  const std::size_t taken = std::min(room, rest.size());
  std::memcpy(data, rest.data(), taken);
  transfer.sent_ += taken;
  return taken;
}

/// The address is checked where it is used, so no second resolution can put another one in its place.
int CurlTransfer::OnSocket(void* self, int purpose, void* address) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const auto& wanted = *static_cast<const curl_sockaddr*>(address);
  char text[INET6_ADDRSTRLEN] = {};
  if (purpose != CURLSOCKTYPE_IPCXN || transfer.failure_) return CURL_SOCKET_BAD;
  const void* octets = nullptr;
  if (wanted.family == AF_INET) octets = &reinterpret_cast<const sockaddr_in*>(&wanted.addr)->sin_addr;
  if (wanted.family == AF_INET6) octets = &reinterpret_cast<const sockaddr_in6*>(&wanted.addr)->sin6_addr;
  if (octets == nullptr || inet_ntop(wanted.family, octets, text, sizeof text) == nullptr) return CURL_SOCKET_BAD;
  if (auto allowed = transfer.options_.may_connect(text); !allowed) {
    transfer.failure_ = std::move(allowed).TakeError();
    return CURL_SOCKET_BAD;
  }
  return socket(wanted.family, wanted.socktype | SOCK_CLOEXEC, wanted.protocol);
}

/// libcurl wants the body from the start again when a kept connection turns out dead. Whether the peer saw the first attempt
/// nobody knows, so only what may happen twice is repeated.
int CurlTransfer::OnSeek(void* self, std::int64_t offset, int origin) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  if (origin != SEEK_SET || !MayRepeat(transfer.request_->method)) return CURL_SEEKFUNC_FAIL;
  transfer.sent_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

Status CurlTransfer::SetBody() {
  CURL* easy = session_->easy_;
  std::uint64_t size = request_->body.size();
  if (!request_->body_path.empty()) {
    file_ = UniqueFd(open(request_->body_path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file_) return FileError("open", request_->body_path, errno);
    const std::uint64_t whole = LH_TRY(FileSize(request_->body_path));
    const std::uint64_t rest = whole - std::min(whole, request_->body_offset);
    size = request_->body_size_bytes.value_or(rest);
    if (size > rest) return Error(ErrorCode::kInvalidArgument, request_->body_path + " is shorter than the part of it that is to be sent");
    file_size_ = size;
  }
  const bool has_body = size > 0 || request_->method == "POST" || request_->method == "PUT" || request_->method == "PATCH";
  if (request_->method == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return Ok{};
  }
  if (has_body) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(size));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &CurlTransfer::OnRead);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, +[](void* self, curl_off_t offset, int origin) { return OnSeek(self, offset, origin); });
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
  }
  // A body of nothing is not rewound, so its repetition must be ruled out in another way.
  if (size == 0 && !MayRepeat(request_->method)) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request_->method.c_str());
  return Ok{};
}

Status CurlTransfer::Begin() {
  CURL* easy = session_->easy_;
  curl_easy_setopt(easy, CURLOPT_URL, request_->url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_timeout_ms));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_words_);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L * 1024);
  if (!options_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.ca_file.c_str());
  if (options_.may_connect) {
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(
        easy, CURLOPT_OPENSOCKETFUNCTION,
        +[](void* self, curlsocktype purpose, curl_sockaddr* address) -> curl_socket_t { return OnSocket(self, purpose, address); });
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  } else if (IsLoopbackUrl(request_->url))
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  if (options_.follow_redirects && (request_->method == "GET" || request_->method == "HEAD")) {
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, 5L);
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, request_->url.starts_with("https") ? "https" : "http,https");
  }
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::OnData);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  LH_TRY(SetBody());

  std::size_t header_octets = 0;
  for (const HttpHeader& header : request_->headers) {
    header_octets += header.name.size() + header.value.size();
    if ((header.name + header.value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos || header_octets > kMaxHeaderOctets)
      return Error(ErrorCode::kInvalidArgument, "a header of a request has a line end, or the headers are too large: " + header.name);
    // libcurl drops a header without a value unless it ends in a semicolon.
    const std::string line = header.value.empty() ? header.name + ";" : header.name + ": " + header.value;
    header_list_ = curl_slist_append(header_list_, line.c_str());
  }
  header_list_ = curl_slist_append(header_list_, "Expect:");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, header_list_);
  if (curl_multi_add_handle(session_->multi_, easy) != CURLM_OK) return Error(ErrorCode::kUnavailable, "libcurl takes no further request");
  added_ = true;
  return Ok{};
}

Error CurlTransfer::FailureOf(int code) const {
  const std::string what =
      request_->method + " " + request_->url + ": " + (curl_words_[0] != 0 ? curl_words_ : curl_easy_strerror(static_cast<CURLcode>(code)));
  long sent_octets = 0;
  curl_easy_getinfo(session_->easy_, CURLINFO_REQUEST_SIZE, &sent_octets);
  const bool is_bad_url =
      code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL;  // the latter also for a peer that speaks no HTTP
  if (sent_octets == 0 && is_bad_url) return Error(ErrorCode::kInvalidArgument, what);
  const bool is_not_verified = code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
  if (sent_octets == 0 && is_not_verified) return Error(ErrorCode::kUnavailable, what).Named("peer_not_verified");
  if (sent_octets == 0) return Error(ErrorCode::kUnavailable, what).Named("peer_unavailable");
  return Error(ErrorCode::kOutcomeUnknown, what);
}

Status CurlTransfer::Conclude(int code) {
  done_ = true;
  if (failure_) return *failure_;
  if (code != CURLE_OK) {
    failure_ = FailureOf(code);
    return *failure_;
  }
  if (!head_whole_) {  // libcurl takes an end in the middle of the head for the end of an answer without a body
    failure_ = Error(ErrorCode::kOutcomeUnknown, request_->method + " " + request_->url + ": the answer ended in the middle of its head");
    return *failure_;
  }
  head_done_ = true;
  return Ok{};
}

Status CurlTransfer::CheckIdle() const {
  if (options_.idle_timeout_ms <= 0 || last_octet_ns_ == 0 || paused_) return Ok{};
  if (SystemClock().SteadyNanos() - last_octet_ns_ < options_.idle_timeout_ms * kNanosPerMilli) return Ok{};
  return Error(ErrorCode::kOutcomeUnknown, request_->method + " " + request_->url + ": the peer fell silent in the middle of its answer");
}

Status CurlTransfer::Run(const Context& context, const std::function<bool()>& enough) {
  if (failure_) return *failure_;
  const std::stop_callback wake(context.cancel, [multi = session_->multi_] { curl_multi_wakeup(multi); });
  while (!done_ && !enough()) {
    LH_TRY(context.Check());
    LH_TRY(CheckIdle());
    if (paused_) {
      paused_ = false;
      last_octet_ns_ = SystemClock().SteadyNanos();
      curl_easy_pause(session_->easy_, CURLPAUSE_CONT);
      if (enough()) break;
    }
    int running = 0;
    if (curl_multi_perform(session_->multi_, &running) != CURLM_OK) return Error(ErrorCode::kInternal, "libcurl refuses to go on");
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(session_->multi_, &left))
      if (message->msg == CURLMSG_DONE) return Conclude(message->data.result);
    if (enough()) break;
    std::int64_t wait_ms = std::min(kMostWaitMs, context.deadline.RemainingMs().value_or(kMostWaitMs));
    if (options_.idle_timeout_ms > 0) wait_ms = std::min(wait_ms, options_.idle_timeout_ms);
    curl_multi_poll(session_->multi_, nullptr, 0, static_cast<int>(std::max<std::int64_t>(wait_ms, 1)), nullptr);
  }
  return Ok{};
}

Status CurlTransfer::RunToHead(const Context& context) {
  return Run(context, [this] { return head_done_; });
}
Status CurlTransfer::RunToBody(const Context& context) {
  return Run(context, [this] { return !body_.empty(); });
}
Status CurlTransfer::RunToEnd(const Context& context) {
  return Run(context, [] { return false; });
}

std::string CurlTransfer::TakeBody() { return std::exchange(body_, {}); }

}  // namespace lakehouse::net
