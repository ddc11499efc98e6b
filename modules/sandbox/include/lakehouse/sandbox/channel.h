#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "lakehouse/base/context.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"

/// Frames between a process and its worker: {u32 length of body, u32 type, body}, little endian, over a stream socket.
namespace lakehouse::sandbox {

struct Frame {
  std::uint32_t type = 0;
  std::string body;
};

/// A longer one is a violation of the protocol.
constexpr std::uint32_t kMaxFrameBytes = 16u << 20;

/// Types that this layer gives a meaning. A request is a frame of any other type whose body begins with its u32 number; the answer
/// is any number of frames of other types, then exactly one kDone or kError.
enum FrameType : std::uint32_t {
  kReady = 1,  ///< worker → parent, once: the jail report
  kDone = 2,   ///< the request succeeded; the body belongs to its handler
  kError = 3,  ///< the request failed; an encoded Error
  kFirstRequestType = 16,
};

/// The worker's end. Blocks; plain read and write calls, which is all the jail leaves. Sending is thread-safe, receiving is for one thread.
class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {}  ///< not owned
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// Small frames wait until 64 KiB are together, Flush, or a frame sent with `now`: one system call for a short answer.
  /// kUnavailable: the other end is gone. kTooLarge: over kMaxFrameBytes, nothing was sent.
  Status Send(std::uint32_t type, std::string_view body, bool now = false);
  Status Flush();
  /// kUnavailable: the other end is gone. kCorruption: not a frame.
  Result<Frame> Receive();

 private:
  Status FlushLocked();
  int fd_;
  std::mutex mutex_;
  std::string pending_;
};

/// The parent's end. What comes in is hostile: lengths are checked before anything is reserved. One thread at a time.
class ParentChannel {
 public:
  ParentChannel() = default;
  explicit ParentChannel(UniqueFd socket);  ///< made non-blocking

  /// kDeadlineExceeded, kCancelled: as the context says; part of the frame may have gone out, so the worker must end.
  /// kUnavailable "worker_lost": the other end is gone. kTooLarge: nothing was sent.
  Status Send(const Context& context, std::uint32_t type, std::string_view body);
  /// The same errors, and kCorruption "bad_frame". After kDeadlineExceeded or kCancelled nothing is lost: call again.
  Result<Frame> Receive(const Context& context);

 private:
  Status Await(const Context& context, short events);
  Status ReadInto(const Context& context, std::string& to, std::size_t room);

  UniqueFd fd_;
  UniqueFd wake_;         // made readable by a cancellation
  std::string received_;  // octets of frames that are not complete yet
  std::size_t consumed_ = 0;
  Frame big_;                   // one that is read alone, straight to where it stays
  std::size_t big_length_ = 0;  // of its body when it is complete; 0: there is none
};

/// An Error as the body of a kError frame, and back. A body that is none decodes to kCorruption "bad_frame". Codes that only the
/// parent may claim (kUnavailable "worker_lost", kCancelled, kDeadlineExceeded) come back as they are: the caller decides.
std::string EncodeError(const Error& error);
Error DecodeError(std::string_view body);

}  // namespace lakehouse::sandbox
