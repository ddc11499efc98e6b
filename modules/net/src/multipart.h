#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

/// multipart/form-data (RFC 7578) in constant memory: the boundary and one header block. Pure; fed with whatever a client sends.
namespace lakehouse::net {

/// What the headers of one part say.
struct PartHead {
  std::string name;
  std::optional<std::string> file_name;  ///< last component only
  std::string content_type;
};

class MultipartParser {
 public:
  /// An error of the sink ends the parse and comes back from Feed.
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual Status BeginPart(PartHead head) = 0;
    virtual Status Data(std::string_view octets) = 0;
    virtual Status EndPart() = 0;
  };
  /// `boundary`: 1 to 70 octets, as BoundaryOf gives it. The sink must outlive the parser.
  MultipartParser(std::string_view boundary, Sink& sink);

  /// Any cut of the message into pieces gives the same calls (but for where Data is cut). kInvalidArgument: no multipart;
  /// kTooLarge: a header block over 16 KiB, more than 1,000 parts. Not called again after an error.
  Status Feed(std::string_view octets);
  /// kInvalidArgument unless the closing boundary was there.
  Status Finish() const;

 private:
  enum class State { kPreamble, kAfterBoundary, kHeaders, kBodyStart, kBody, kEpilogue };
  /// False when more octets are needed first.
  Result<bool> Step();
  Result<bool> StepToBoundary();
  Result<bool> StepAfterBoundary();
  Result<bool> StepHeaders();
  Result<bool> StepBodyStart();

  std::string delimiter_;  ///< CRLF -- boundary
  Sink& sink_;
  std::string pending_ = "\r\n";  ///< the first boundary may stand at the very start
  std::size_t at_ = 0;            ///< read up to here
  State state_ = State::kPreamble;
  std::size_t parts_ = 0;  ///< begun
};

/// The boundary of a Content-Type; nothing when it is not multipart/form-data with a usable boundary.
std::optional<std::string> BoundaryOf(std::string_view content_type);
/// The lines of one part's header block.
Result<PartHead> ParsePartHead(std::string_view block);

}  // namespace lakehouse::net
