#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/net/http_client.h"
#include "lakehouse/storage/s3_object_store.h"
#include "s3_answers.h"
#include "s3_signer.h"

namespace lakehouse::storage {

/// One operation on the bucket or on an object of it.
struct S3Call {
  std::string method = "GET";
  std::string key = {};  ///< whole, with the prefix; empty: the bucket itself
  S3Query query = {};
  std::vector<net::HttpHeader> headers = {};
  std::string body = {};
  std::string body_path = {};  ///< a file whose octets from `body_offset` are sent instead
  std::uint64_t body_offset = 0;
  std::uint64_t body_size_bytes = 0;
  std::string payload_sha256 = {};  ///< of a file's part; empty: computed over `body`
  /// Looks at the body of a success. kCorruption counts as a failure on the way: tried again.
  std::function<Status(const std::string& body)> check = {};
};

/// Of status 2xx, 404 (of the key or upload), 412 or 416; everything else is an error.
struct S3Answer {
  int status = 0;
  std::vector<net::HttpHeader> headers;
  std::string body;
  bool may_have_happened = false;  ///< an earlier attempt got no sound answer: 404 and 412 may be about our own work

  bool ok() const { return status >= 200 && status < 300; }
  std::string Header(std::string_view name) const { return net::FindHeader(headers, name).value_or(""); }
};

/// The same, with a body that is pulled.
struct S3Stream {
  S3Answer head;
  std::unique_ptr<net::ByteSource> body;
};

/// How often and when something is tried again: at most `attempts` times, after pauses drawn evenly between nothing and a
/// limit that doubles. The one place of this store that waits.
class S3Attempts {
 public:
  S3Attempts(const S3ObjectStore::Options& options, Random& random) : options_(options), random_(random) {}
  /// Before each attempt. False: there are no more. An error: the context ended, or would before the pause is over.
  Result<bool> Next(const Context& context);
  int count() const { return count_; }

 private:
  const S3ObjectStore::Options& options_;
  Random& random_;
  int count_ = 0;
};

/// Signs, sends, tries again. Thread-safe.
class S3Client {
 public:
  S3Client(S3ObjectStore::Options options, S3ObjectStore::Parts parts);

  /// Errors: kUnavailable (of a write: nothing happened), kOutcomeUnknown (of a write only: an attempt got no sound
  /// answer, whatever came after it), kDeadlineExceeded and kCancelled (of a write: nothing was sent), kTooLarge, kInvalidArgument.
  Result<S3Answer> Send(const Context& context, const S3Call& call);
  /// For reads; returns after the head of a good answer. An error while the body is pulled is the caller's to repeat.
  Result<S3Stream> Open(const Context& context, const S3Call& call);

  Result<Secret> Presign(std::string_view method, const std::string& key, std::int64_t expires_seconds) const;

  S3Attempts Attempts() const { return {options_, parts_.random}; }
  const S3ObjectStore::Options& options() const { return options_; }
  const S3ObjectStore::Parts& parts() const { return parts_; }

 private:
  struct Attempt {
    std::optional<Error> failure;  ///< of the exchange, or what its answer stands for
    S3Answer answer;
    std::unique_ptr<net::ByteSource> stream;
    bool again = false;
    bool ambiguous = false;  ///< the server may have done it, or may still do it
  };

  Result<S3Stream> Try(const Context& context, const S3Call& call, bool stream);
  Attempt TryOnce(const Context& context, const S3Call& call, bool stream);
  net::HttpClient::Request Sign(const S3Call& call) const;
  void Judge(const S3Call& call, Attempt& attempt);
  bool CorrectClock(const S3Answer& answer);
  std::int64_t NowMicros() const { return parts_.clock.WallMicros() + skew_micros_.load(); }
  std::string HostOf() const;
  std::string PathOf(const std::string& key) const;

  const S3ObjectStore::Options options_;
  const S3ObjectStore::Parts parts_;
  net::HttpClient http_;
  std::atomic<std::int64_t> skew_micros_{0};  ///< the server's clock minus ours, when it complained
  Counter& requests_;
  Counter& retries_;
};

}  // namespace lakehouse::storage
