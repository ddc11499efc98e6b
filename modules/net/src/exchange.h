#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "edge.h"
#include "lakehouse/base/context.h"
#include "lakehouse/net/http_message.h"
#include "upload_spool.h"

namespace lakehouse::net {

/// One request and its answer while a handler is concerned. Handed to and fro between a connection's loop and the workers, which
/// never touch it at the same time; only `cancellation` may be used at any time. The last to let go records the outcome.
class Exchange {
 public:
  Exchange(Edge& edge, const Route& route, std::size_t route_index, HttpRequest taken, std::string principal, std::string request_id,
           Deadline deadline);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// On a worker: runs the handler, opens the file or pulls the first chunk of a stream. `response` is set afterwards.
  void Handle();
  /// On the connection's loop: as Handle, if the route can do it at once. False: nothing has happened.
  bool HandleAtOnce();
  /// On a worker: the next chunk of the stream into `chunk`.
  enum class Pulled { kChunk, kEnd, kFailed };
  void Pull();
  /// On a spool thread: writes `spool_input` away, and reads the whole after the last.
  void Spool(bool is_last);
  /// Asks the handler and the source to stop.
  std::stop_source cancellation() const { return cancel_; }

  /// Holds what is slow to let go, so a worker should.
  bool is_heavy() const { return source != nullptr || spool != nullptr; }

 private:
  std::stop_source cancel_;  // before the context, which holds its token

 public:
  Edge& edge;
  const Route& route;
  const std::size_t route_index;
  HttpRequest request;
  Context context;

  HttpResponse response;
  std::unique_ptr<BodySource> source;   ///< of a streamed response
  std::optional<std::uint64_t> length;  ///< of the stream, when known
  std::string chunk;
  std::vector<std::string> trailer_names;
  std::string trailers = "\r\n";  ///< what follows the last chunk
  Pulled pulled = Pulled::kChunk;

  std::unique_ptr<UploadSpool> spool;  ///< of an upload route
  std::string spool_input;
  std::optional<Error> spool_error;

  std::size_t room_taken = 0;  ///< of Edge::TakeRoom
  std::uint64_t sent_bytes = 0;
  int status = 499;  ///< for the records: until the answer is whole, the client has left

 private:
  std::optional<HttpResponse> RunHandler(bool at_once);
  std::int64_t started_ns_;
  std::uint64_t log_number_;
};

}  // namespace lakehouse::net
