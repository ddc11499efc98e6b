#include "plain_parquet.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <utility>

#include "thrift_writer.h"

namespace lakehouse::engine {

namespace {

constexpr std::string_view kMagic = "PAR1";
constexpr std::string_view kCreatedBy = "lakehouse";
constexpr std::size_t kLongestBound = 256;  // longer texts have no bounds in the footer

// Numbers of the format.
enum PhysicalType : std::int32_t { kBooleanType = 0, kInt64Type = 2, kDoubleType = 5, kByteArrayType = 6 };
constexpr std::int32_t kUtf8 = 0, kSignedInt64 = 18;  // converted types
constexpr std::int32_t kOptional = 1;
constexpr std::int32_t kPlain = 0, kRunLength = 3;  // encodings
constexpr std::int32_t kDataPage = 0;
constexpr std::int32_t kUncompressed = 0;

PhysicalType PhysicalTypeOf(const std::string& type) {
  if (type == "BIGINT") return kInt64Type;
  if (type == "DOUBLE") return kDoubleType;
  if (type == "BOOLEAN") return kBooleanType;
  return kByteArrayType;
}

template <typename T>
std::string Octets(T value) {
  std::string octets(sizeof value, '\0');
  std::memcpy(octets.data(), &value, sizeof value);
  return octets;
}

std::size_t CellBytes(const Value& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return 8 + (text != nullptr ? text->size() : 0);
}

bool IsNull(const Value& cell) { return std::holds_alternative<std::monostate>(cell); }

/// Which rows have a value: runs of equal levels, their length first.
std::string DefinitionLevels(const Table& table, std::size_t column) {
  std::string runs;
  for (std::size_t row = 0; row < table.rows.size();) {
    const bool null = IsNull(table.rows[row][column]);
    std::size_t end = row;
    while (end < table.rows.size() && IsNull(table.rows[end][column]) == null) ++end;
    std::uint64_t header = (end - row) << 1;
    for (; header >= 0x80; header >>= 7) runs += static_cast<char>(header | 0x80);
    runs += static_cast<char>(header);
    runs += null ? '\0' : '\1';
    row = end;
  }
  return Octets(static_cast<std::uint32_t>(runs.size())) + runs;
}

std::string PlainValues(const Table& table, std::size_t column) {
  std::string values;
  std::size_t bits = 0;
  for (const auto& row : table.rows) {
    const Value& cell = row[column];
    if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      values += Octets(*integer);
    } else if (const auto* number = std::get_if<double>(&cell)) {
      values += Octets(*number);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      values += Octets(static_cast<std::uint32_t>(text->size())) + *text;
    } else if (const auto* boolean = std::get_if<bool>(&cell)) {
      if (bits % 8 == 0) values += '\0';
      values.back() = static_cast<char>(values.back() | (*boolean ? 1 : 0) << bits % 8);
      ++bits;
    }
  }
  return values;
}

/// Smallest and largest value in the order of the format: numbers as numbers, octets as octets.
struct Facts {
  std::int64_t nulls = 0;
  std::optional<std::string> min, max;
};

Facts FactsOf(const Table& table, std::size_t column) {
  Facts facts;
  const Value* min = nullptr;
  const Value* max = nullptr;
  bool ordered = true;
  for (const auto& row : table.rows) {
    const Value& cell = row[column];
    if (IsNull(cell)) {
      ++facts.nulls;
      continue;
    }
    if (const auto* number = std::get_if<double>(&cell)) ordered = ordered && !std::isnan(*number);
    if (min == nullptr || cell < *min) min = &cell;
    if (max == nullptr || *max < cell) max = &cell;
  }
  if (!ordered || min == nullptr) return facts;
  if (std::holds_alternative<std::int64_t>(*min)) {
    facts.min = Octets(std::get<std::int64_t>(*min));
    facts.max = Octets(std::get<std::int64_t>(*max));
  } else if (std::holds_alternative<double>(*min)) {  // the two zeros are equal: the bounds take in both
    facts.min = Octets(std::get<double>(*min) == 0 ? -0.0 : std::get<double>(*min));
    facts.max = Octets(std::get<double>(*max) == 0 ? 0.0 : std::get<double>(*max));
  } else if (std::holds_alternative<bool>(*min)) {
    facts.min = std::string(1, std::get<bool>(*min) ? '\1' : '\0');
    facts.max = std::string(1, std::get<bool>(*max) ? '\1' : '\0');
  } else if (std::get<std::string>(*min).size() <= kLongestBound && std::get<std::string>(*max).size() <= kLongestBound) {
    facts.min = std::get<std::string>(*min);  // char_traits compares octets without sign, as the format does
    facts.max = std::get<std::string>(*max);
  }
  return facts;
}

/// A column's one page, with its header.
std::string PageOf(const Table& table, std::size_t column) {
  const std::string body = DefinitionLevels(table, column) + PlainValues(table, column);
  ThriftWriter header;
  header.BeginStruct();
  header.Int32(1, kDataPage);
  header.Int32(2, static_cast<std::int32_t>(body.size()));
  header.Int32(3, static_cast<std::int32_t>(body.size()));
  header.BeginStruct(5);
  header.Int32(1, static_cast<std::int32_t>(table.rows.size()));
  header.Int32(2, kPlain);
  header.Int32(3, kRunLength);
  header.Int32(4, kRunLength);
  header.EndStruct();
  header.EndStruct();
  return header.octets() + body;
}

void WriteSchema(const Table& table, const ParquetWriteOptions& options, ThriftWriter& footer) {
  footer.BeginStructs(2, table.columns.size() + 1);
  footer.BeginStruct();
  footer.Binary(4, "schema");
  footer.Int32(5, static_cast<std::int32_t>(table.columns.size()));
  footer.EndStruct();
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const std::string& type = table.columns[i].type;
    footer.BeginStruct();
    footer.Int32(1, PhysicalTypeOf(type));
    footer.Int32(3, kOptional);
    footer.Binary(4, table.columns[i].name);
    if (type == "VARCHAR") footer.Int32(6, kUtf8);
    if (type == "BIGINT") footer.Int32(6, kSignedInt64);
    if (!options.field_ids.empty()) footer.Int32(9, options.field_ids[i]);
    if (type == "VARCHAR") {  // the logical type: STRING, which has no members
      footer.BeginStruct(10);
      footer.BeginStruct(1);
      footer.EndStruct();
      footer.EndStruct();
    }
    footer.EndStruct();
  }
}

/// Where a column's page lies.
struct Place {
  std::size_t offset = 0;
  std::size_t size = 0;
};

void WriteColumn(const Table& table, std::size_t column, const Place& place, ThriftWriter& footer) {
  const Facts facts = FactsOf(table, column);
  footer.BeginStruct();
  footer.Int64(2, 0);  // of metadata outside of the footer: there are none
  footer.BeginStruct(3);
  footer.Int32(1, PhysicalTypeOf(table.columns[column].type));
  footer.BeginInts(2, 2);
  footer.IntElement(kPlain);
  footer.IntElement(kRunLength);
  footer.BeginTexts(3, 1);
  footer.TextElement(table.columns[column].name);
  footer.Int32(4, kUncompressed);
  footer.Int64(5, static_cast<std::int64_t>(table.rows.size()));
  footer.Int64(6, static_cast<std::int64_t>(place.size));
  footer.Int64(7, static_cast<std::int64_t>(place.size));
  footer.Int64(9, static_cast<std::int64_t>(place.offset));
  footer.BeginStruct(12);
  footer.Int64(3, facts.nulls);
  if (facts.max) footer.Binary(5, *facts.max);
  if (facts.min) footer.Binary(6, *facts.min);
  footer.EndStruct();
  footer.EndStruct();
  footer.EndStruct();
}

void WriteRowGroups(const Table& table, const std::vector<Place>& places, ThriftWriter& footer) {
  footer.BeginStructs(4, places.empty() ? 0 : 1);
  if (places.empty()) return;
  std::size_t size = 0;
  for (const Place& place : places) size += place.size;
  footer.BeginStruct();
  footer.BeginStructs(1, places.size());
  for (std::size_t i = 0; i < places.size(); ++i) WriteColumn(table, i, places[i], footer);
  footer.Int64(2, static_cast<std::int64_t>(size));
  footer.Int64(3, static_cast<std::int64_t>(table.rows.size()));
  footer.EndStruct();
}

std::string FooterOf(const Table& table, const ParquetWriteOptions& options, const std::vector<Place>& places) {
  ThriftWriter footer;
  footer.BeginStruct();
  footer.Int32(1, 1);
  WriteSchema(table, options, footer);
  footer.Int64(3, static_cast<std::int64_t>(table.rows.size()));
  WriteRowGroups(table, places, footer);
  if (!options.metadata.empty()) {
    footer.BeginStructs(5, options.metadata.size());
    for (const auto& [key, value] : options.metadata) {
      footer.BeginStruct();
      footer.Binary(1, key);
      footer.Binary(2, value);
      footer.EndStruct();
    }
  }
  footer.Binary(6, kCreatedBy);
  footer.BeginStructs(7, table.columns.size());
  for (std::size_t i = 0; i < table.columns.size(); ++i) {  // bounds compare as the type says
    footer.BeginStruct();
    footer.BeginStruct(1);
    footer.EndStruct();
    footer.EndStruct();
  }
  footer.EndStruct();
  return footer.octets();
}

}  // namespace

bool IsPlainParquetSize(const Table& table) {
  std::size_t bytes = 0;
  for (const auto& row : table.rows) {
    for (const Value& cell : row) bytes += CellBytes(cell);
    if (bytes > kPlainParquetBytes) return false;
  }
  return true;
}

std::string PlainParquet(const Table& table, const ParquetWriteOptions& options) {
  std::string file(kMagic);
  std::vector<Place> places;
  for (std::size_t i = 0; i < table.columns.size() && !table.rows.empty(); ++i) {
    const std::string page = PageOf(table, i);
    places.push_back({file.size(), page.size()});
    file += page;
  }
  const std::string footer = FooterOf(table, options, places);
  file += footer;
  file += Octets(static_cast<std::uint32_t>(footer.size()));
  file += kMagic;
  return file;
}

}  // namespace lakehouse::engine
