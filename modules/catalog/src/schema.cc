#include "lakehouse/catalog/schema.h"

#include <algorithm>
#include <map>
#include <set>

#include "catalog_wire.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/dataset_name.h"
#include "type_text.h"

namespace lakehouse::catalog {
namespace {

constexpr std::size_t kMaxColumns = 10'000;
constexpr std::size_t kMaxFingerprintBytes = 256;

Error BadSchema(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)).Named("invalid_schema"); }

const Column* FindColumn(const Schema& schema, std::string_view name) {
  const auto found = std::find_if(schema.columns.begin(), schema.columns.end(), [&](const Column& column) { return column.name == name; });
  return found == schema.columns.end() ? nullptr : &*found;
}

/// Pairs each missing column with the first added one of its type, and puts "renamed" in their place.
void GuessRenames(std::vector<SchemaDifference>& differences) {
  for (std::size_t i = 0; i < differences.size(); ++i) {
    if (differences[i].change != "missing") continue;
    const auto added = std::find_if(differences.begin(), differences.end(), [&](const SchemaDifference& other) {
      return other.change == "added" && other.to_type == differences[i].from_type;
    });
    if (added == differences.end()) continue;
    differences[i].column += " → " + added->column;
    differences[i].change = "renamed";
    differences[i].to_type = added->to_type;
    const auto at = static_cast<std::size_t>(added - differences.begin());
    differences.erase(added);
    if (at < i) --i;
  }
}

std::string Sentence(const SchemaDifference& difference) {
  if (difference.change == "retyped")
    return difference.column + " is " + *difference.from_type + " there and " + *difference.to_type + " here";
  if (difference.change == "renamed") return difference.column + " looks renamed";
  return difference.column + " is " + difference.change;
}

std::string RemedyOf(const SchemaDifference& difference) {
  if (difference.change == "added") return "leave it out (columns), or let the dataset add columns (drift: add)";
  if (difference.change == "missing") return "send it, or have it null (missing=null)";
  if (difference.change == "renamed") return "say where it goes (columns), if it is the same";
  if (difference.change == "moved") return "put the columns in the dataset's order, or say missing=null, which goes by name";
  const bool widens = difference.from_type && difference.to_type && IsWidening(*difference.from_type, *difference.to_type);
  return widens ? "mend the values, have such rows rejected (misfits=reject), or let the dataset widen types (drift: widen)"
                : "mend the values, or have such rows rejected (misfits=reject)";
}

/// As the details of a refusal show it.
struct RefusedDifference {
  std::string column;
  std::string change;
  std::optional<std::string> from_type, to_type, remedy;
  std::optional<std::string> part_of;  ///< the nested column that it is a member of, by its path: "worker.address.city"
};
BOOST_DESCRIBE_STRUCT(RefusedDifference, (), (column, change, from_type, to_type, remedy, part_of))

std::string RemedyOfMember(const SchemaDifference& difference) {
  const std::string anew = "put the file in the dataset's place with its own columns (mode=replace, schema=replace)";
  if (difference.change == "added") return "leave the member out, or " + anew + ": drift policies are about whole columns";
  if (difference.change == "missing") return "send the member, null where it has no value, or " + anew;
  if (difference.change == "renamed") return "give the member its old name, or " + anew;
  return "mend the values, or " + anew;
}

/// Place of a number type among those that hold each other; 0: none.
int IntegerRank(std::string_view type) {
  constexpr std::string_view kIntegers[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"};
  const auto* const found = std::find(std::begin(kIntegers), std::end(kIntegers), type);
  return found == std::end(kIntegers) ? 0 : static_cast<int>(found - std::begin(kIntegers)) + 1;
}

}  // namespace

bool IsWidening(std::string_view from, std::string_view to) {
  const int rank = IntegerRank(from);
  if (rank > 0 && IntegerRank(to) > rank) return true;
  if (to == "DOUBLE") return rank > 0 || from == "FLOAT";
  if (to == "TIMESTAMP") return from == "DATE";
  if (to != "VARCHAR") return false;
  return rank > 0 || from == "BOOLEAN" || from == "FLOAT" || from == "DOUBLE" || from == "DATE" || from == "TIMESTAMP" || from == "UUID" ||
         from == "TIMESTAMP WITH TIME ZONE" || (from.starts_with("DECIMAL(") && from.ends_with(')'));
}

Result<Schema> EvolveSchema(const std::string& dataset, const Schema& head, const Schema& given, std::int32_t used) {
  if (given.columns.size() < head.columns.size()) return SchemaConflict(dataset, head, given);
  for (const Column& column : head.columns) used = std::max(used, column.field_id);
  Schema evolved{given.columns, {}, true};
  for (std::size_t i = 0; i < evolved.columns.size(); ++i) {
    Column& column = evolved.columns[i];
    if (i >= head.columns.size()) {
      if (column.field_id <= used) column.field_id = used + 1;
      used = column.field_id;
      continue;
    }
    const Column& known = head.columns[i];
    const bool is_same = column.name == known.name && (column.type == known.type || IsWidening(known.type, column.type));
    if (!is_same || (column.field_id != 0 && column.field_id != known.field_id)) return SchemaConflict(dataset, head, given);
    column.field_id = known.field_id;
    if (!column.tag) column.tag = known.tag;
  }
  evolved.fingerprint = FingerprintOf(evolved.columns);
  return evolved;
}

std::string FingerprintOf(const std::vector<Column>& columns) {
  JsonWriter writer;
  writer.Open('[');
  for (const Column& column : columns) {
    writer.Open('[');
    writer.String(column.name);
    writer.String(column.type);
    writer.Close(']');
  }
  writer.Close(']');
  return Sha256Hex(std::move(writer).Take());
}

Status CheckSchema(const Schema& schema) {
  if (schema.columns.empty()) {
    if (schema.fingerprint.empty()) return BadSchema("a schema needs columns, or at least a fingerprint");
    if (schema.fingerprint.size() > kMaxFingerprintBytes) return BadSchema("the fingerprint has more than 256 characters");
    return Ok{};
  }
  if (schema.columns.size() > kMaxColumns)
    return BadSchema("the schema has " + std::to_string(schema.columns.size()) + " columns; 10,000 is the most");
  std::set<std::string> names;
  std::set<std::int32_t> ids;
  for (const Column& column : schema.columns) {
    if (column.name.empty()) return BadSchema("a column has no name");
    if (column.type.empty()) return BadSchema("column \"" + column.name + "\" has no type");
    if (!IsTypeText(column.type))
      return BadSchema("column \"" + column.name + "\" has the type \"" + column.type + "\", which SQL does not know");
    if (!names.insert(FoldName(column.name)).second)
      return BadSchema("two columns are called \"" + column.name + "\" (case does not count)");
    if (column.field_id < 0) return BadSchema("column \"" + column.name + "\" has field id " + std::to_string(column.field_id));
    if (column.field_id > 0 && !ids.insert(column.field_id).second)
      return BadSchema("column \"" + column.name + "\" has the field id of another one: " + std::to_string(column.field_id));
  }
  const std::string fingerprint = FingerprintOf(schema.columns);
  if (!schema.fingerprint.empty() && schema.fingerprint != fingerprint)
    return BadSchema("the fingerprint " + schema.fingerprint + " is not that of the columns, which is " + fingerprint);
  return Ok{};
}

Schema CompleteSchema(Schema schema) {
  if (schema.columns.empty()) return schema;
  std::int32_t last = 0;
  for (const Column& column : schema.columns) last = std::max(last, column.field_id);
  for (Column& column : schema.columns)
    if (column.field_id == 0) column.field_id = ++last;
  schema.fingerprint = FingerprintOf(schema.columns);
  return schema;
}

std::vector<SchemaDifference> CompareSchemas(const Schema& from, const Schema& to) {
  std::vector<SchemaDifference> differences;
  if (from.fingerprint == to.fingerprint) return differences;
  for (const Column& column : from.columns) {
    const Column* other = FindColumn(to, column.name);
    if (other == nullptr)
      differences.push_back({column.name, "missing", column.type, {}});
    else if (other->type != column.type)
      differences.push_back({column.name, "retyped", column.type, other->type});
  }
  for (const Column& column : to.columns)
    if (FindColumn(from, column.name) == nullptr) differences.push_back({column.name, "added", {}, column.type});
  GuessRenames(differences);
  if (!differences.empty()) return differences;
  for (std::size_t i = 0; i < std::min(from.columns.size(), to.columns.size()); ++i)
    if (from.columns[i].name != to.columns[i].name) differences.push_back({to.columns[i].name, "moved", {}, to.columns[i].type});
  return differences;
}

namespace {
Error Conflict(const std::string& dataset, const Schema& head, const Schema& given, bool with_remedies,
               const std::map<std::string, std::string>& members = {}) {
  const std::vector<SchemaDifference> differences = CompareSchemas(head, given);
  std::vector<RefusedDifference> details;
  for (const SchemaDifference& difference : differences) {
    RefusedDifference& shown = details.emplace_back(difference.column, difference.change, difference.from_type, difference.to_type);
    for (const auto& [member, column] : members)
      if (difference.column == member || difference.column.starts_with(member + " → ")) shown.part_of = column;
    if (with_remedies) shown.remedy = shown.part_of ? RemedyOfMember(difference) : RemedyOf(difference);
  }
  std::string message = "dataset \"" + dataset + "\" exists with another schema";
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < std::min(differences.size(), kShown); ++i) message += (i == 0 ? ": " : "; ") + Sentence(differences[i]);
  if (differences.size() > kShown) message += "; and " + std::to_string(differences.size() - kShown) + " more";
  if (differences.empty()) message += ": its fingerprint is " + head.fingerprint + ", the given one is " + given.fingerprint;
  message += ". Mend the input, choose another name, or drop the dataset first";
  message += with_remedies ? "; the details say what can be done about each column." : ".";
  return Error(ErrorCode::kAlreadyExists, std::move(message)).Named("schema_conflict").WithDetails(EncodeJson(details));
}
}  // namespace

Error SchemaConflict(const std::string& dataset, const Schema& head, const Schema& given) { return Conflict(dataset, head, given, false); }

Error SchemaConflictOfFile(const std::string& dataset, const Schema& head, const Schema& given,
                           const std::map<std::string, std::string>& members) {
  return Conflict(dataset, head, given, true, members);
}

Status CheckFieldIds(const std::string& dataset, const Schema& head, const Schema& given) {
  for (const Column& column : given.columns) {
    const Column* known = FindColumn(head, column.name);
    if (known == nullptr || column.field_id == 0 || known->field_id == column.field_id) continue;
    return Error(ErrorCode::kInvalidArgument, "column \"" + column.name + "\" of dataset \"" + dataset + "\" has field id " +
                                                  std::to_string(known->field_id) + ", the files were written with " +
                                                  std::to_string(column.field_id) + "; load the schema and write them anew")
        .Named("field_id_mismatch");
  }
  return Ok{};
}

std::optional<Schema> WithNewTags(const Schema& head, const Schema& given) {
  Schema tagged = head;
  bool changed = false;
  for (Column& column : tagged.columns) {
    if (column.tag) continue;
    const Column* other = FindColumn(given, column.name);
    if (other == nullptr || !other->tag) continue;
    column.tag = other->tag;
    changed = true;
  }
  if (!changed) return std::nullopt;
  return tagged;
}

}  // namespace lakehouse::catalog
