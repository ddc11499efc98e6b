#include "json_splitter.h"

#include <cstring>

namespace lakehouse::ingest {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

JsonSplitter::JsonSplitter(ByteReader& source, Shape shape) : source_(source), shape_(shape), buffer_(1u << 18) {}

Error JsonSplitter::Bad(const std::string& what) const {
  return Error(ErrorCode::kUnprocessable,
               "not valid JSON: " + what + " at line " + std::to_string(line_) + ", column " + std::to_string(column_))
      .Named("bad_json");
}

Result<bool> JsonSplitter::Have(std::size_t at) {
  while (begin_ + at >= end_) {
    if (source_ended_) return false;
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      base_ += static_cast<std::int64_t>(begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == buffer_.size()) {
      if (buffer_.size() >= kMaxJsonValueBytes)
        return Error(ErrorCode::kUnprocessable, "the value that begins at line " + std::to_string(line_) + " has more than " +
                                                    std::to_string(kMaxJsonValueBytes >> 20) + " MiB; one row may not be that large")
            .Named("record_too_long");
      buffer_.resize(2 * buffer_.size());
    }
    const std::size_t got = LH_TRY(source_.Read(buffer_.data() + end_, buffer_.size() - end_));
    if (got == 0) source_ended_ = true;
    end_ += got;
  }
  return true;
}

void JsonSplitter::Advance(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if (buffer_[begin_ + i] == '\n')
      ++line_, column_ = 1;
    else
      ++column_;
  }
  begin_ += count;
}

Status JsonSplitter::SkipSpace() {
  while (LH_TRY(Have(0)) && IsSpace(At(0))) Advance(1);
  return Ok{};
}

Result<bool> JsonSplitter::Next(JsonText& value) {
  Advance(std::exchange(taken_, 0));
  return shape_ == Shape::kLines ? NextLine(value) : NextValue(value);
}

Result<bool> JsonSplitter::NextLine(JsonText& value) {
  for (;;) {
    LH_TRY(SkipSpace());
    if (!LH_TRY(Have(0))) return false;
    std::size_t length = 0;
    while (LH_TRY(Have(length))) {
      const auto* stop = static_cast<const char*>(std::memchr(buffer_.data() + begin_ + length, '\n', end_ - begin_ - length));
      if (stop != nullptr) {
        length = static_cast<std::size_t>(stop - buffer_.data()) - begin_;
        break;
      }
      length = end_ - begin_;
    }
    value = {Trim({buffer_.data() + begin_, length}), line_, column_};
    taken_ = length;
    return true;
  }
}

Result<bool> JsonSplitter::NextValue(JsonText& value) {
  LH_TRY(SkipSpace());
  if (!std::exchange(started_, true) && LH_TRY(Have(0)) && At(0) == '[') {
    array_ = true;
    Advance(1);
    LH_TRY(SkipSpace());
  }
  if (array_ && !array_ended_) {
    if (!LH_TRY(Have(0))) return Bad("the array is not closed");
    if (At(0) == ']') {
      Advance(1);
      array_ended_ = true;
      LH_TRY(SkipSpace());
    } else if (!std::exchange(first_element_, false)) {
      if (At(0) != ',') return Bad("expected ',' or ']'");
      Advance(1);
      LH_TRY(SkipSpace());
    }
  }
  if (!LH_TRY(Have(0))) return array_ && !array_ended_ ? Result<bool>(Bad("the array is not closed")) : Result<bool>(false);
  if (array_ended_) return Bad("octets after the end of the array");

  // To the octet that ends this value: outside strings and brackets a comma or ']' in an array, a line end otherwise.
  int depth = 0;
  bool text = false;
  std::size_t length = 0;
  for (;; ++length) {
    if (!LH_TRY(Have(length))) {
      if (text || depth > 0 || array_) return Bad(text ? "the file ends inside a text" : "the file ends inside the value that begins");
      break;
    }
    const char c = At(length);
    if (text) {
      if (c == '\\')
        ++length;
      else if (c == '"')
        text = false;
      continue;
    }
    if (c == '"')
      text = true;
    else if (c == '{' || c == '[') {
      if (++depth > kMaxJsonDepth)
        return Error(ErrorCode::kUnprocessable,
                     "the value at line " + std::to_string(line_) + " is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels")
            .Named("too_deep");
    } else if (c == '}' || c == ']') {
      if (depth == 0) {
        if (array_ && c == ']') break;
        return Bad(std::string("'") + c + "' closes nothing in the value that begins");
      }
      --depth;
    } else if (depth == 0 && (array_ ? c == ',' : c == '\n'))
      break;
  }
  value = {Trim({buffer_.data() + begin_, length}), line_, column_};
  if (value.text.empty()) return Bad("a value is missing");
  taken_ = length;
  return true;
}

}  // namespace lakehouse::ingest
