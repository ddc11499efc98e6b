#include "segment.h"

#include "lakehouse/base/hash.h"
#include "record.h"
#include "small_table.h"

namespace lakehouse::catalog {
namespace {

constexpr std::string_view kSegmentSuffix = ".parquet";
constexpr std::size_t kSegmentNameBytes = 20 + 1 + 20 + 1 + 64;

const std::vector<SmallTable::Column>& SegmentColumns() {
  static const std::vector<SmallTable::Column> columns = {{"seq", true}, {"record", false}};
  return columns;
}

}  // namespace

std::string SegmentName::Key() const {
  return std::string(kSegmentPrefix) + TwentyDigits(first) + "-" + TwentyDigits(last) + "-" + sha256 + std::string(kSegmentSuffix);
}

std::optional<SegmentName> ParseSegmentKey(std::string_view key) {
  if (!key.starts_with(kSegmentPrefix) || !key.ends_with(kSegmentSuffix)) return std::nullopt;
  key.remove_prefix(kSegmentPrefix.size());
  key.remove_suffix(kSegmentSuffix.size());
  if (key.size() != kSegmentNameBytes || key[20] != '-' || key[41] != '-') return std::nullopt;
  const auto first = ParseTwentyDigits(key.substr(0, 20));
  const auto last = ParseTwentyDigits(key.substr(21, 20));
  if (!first || !last || *first < 1 || *last < *first) return std::nullopt;
  return SegmentName{*first, *last, std::string(key.substr(42))};
}

Result<std::string> EncodeSegment(const Context& context, TableCodec& codec, std::int64_t first, const std::vector<std::string>& records) {
  SmallTable table{SegmentColumns(), {}};
  table.rows.reserve(records.size());
  for (const std::string& record : records) table.rows.push_back({first++, record});
  return codec.Encode(context, table);
}

Result<std::vector<std::string>> DecodeSegment(const Context& context, TableCodec& codec, const SegmentName& name,
                                               std::string_view octets) {
  const auto damaged = [&](const std::string& why) {
    return Error(ErrorCode::kCorruption, "segment " + name.Key() + " is damaged: " + why).Named("corrupt_object");
  };
  if (Sha256Hex(octets) != name.sha256) return damaged("its SHA-256 is not the one in its name");
  SmallTable table = LH_TRY(codec.Decode(context, octets, SegmentColumns()));
  if (static_cast<std::int64_t>(table.rows.size()) != name.last - name.first + 1)
    return damaged("it has " + std::to_string(table.rows.size()) + " records");
  std::vector<std::string> records;
  records.reserve(table.rows.size());
  for (auto& cells : table.rows) {
    RowReader row(cells);
    const std::int64_t expected = name.first + static_cast<std::int64_t>(records.size());
    if (LH_TRY(row.Integer(0)) != expected) return damaged("record " + std::to_string(expected) + " is not in its place");
    records.push_back(LH_TRY(row.Text(1)));
  }
  return records;
}

}  // namespace lakehouse::catalog
