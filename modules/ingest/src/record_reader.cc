#include "record_reader.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace lakehouse::ingest {
namespace {

// Blocks are read whole, so the buffer ends with this many octets that mean nothing.
constexpr std::size_t kSlack = 16;
constexpr std::size_t kFirstBuffer = 1u << 20;

std::int64_t LinesIn(std::string_view text) {
  std::int64_t lines = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n')
      ++lines;
    else if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'))
      ++lines;
  }
  return lines;
}

}  // namespace

RecordReader::RecordReader(ByteReader& source, const CsvDialect& dialect)
    : source_(source), dialect_(dialect), buffer_(kFirstBuffer + kSlack) {}

Status RecordReader::Refill() {
  // Keep the record that is not complete; grow only when it alone fills the buffer.
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    base_ += static_cast<std::int64_t>(begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ + kSlack == buffer_.size()) {
    if (end_ >= kMaxRecordBytes)
      return Error(ErrorCode::kUnprocessable, "the record that begins at line " + std::to_string(line_) + " has more than " +
                                                  std::to_string(kMaxRecordBytes >> 20) +
                                                  " MiB: either a quote is never closed, or this is no table with lines")
          .Named("record_too_long");
    buffer_.resize(std::min(2 * (buffer_.size() - kSlack), kMaxRecordBytes) + kSlack);
  }
  while (!at_end_ && end_ + kSlack < buffer_.size()) {
    const std::size_t got = LH_TRY(source_.Read(buffer_.data() + end_, buffer_.size() - kSlack - end_));
    if (got == 0) at_end_ = true;
    end_ += got;
  }
  if (base_ == 0 && begin_ == 0 && end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) {
    begin_ = 3;
    oddities_.byte_order_mark = true;
  }
  return Ok{};
}

Result<bool> RecordReader::Next(CsvRecord& record) {
  for (;;) {
    if (begin_ == end_ && at_end_) return false;
    switch (begin_ == end_ ? Parsed::kNeedMore : Parse(record)) {
      case Parsed::kRecord: record.after_blank = std::exchange(after_blank_, false); return true;
      case Parsed::kBlank:
        oddities_.blank_lines = true;
        after_blank_ = true;
        break;
      case Parsed::kNeedMore: LH_TRY(Refill()); break;
      case Parsed::kUnterminated:
        return Error(ErrorCode::kUnprocessable, "the quote that opens at line " + std::to_string(quote_line_) +
                                                    " is never closed; close it, or double it where it is part of the text")
            .Named("unterminated_quote");
    }
  }
}

/// First delimiter, line end or quote from here; past the end of the data at worst.
const char* RecordReader::FindEnd(const char* at) const {
  const char* const end = buffer_.data() + end_;
#ifdef __SSE2__
  const __m128i delimiter = _mm_set1_epi8(dialect_.delimiter), quote = _mm_set1_epi8('"'), lf = _mm_set1_epi8('\n'),
                cr = _mm_set1_epi8('\r');
  for (; at < end; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i hit = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, delimiter), _mm_cmpeq_epi8(block, quote)),
                                     _mm_or_si128(_mm_cmpeq_epi8(block, lf), _mm_cmpeq_epi8(block, cr)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(hit));
    if (mask != 0) return std::min(at + std::countr_zero(mask), end);
  }
  return end;
#else
  while (at < end && *at != dialect_.delimiter && *at != '"' && *at != '\n' && *at != '\r') ++at;
  return at;
#endif
}

/// `at` is the opening quote. Returns the octet after the cell, or null when the data ends first.
const char* RecordReader::QuotedField(const char* at, CsvField& field, bool& unterminated) {
  const char* const end = buffer_.data() + end_;
  const char* const open = at++;
  bool escapes = false;
  for (;;) {
    const char* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (quote == nullptr) {
      unterminated = at_end_;
      return nullptr;
    }
    if (dialect_.backslash_escape) {
      const char* slash = quote;
      while (slash > at && slash[-1] == '\\') --slash;
      if (slash < quote) escapes = true;
      if ((quote - slash) % 2 != 0) {
        at = quote + 1;
        continue;
      }
    }
    if (quote + 1 == end && !at_end_) return nullptr;
    if (quote + 1 < end && quote[1] == '"') {
      escapes = true;
      at = quote + 2;
      continue;
    }
    const char* after = quote + 1;
    if (after == end || *after == dialect_.delimiter || *after == '\n' || *after == '\r') {
      field.encoded =
          escapes || (dialect_.backslash_escape && std::memchr(open + 1, '\\', static_cast<std::size_t>(quote - open - 1)) != nullptr);
      field.text = field.encoded ? std::string_view(open, static_cast<std::size_t>(after - open))
                                 : std::string_view(open + 1, static_cast<std::size_t>(quote - open - 1));
      return after;
    }
    // Octets after the closing quote: up to the end of the cell they count as they stand.
    oddities_.stray_quotes = true;
    do after = FindEnd(after == quote + 1 ? after : after + 1);
    while (after < end && *after == '"');
    if (after == end && !at_end_) return nullptr;
    field.encoded = true;
    field.text = std::string_view(open, static_cast<std::size_t>(after - open));
    return after;
  }
}

RecordReader::Parsed RecordReader::Parse(CsvRecord& record) {
  const char* const start = buffer_.data() + begin_;
  const char* const end = buffer_.data() + end_;
  record.fields.clear();
  bool stray = false;
  const char* at = start;
  std::int64_t inner_lines = 0;
  for (;;) {
    CsvField field;
    if (at < end && *at == '"') {
      bool unterminated = false;
      const char* const after = QuotedField(at, field, unterminated);
      if (after == nullptr) {
        if (!unterminated) return Parsed::kNeedMore;
        quote_line_ = line_ + inner_lines;
        return Parsed::kUnterminated;
      }
      inner_lines += LinesIn({at, static_cast<std::size_t>(after - at)});
      at = after;
    } else {
      const char* stop = FindEnd(at);
      while (stop < end && *stop == '"') {
        stray = true;
        stop = FindEnd(stop + 1);
      }
      if (stop == end && !at_end_) return Parsed::kNeedMore;
      field.text = std::string_view(at, static_cast<std::size_t>(stop - at));
      at = stop;
    }
    record.fields.push_back(field);
    if (at < end && *at == dialect_.delimiter) {
      ++at;
      if (at == end && !at_end_) return Parsed::kNeedMore;
      continue;
    }
    break;
  }
  const char* next = at;
  if (at < end && *at == '\r') {
    if (at + 1 == end && !at_end_) return Parsed::kNeedMore;
    next = at + 1;
    if (next < end && *next == '\n') {
      ++next;
      oddities_.crlf = true;
    } else
      oddities_.cr = true;
  } else if (at < end) {
    next = at + 1;
    oddities_.lf = true;
  }
  const bool blank = at == start;
  record.text = std::string_view(start, static_cast<std::size_t>(at - start));
  record.line = line_;
  record.offset = base_ + static_cast<std::int64_t>(begin_);
  if (stray) oddities_.stray_quotes = true;
  line_ += inner_lines + (next > at ? 1 : 0);
  begin_ = static_cast<std::size_t>(next - buffer_.data());
  return blank ? Parsed::kBlank : Parsed::kRecord;
}

void DecodeField(const CsvDialect& dialect, std::string_view encoded, std::string& out) {
  out.clear();
  bool inside = true;
  for (std::size_t i = 1; i < encoded.size(); ++i) {
    const char octet = encoded[i];
    const char next = i + 1 < encoded.size() ? encoded[i + 1] : '\0';
    if (inside && octet == '"') {
      if (next == '"')
        out += encoded[++i];
      else
        inside = false;
    } else if (inside && dialect.backslash_escape && octet == '\\' && (next == '"' || next == '\\')) {
      out += encoded[++i];
    } else {
      out += octet;
    }
  }
}

}  // namespace lakehouse::ingest
