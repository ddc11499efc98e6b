#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "byte_reader.h"

namespace lakehouse::ingest {

/// How cells and records are told apart.
struct CsvDialect {
  char delimiter = ',';
  bool backslash_escape = false;  ///< \" is a quote inside quotes, as some exporters write it; otherwise "" is
};

/// One cell as it stands in the file. Valid until the next record.
struct CsvField {
  std::string_view text;  ///< its value, or, when `encoded`, what DecodeField makes the value of
  bool encoded = false;
};

/// What a reader met that a plain CSV reader (RFC 4180, one kind of line end) may read differently.
struct CsvOddities {
  bool lf = false, crlf = false, cr = false;
  bool stray_quotes = false;  ///< a quote inside an unquoted cell, or octets after a closing one
  bool blank_lines = false;
  bool byte_order_mark = false;
};

struct CsvRecord {
  std::vector<CsvField> fields;
  std::string_view text;     ///< the whole record without its line end
  std::int64_t line = 0;     ///< of its first octet, from 1
  std::int64_t offset = 0;   ///< in the file
  bool after_blank = false;  ///< one or more empty lines stand before it
};

constexpr std::size_t kMaxRecordBytes = 16u << 20;

/// Splits UTF-8 text into records: LF, CRLF and lone CR end one, outside quotes; lines without any octet are skipped. A quote opens
/// a quoted cell only as its first octet; octets after the closing quote belong to the cell as they stand. One thread.
class RecordReader {
 public:
  RecordReader(ByteReader& source, const CsvDialect& dialect);

  /// The next record; false at the end. kUnprocessable: reason "record_too_long" (over 16 MiB, which is mostly a quote that never
  /// closes or a file that is no table), reason "unterminated_quote"; both name the line.
  Result<bool> Next(CsvRecord& record);
  const CsvOddities& oddities() const { return oddities_; }
  std::int64_t consumed_bytes() const { return base_ + static_cast<std::int64_t>(begin_); }

 private:
  enum class Parsed { kRecord, kBlank, kNeedMore, kUnterminated };
  Parsed Parse(CsvRecord& record);
  const char* QuotedField(const char* at, CsvField& field, bool& unterminated);
  const char* FindEnd(const char* at) const;
  Status Refill();

  ByteReader& source_;
  CsvDialect dialect_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool at_end_ = false;
  std::int64_t base_ = 0;  // file offset of buffer_[0]
  std::int64_t line_ = 1;
  std::int64_t quote_line_ = 0;
  bool after_blank_ = false;
  CsvOddities oddities_;
};

/// The value of an encoded field into `out`, which is replaced.
void DecodeField(const CsvDialect& dialect, std::string_view encoded, std::string& out);
inline std::string_view ValueOf(const CsvDialect& dialect, const CsvField& field, std::string& scratch) {
  if (!field.encoded) return field.text;
  DecodeField(dialect, field.text, scratch);
  return scratch;
}

}  // namespace lakehouse::ingest
