#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chunk_decoder.h"
#include "edge.h"
#include "event_loop.h"
#include "exchange.h"
#include "lakehouse/base/file.h"
#include "octet_queue.h"
#include "request_head.h"

namespace lakehouse::net {

class LoopSide;

/// One client: reads a request, has it handled, sends the answer, and again. Lives on its loop's thread. Holds no thread while it
/// waits for anybody.
class Connection final : public EventLoop::Handler {
 public:
  Connection(LoopSide& side, std::uint64_t number, UniqueFd socket, std::string peer_address);
  ~Connection() override;

  void Begin();
  void OnEvents(std::uint32_t events) override;
  /// What the workers did, each for the exchange it was asked for.
  enum class Done { kHandled, kPulled, kSpooled };
  void OnDone(Done what, const Exchange* exchange);
  /// Does what can be done without waiting, or a fair share of it.
  void Pump();
  /// Acts on a deadline that has passed.
  void CheckDeadline(std::int64_t now_ns);
  /// The server stops: goes at once when nothing is under way, else after the answer.
  void StopSoon();
  /// Goes now; what is under way is cancelled.
  void Close();

 private:
  enum class State {
    kHead,        ///< waits for a request, or for the rest of its head
    kBody,        ///< reads the body
    kSpooling,    ///< the disk is busy with what was read; the socket waits
    kHandling,    ///< a worker is at it
    kResponding,  ///< sends, or waits for the next chunk to send
    kLingering,   ///< the last word is said; drops what still comes, lest a reset destroys that word on its way
    kClosed,
  };

  bool Step();
  bool WantsRead() const;
  void ReadOnce();
  void OnEof();
  void Flush();

  bool StepHead();
  bool StepBody();
  bool StepResponding();

  /// Checks of the head, in the order of their cost to us.
  std::optional<HeadFault> Admit();
  std::optional<HeadFault> AdmitBody(const Route& route);
  std::optional<HeadFault> ReadTimeout(const Route& route, Deadline& deadline) const;
  void RespondUnrouted(const RouteTable::Match& match, const std::string& path);
  bool LeadsToLogin();
  void TakeRequest();
  bool SkipSmallBody();
  void Dispatch();
  void SpoolMore(bool is_last);

  void Refuse(const HeadFault& fault);
  void TellRefusal(const HttpResponse& response);
  void Respond(HttpResponse response, bool close);
  void AppendChunk();
  void FinishExchange();
  void LetGo();
  void GoLinger();
  void Cancel();
  /// For the next part of a stream.
  void RenewStreamDeadline();
  void SetDeadline(std::int64_t milliseconds, std::uint64_t octets = 0);
  void SetBodyDeadline();

  LoopSide& side_;
  Edge& edge_;
  const std::uint64_t number_;
  UniqueFd socket_;
  const std::string peer_address_;
  State state_ = State::kHead;
  std::int64_t deadline_ns_;
  bool can_read_ = false;
  bool can_write_ = true;
  bool peer_ends_ = false;  ///< the kernel saw its FIN: read on until the end
  bool eof_ = false;
  InQueue in_;
  OutQueue out_;

  // The request being read or answered.
  HeadScanner scanner_;
  bool head_begun_ = false;
  RequestHead head_;
  std::string request_id_;
  std::shared_ptr<Exchange> exchange_;
  bool with_worker_ = false;  ///< whose turn it is with the exchange
  std::optional<BodyDecoder> decoder_;
  std::string drained_;  ///< payload that nobody wants
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_bytes_ = 0;
  bool body_done_ = false;
  std::int64_t body_started_ns_ = 0;  ///< moved on by the time the disk took

  // The answer.
  bool close_after_ = false;
  bool linger_after_ = false;  ///< the client may still be sending what we will not read
  bool is_chunked_ = false;
  bool is_pulling_ = false;
  bool stream_done_ = true;
  std::size_t timed_left_ = 0;  ///< octets of a stream that must leave before its deadline is renewed; 0: it is no stream
  bool is_held_ = false;        ///< it is ready, and waits for the deadline
};

}  // namespace lakehouse::net
