#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/engine/parquet_table.h"

namespace lakehouse::catalog {
namespace {

std::vector<engine::Column> EngineColumns(const std::vector<SmallTable::Column>& columns) {
  std::vector<engine::Column> result;
  for (const SmallTable::Column& column : columns) result.push_back({column.name, column.is_integer ? "BIGINT" : "VARCHAR"});
  return result;
}

engine::Value ToEngine(const SmallTable::Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return std::monostate{};
}

SmallTable::Cell FromEngine(engine::Value value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (auto* text = std::get_if<std::string>(&value)) return std::move(*text);
  return std::monostate{};
}

class ParquetTableCodec final : public TableCodec {
 public:
  explicit ParquetTableCodec(engine::ParquetTables& tables) : tables_(tables) {}

  Result<std::string> Encode(const Context& context, const SmallTable& table) override {
    engine::Table wide{EngineColumns(table.columns), {}};
    wide.rows.reserve(table.rows.size());
    for (const auto& row : table.rows) {
      std::vector<engine::Value>& cells = wide.rows.emplace_back();
      cells.reserve(row.size());
      for (const SmallTable::Cell& cell : row) cells.push_back(ToEngine(cell));
    }
    return tables_.Write(context, wide);
  }

  Result<SmallTable> Decode(const Context& context, std::string_view octets, const std::vector<SmallTable::Column>& columns) override {
    engine::Table wide = LH_TRY(tables_.ReadBytes(context, octets, EngineColumns(columns)));
    SmallTable table{columns, {}};
    table.rows.reserve(wide.rows.size());
    for (auto& row : wide.rows) {
      std::vector<SmallTable::Cell>& cells = table.rows.emplace_back();
      cells.reserve(row.size());
      for (engine::Value& value : row) cells.push_back(FromEngine(std::move(value)));
    }
    return table;
  }

  void Rest() override { tables_.Rest(); }

 private:
  engine::ParquetTables& tables_;
};

}  // namespace

std::unique_ptr<TableCodec> MakeParquetTableCodec(engine::ParquetTables& tables) { return std::make_unique<ParquetTableCodec>(tables); }

}  // namespace lakehouse::catalog
