#include "type_text.h"

#include <algorithm>
#include <string>

namespace lakehouse::catalog {
namespace {

constexpr int kDeepest = 64;
constexpr std::size_t kLongestWord = 64;

// DuckDB's own names and the aliases it takes. Sorted.
constexpr std::string_view kNames[] = {
    "BIGINT",       "BIGNUM",       "BINARY",      "BIT",          "BITSTRING", "BLOB",     "BOOL",     "BOOLEAN",   "BPCHAR",
    "BYTEA",        "CHAR",         "DATE",        "DATETIME",     "DEC",       "DECIMAL",  "DOUBLE",   "ENUM",      "FLOAT",
    "FLOAT4",       "FLOAT8",       "GEOMETRY",    "GUID",         "HUGEINT",   "INT",      "INT1",     "INT128",    "INT16",
    "INT2",         "INT32",        "INT4",        "INT64",        "INT8",      "INTEGER",  "INTEGRAL", "INTERVAL",  "JSON",
    "LIST",         "LOGICAL",      "LONG",        "MAP",          "NULL",      "NUMERIC",  "NVARCHAR", "OID",       "REAL",
    "SHORT",        "SIGNED",       "SMALLINT",    "STRING",       "STRUCT",    "TEXT",     "TIME",     "TIMESTAMP", "TIMESTAMPTZ",
    "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP_S", "TIMESTAMP_US", "TIMETZ",    "TIME_NS",  "TINYINT",  "UBIGINT",   "UHUGEINT",
    "UINT128",      "UINT16",       "UINT32",      "UINT64",       "UINT8",     "UINTEGER", "UNION",    "USMALLINT", "UTINYINT",
    "UUID",         "VARBINARY",    "VARCHAR",     "VARIANT"};

static_assert(std::ranges::is_sorted(kNames));

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads the text from left to right; each function takes what it names, or returns false.
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : left_(text) {}
  bool ReadWhole() { return Type(0) && left_.empty(); }

 private:
  bool Take(char c) {
    if (!left_.starts_with(c)) return false;
    left_.remove_prefix(1);
    return true;
  }
  void Spaces() {
    while (Take(' ')) {
    }
  }
  bool Word(std::string& upper) {
    std::size_t size = 0;
    while (size < left_.size() && (IsLetter(left_[size]) || (size > 0 && IsDigit(left_[size])))) ++size;
    if (size == 0 || size > kLongestWord) return false;
    upper = left_.substr(0, size);
    std::transform(upper.begin(), upper.end(), upper.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    left_.remove_prefix(size);
    return true;
  }
  /// 'it''s' or "a ""b""".
  bool Quoted(char quote) {
    if (!Take(quote)) return false;
    while (true) {
      const std::size_t end = left_.find(quote);
      if (end == std::string_view::npos) return false;
      left_.remove_prefix(end + 1);
      if (!Take(quote)) return true;
    }
  }
  bool Number() {
    bool any = false;
    while (!left_.empty() && IsDigit(left_.front())) any = Take(left_.front());
    return any;
  }
  template <typename Item>
  bool InBrackets(Item item) {
    if (!Take('(')) return false;
    do {
      Spaces();
      if (!item()) return false;
      Spaces();
    } while (Take(','));
    return Take(')');
  }
  bool Field(int depth) {
    std::string name;
    if (left_.starts_with('"') ? !Quoted('"') : !Word(name)) return false;
    if (!left_.starts_with(' ')) return false;
    Spaces();
    return Type(depth);
  }
  bool Base(int depth) {
    if (left_.starts_with("\"NULL\"")) return left_.remove_prefix(6), true;
    std::string name;
    if (!Word(name) || !std::ranges::binary_search(kNames, std::string_view(name))) return false;
    if (name == "STRUCT" || name == "UNION") return InBrackets([&] { return Field(depth + 1); });
    if (name == "MAP" || name == "LIST") return InBrackets([&] { return Type(depth + 1); });
    if (name == "ENUM") return InBrackets([&] { return Quoted('\''); });
    if (name == "TIMESTAMP" || name == "TIME")
      for (const std::string_view zone : {" WITH TIME ZONE", " WITHOUT TIME ZONE"})
        if (left_.starts_with(zone)) return left_.remove_prefix(zone.size()), true;
    if (!left_.starts_with('(')) return true;
    return InBrackets([&] { return left_.starts_with('\'') ? Quoted('\'') : Number(); });
  }
  bool Type(int depth) {
    if (depth > kDeepest || !Base(depth)) return false;
    while (Take('[')) {
      if (!left_.starts_with(']') && !Number()) return false;
      if (!Take(']')) return false;
    }
    return true;
  }

  std::string_view left_;
};

}  // namespace

bool IsTypeText(std::string_view text) { return TypeReader(text).ReadWhole(); }

}  // namespace lakehouse::catalog
