#include "lakehouse/sandbox/channel.h"
#include "lakehouse/sandbox/wire.h"

namespace lakehouse::sandbox {

namespace {
constexpr std::size_t kMaxErrorText = 16'384;  // an error is for people: the rest of a longer one helps nobody
}

std::string EncodeError(const Error& error) {
  BodyWriter body;
  body.Put(static_cast<std::uint8_t>(error.code()));
  body.PutText(error.reason());
  body.PutText(error.details().size() <= kMaxErrorText ? error.details() : std::string_view());
  body.PutText(std::string_view(error.message()).substr(0, kMaxErrorText));
  return std::move(body).Take();
}

Error DecodeError(std::string_view text) {
  BodyReader body(text);
  const auto code = static_cast<ErrorCode>(body.Get<std::uint8_t>());
  const std::string_view reason = body.GetText();
  const std::string_view details = body.GetText();
  const std::string_view message = body.GetText();
  if (!body.at_end() || WireName(code).empty())
    return Error(ErrorCode::kCorruption, "the worker sent an error that cannot be read").Named("bad_frame");
  Error error(code, std::string(message));
  if (reason != WireName(code)) error = std::move(error).Named(std::string(reason));
  return details.empty() ? error : std::move(error).WithDetails(std::string(details));
}

}  // namespace lakehouse::sandbox
