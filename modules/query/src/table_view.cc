#include "lakehouse/query/table_view.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/engine/session.h"

namespace lakehouse::query {
namespace {

using catalog::DataFile;
using catalog::FileContent;

constexpr std::string_view kRowNumber = "file_row_number";

// What Parquet gives back as it was. Other types are cast; a cast keeps filters from reaching the scan, so this matters.
constexpr std::string_view kParquetTypes[] = {
    "BOOLEAN",
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "FLOAT",
    "DOUBLE",
    "VARCHAR",
    "BLOB",
    "UUID",
    "JSON",
    "DATE",
    "TIME",
    "TIMESTAMP",
    "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_NS",
    "INTERVAL",
};

bool IsParquetType(std::string_view type) {
  return type.starts_with("DECIMAL(") && type.ends_with(')') ? type.find('[') == std::string_view::npos
                                                             : std::ranges::find(kParquetTypes, type) != std::end(kParquetTypes);
}

std::string ColumnList(const catalog::Schema& schema) {
  std::string list;
  for (const catalog::Column& column : schema.columns) {
    if (!list.empty()) list += ", ";
    const std::string name = QuoteName(column.name);
    list += IsParquetType(column.type) ? name : "CAST(" + name + " AS " + column.type + ") AS " + name;
  }
  return list;
}

/// A typed nothing: what the files of an evolved schema are united with, so that each has every column in at least its type.
std::string TypedNothing(const catalog::Schema& schema, std::string_view more = "") {
  std::string list;
  for (const catalog::Column& column : schema.columns)
    list += (list.empty() ? "" : ", ") + ("CAST(NULL AS " + column.type + ") AS " + QuoteName(column.name));
  return "SELECT " + list + std::string(more) + " WHERE false";
}

class ViewText {
 public:
  ViewText(const catalog::ResolvedTable& table, const FileNames& names)
      : table_(table),
        names_(names),
        columns_(ColumnList(table.snapshot.schema)),
        is_evolved_(table.snapshot.schema.evolved.value_or(false)) {
    for (const catalog::Column& column : table.snapshot.schema.columns)
      row_number_is_column_ |= catalog::FoldName(column.name) == kRowNumber;
  }

  std::string Select() const {
    std::vector<const DataFile*> deletes;
    for (const DataFile& file : table_.files)
      if (file.content == FileContent::kPositionDeletes) deletes.push_back(&file);

    // Neighbours without deletes are read together; the order of the files stays.
    std::vector<std::string> parts;
    std::string whole;
    const auto close = [&] {
      if (!whole.empty()) parts.push_back("SELECT " + columns_ + " FROM " + Scan(whole));
      whole.clear();
    };
    for (const DataFile& file : table_.files) {
      if (file.content != FileContent::kData) continue;
      std::string touching;
      for (const DataFile* candidate : deletes)
        if (MayTouch(*candidate, file.key)) touching += (touching.empty() ? "" : ", ") + Name(candidate->key);
      if (touching.empty()) {
        whole += (whole.empty() ? "" : ", ") + Name(file.key);
      } else {
        close();
        parts.push_back(Remaining(file.key, touching));
      }
    }
    close();
    if (parts.empty()) return TypedNothing(table_.snapshot.schema);
    std::string text = parts.front();
    for (std::size_t i = 1; i < parts.size(); ++i) text += " UNION ALL " + parts[i];
    return text;
  }

 private:
  std::string Name(const std::string& key) const {
    const auto name = names_.find(key);
    assert(name != names_.end());
    return QuoteText(name->second);
  }

  /// Files as they are, or, when some may be older than the schema, brought together by name. Types are made the schema's in either case.
  std::string Scan(const std::string& files) const {
    if (!is_evolved_) return "read_parquet([" + files + "])";
    return "(" + TypedNothing(table_.snapshot.schema) + " UNION ALL BY NAME SELECT * FROM read_parquet([" + files +
           "], union_by_name=true))";
  }

  /// Rows of one file whose numbers are not among the deleted. An anti join on one integer: plans as a hash join whose build side
  /// is the deletes of this file alone.
  std::string Remaining(const std::string& key, const std::string& deletes) const {
    return "SELECT " + columns_ + " FROM " + Numbered(key) + " d ANTI JOIN (SELECT pos AS deleted_row FROM read_parquet([" + deletes +
           "]) WHERE file_path = " + QuoteText(key) + ") x ON d." + std::string(row_number_is_column_ ? "\"row number\"" : kRowNumber) +
           " = x.deleted_row";
  }

  std::string Numbered(const std::string& key) const {
    const std::string scan = "read_parquet([" + Name(key) + "])";
    if (!is_evolved_ && !row_number_is_column_) return scan;
    // When the name of the virtual column is taken by one of the dataset's own: count, in the order of the file.
    const std::string number = row_number_is_column_ ? "row_number() OVER () - 1 AS \"row number\"" : std::string(kRowNumber);
    const std::string rows = "SELECT *, " + number + " FROM " + scan;
    if (!is_evolved_) return "(" + rows + ")";
    const std::string nothing = TypedNothing(table_.snapshot.schema, row_number_is_column_ ? ", CAST(NULL AS BIGINT) AS \"row number\""
                                                                                           : ", CAST(NULL AS BIGINT) AS file_row_number");
    return "(" + nothing + " UNION ALL BY NAME " + rows + ")";
  }

  const catalog::ResolvedTable& table_;
  const FileNames& names_;
  const std::string columns_;
  const bool is_evolved_;
  bool row_number_is_column_ = false;
};

}  // namespace

bool MayTouch(const DataFile& deletes, const std::string& data_key) {
  for (const catalog::ColumnStatistics& facts : deletes.statistics) {
    if (facts.field_id != kDeleteFilePathFieldId) continue;
    if (facts.lower && data_key < *facts.lower) return false;
    if (facts.upper && data_key > *facts.upper) return false;
  }
  return true;
}

std::string TableSelect(const catalog::ResolvedTable& table, const FileNames& names) { return ViewText(table, names).Select(); }

std::string CreateTableView(std::string_view view, const catalog::ResolvedTable& table, const FileNames& names) {
  return "CREATE TEMP VIEW " + QuoteName(view) + " AS " + TableSelect(table, names) + ";\n";
}

}  // namespace lakehouse::query
