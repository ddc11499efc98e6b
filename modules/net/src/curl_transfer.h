#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "lakehouse/net/http_client.h"

typedef void CURL;  // as <curl/curl.h> has it; that header stays in curl_transfer.cc
struct curl_slist;  // NOLINT(readability-identifier-naming): its name

namespace lakehouse::net {

/// A libcurl handle with its one kept connection. One transfer at a time.
class CurlSession {
 public:
  static Result<std::unique_ptr<CurlSession>> Make(std::string origin);
  ~CurlSession();
  const std::string& origin() const { return origin_; }

 private:
  friend class CurlTransfer;
  explicit CurlSession(std::string origin) : origin_(std::move(origin)) {}
  std::string origin_;
  void* multi_ = nullptr;
  CURL* easy_ = nullptr;
};

/// One request and its answer. Driven by the thread that waits for it, so no thread of its own; a stop token wakes it at once.
class CurlTransfer {
 public:
  using OnBody = std::function<Status(std::string_view)>;
  /// `on_body` empty: what comes is kept for TakeBody, at most about kWindow ahead when `pull` is set.
  CurlTransfer(std::unique_ptr<CurlSession> session, const HttpClient::Options& options, std::shared_ptr<const HttpClient::Request> request,
               OnBody on_body, bool pull);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  Status Begin();
  /// Until the head of the answer is here.
  Status RunToHead(const Context& context);
  /// Until there is something to take, or the end.
  Status RunToBody(const Context& context);
  Status RunToEnd(const Context& context);
  std::string TakeBody();
  bool is_done() const { return done_; }
  int status() const { return status_; }
  std::vector<HttpHeader> TakeHeaders() { return std::move(headers_); }
  /// After the end or when nobody waits any more. Not called on after it.
  std::unique_ptr<CurlSession> Release();

 private:
  static std::size_t OnHeader(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnData(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t OnRead(char* data, std::size_t size, std::size_t count, void* self);
  static int OnSocket(void* self, int purpose, void* address);
  static int OnSeek(void* self, std::int64_t offset, int origin);
  Status SetBody();
  Status Run(const Context& context, const std::function<bool()>& enough);
  Status Conclude(int code);
  Error FailureOf(int code) const;
  Status CheckIdle() const;

  std::unique_ptr<CurlSession> session_;
  const HttpClient::Options& options_;
  const std::shared_ptr<const HttpClient::Request> request_;
  OnBody on_body_;
  const bool pulls_;
  curl_slist* header_list_ = nullptr;
  UniqueFd file_;
  std::uint64_t file_size_ = 0;  ///< of what is sent of it
  std::uint64_t sent_ = 0;
  bool added_ = false;

  std::vector<HttpHeader> headers_;
  int status_ = 0;
  bool head_whole_ = false;
  bool head_done_ = false;  ///< whole, and the one that the caller waits for
  bool done_ = false;
  bool paused_ = false;
  std::string body_;
  std::uint64_t received_ = 0;
  std::int64_t last_octet_ns_ = 0;  ///< 0: none yet
  std::optional<Error> failure_;    ///< of a callback
  char curl_words_[256] = {};
};

}  // namespace lakehouse::net
