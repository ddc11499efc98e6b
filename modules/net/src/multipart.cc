#include "multipart.h"

#include <algorithm>

#include "uri.h"

namespace lakehouse::net {
namespace {

constexpr std::size_t kMaxHeaderBlock = 16 * 1024;
constexpr std::size_t kMaxParts = 1000;
constexpr std::size_t kMaxPadding = 64;  // white space after a boundary

Error BadMultipart(std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, "the multipart body is malformed: " + std::string(what)).Named("bad_multipart");
}

/// One `name=value` of a header, value unquoted. Browsers escape a quote as %22 and leave backslashes alone, so only \" is an escape.
struct Parameter {
  std::string name;
  std::string value;
};
std::optional<Parameter> TakeParameter(std::string_view& text) {
  const std::size_t start = text.find_first_not_of("; \t");
  if (start == std::string_view::npos) return std::nullopt;
  text.remove_prefix(start);
  const std::size_t name_end = std::min(text.find_first_of("=;"), text.size());
  Parameter parameter{ToLower(Trim(text.substr(0, name_end))), {}};
  text.remove_prefix(name_end);
  if (!text.starts_with('=')) return parameter;
  text.remove_prefix(1);
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find(';'), text.size());
    parameter.value = Trim(text.substr(0, end));
    text.remove_prefix(end);
    return parameter;
  }
  std::size_t at = 1;
  for (; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] == '"') ++at;
    parameter.value += text[at];
  }
  text.remove_prefix(std::min(at + 1, text.size()));
  return parameter;
}

/// The value of filename* (RFC 8187): charset'language'percent-encoded.
std::optional<std::string> DecodeExtended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos || !EqualsIgnoringCase(value.substr(0, first), "utf-8")) return std::nullopt;
  return PercentDecode(value.substr(second + 1));
}

std::string LastComponent(std::string_view file_name) {
  const std::size_t slash = file_name.find_last_of("/\\");
  std::string last = ToUtf8(slash == std::string_view::npos ? file_name : file_name.substr(slash + 1));
  std::erase_if(last, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return last;
}

bool ReadDisposition(std::string_view value, PartHead& head) {
  const auto kind = TakeParameter(value);
  if (!kind || kind->name != "form-data") return false;
  bool has_name = false;
  std::optional<std::string> extended;
  while (auto parameter = TakeParameter(value)) {
    if (parameter->name == "name")
      head.name = ToUtf8(parameter->value), has_name = true;
    else if (parameter->name == "filename")
      head.file_name = LastComponent(parameter->value);
    else if (parameter->name == "filename*")
      extended = DecodeExtended(parameter->value);
  }
  if (extended) head.file_name = LastComponent(*extended);
  return has_name;
}

}  // namespace

std::optional<std::string> BoundaryOf(std::string_view content_type) {
  constexpr std::size_t kLongest = 70;
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!EqualsIgnoringCase(Trim(content_type.substr(0, end)), "multipart/form-data")) return std::nullopt;
  content_type.remove_prefix(end);
  std::optional<std::string> boundary;
  while (auto parameter = TakeParameter(content_type))
    if (parameter->name == "boundary" && !boundary) boundary = std::move(parameter->value);
  if (!boundary || boundary->empty() || boundary->size() > kLongest) return std::nullopt;
  const bool is_printable = std::ranges::all_of(*boundary, [](char c) { return c >= ' ' && c <= '~'; });
  return is_printable && !boundary->ends_with(' ') ? boundary : std::nullopt;
}

Result<PartHead> ParsePartHead(std::string_view block) {
  PartHead head;
  bool has_disposition = false;
  while (!block.empty()) {
    const std::size_t end = std::min(block.find("\r\n"), block.size());
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(std::min(end + 2, block.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return BadMultipart("a header line of a part has no colon");
    const std::string_view value = Trim(line.substr(colon + 1));
    if (EqualsIgnoringCase(line.substr(0, colon), "Content-Disposition")) {
      if (has_disposition || !ReadDisposition(value, head))
        return BadMultipart("a part needs one Content-Disposition: form-data with a name");
      has_disposition = true;
    } else if (EqualsIgnoringCase(line.substr(0, colon), "Content-Type")) {
      head.content_type = ToUtf8(value);
    }
  }
  if (!has_disposition) return BadMultipart("a part has no Content-Disposition");
  return head;
}

MultipartParser::MultipartParser(std::string_view boundary, Sink& sink) : delimiter_("\r\n--" + std::string(boundary)), sink_(sink) {}

Status MultipartParser::Feed(std::string_view octets) {
  pending_.append(octets);
  while (true) {
    const bool moved = LH_TRY(Step());
    if (!moved) break;
  }
  pending_.erase(0, at_);
  at_ = 0;
  return Ok{};
}

Status MultipartParser::Finish() const {
  if (state_ != State::kEpilogue) return BadMultipart("it ends without the closing boundary");
  return Ok{};
}

Result<bool> MultipartParser::Step() {
  switch (state_) {
    case State::kPreamble:
    case State::kBody: return StepToBoundary();
    case State::kAfterBoundary: return StepAfterBoundary();
    case State::kHeaders: return StepHeaders();
    case State::kBodyStart: return StepBodyStart();
    case State::kEpilogue: at_ = pending_.size(); return false;
  }
  return false;
}

Result<bool> MultipartParser::StepToBoundary() {
  const std::string_view rest = std::string_view(pending_).substr(at_);
  const std::size_t found = rest.find(delimiter_);
  // What could be the beginning of the delimiter waits for more.
  const std::size_t safe = found != std::string_view::npos ? found : rest.size() - std::min(rest.size(), delimiter_.size() - 1);
  if (state_ == State::kBody && safe > 0) LH_TRY(sink_.Data(rest.substr(0, safe)));
  at_ += safe;
  if (found == std::string_view::npos) return false;
  at_ += delimiter_.size();
  if (state_ == State::kBody) LH_TRY(sink_.EndPart());
  state_ = State::kAfterBoundary;
  return true;
}

Result<bool> MultipartParser::StepAfterBoundary() {
  const std::string_view rest = std::string_view(pending_).substr(at_);
  if (rest.size() < 2) return false;
  if (rest.starts_with("--")) {
    state_ = State::kEpilogue;
    return true;
  }
  const std::size_t padding = std::min(rest.find_first_not_of(" \t"), rest.size());
  if (padding > kMaxPadding) return BadMultipart("white space without end after a boundary");
  if (rest.size() < padding + 2) return false;
  if (rest.substr(padding, 2) != "\r\n") return BadMultipart("a boundary is not the end of its line");
  at_ += padding;  // the line end stays: an empty header block is one line end after another
  state_ = State::kHeaders;
  return true;
}

Result<bool> MultipartParser::StepHeaders() {
  const std::string_view rest = std::string_view(pending_).substr(at_);
  const std::size_t end = rest.find("\r\n\r\n");
  if (std::min(end, rest.size()) > kMaxHeaderBlock)
    return Error(ErrorCode::kTooLarge, "the headers of a part of the multipart body are larger than 16 KiB").Named("bad_multipart");
  if (end == std::string_view::npos) return false;
  if (++parts_ > kMaxParts) return Error(ErrorCode::kTooLarge, "the multipart body has more than 1,000 parts").Named("bad_multipart");
  LH_TRY(sink_.BeginPart(LH_TRY(ParsePartHead(end < 2 ? std::string_view() : rest.substr(2, end - 2)))));
  at_ += end + 2;
  state_ = State::kBodyStart;
  return true;
}

/// The empty line after the headers may already be the line end before the next boundary: a part without a body.
Result<bool> MultipartParser::StepBodyStart() {
  const std::string_view rest = std::string_view(pending_).substr(at_);
  const std::size_t compared = std::min(rest.size(), delimiter_.size());
  const bool may_be_delimiter = rest.substr(0, compared) == std::string_view(delimiter_).substr(0, compared);
  if (may_be_delimiter && compared < delimiter_.size()) return false;
  if (!may_be_delimiter) at_ += 2;
  state_ = State::kBody;
  return true;
}

}  // namespace lakehouse::net
