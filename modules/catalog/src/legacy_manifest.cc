#include "legacy_manifest.h"

#include "lakehouse/base/clock.h"
#include "lakehouse/base/json_view.h"

namespace lakehouse::catalog {
namespace {

Error BadField(std::string_view field, std::string_view expected) {
  return Error(ErrorCode::kInvalidArgument, std::string(field) + ": expected " + std::string(expected));
}

Result<std::string> TextField(const JsonView& object, std::string_view field) {
  const auto value = object.Find(field);
  if (!value || value->is_null()) return std::string();
  const auto text = value->AsString();
  if (!text) return BadField(field, "a string");
  return std::string(*text);
}

Result<std::int64_t> NumberField(const JsonView& object, std::string_view field) {
  const auto value = object.Find(field);
  if (!value || value->is_null()) return std::int64_t{0};
  const auto number = value->AsInteger();
  if (!number || *number < 0) return BadField(field, "an integer that is not negative");
  return *number;
}

Status ReadColumns(const JsonView& root, Schema& schema) {
  const auto columns = root.Find("columns");
  if (!columns || columns->is_null()) return Ok{};
  if (!columns->is_array()) return BadField("columns", "an array");
  return columns->ForEachElement([&](JsonView element) -> Status {
    Column column;
    column.name = LH_TRY(TextField(element, "name"));
    column.type = LH_TRY(TextField(element, "type"));
    schema.columns.push_back(std::move(column));
    return Ok{};
  });
}

Status ReadObjects(const JsonView& root, std::vector<DataFile>& files) {
  const auto objects = root.Find("objects");
  if (!objects || objects->is_null()) return Ok{};
  if (!objects->is_array()) return BadField("objects", "an array");
  return objects->ForEachElement([&](JsonView element) -> Status {
    DataFile file;
    file.key = LH_TRY(TextField(element, "key"));
    if (file.key.empty()) return BadField("objects.key", "the name of an object");
    file.rows = LH_TRY(NumberField(element, "row_count"));
    LH_TRY(NumberField(element, "size"));  // the store knows better, but nonsense is refused
    files.push_back(std::move(file));
    return Ok{};
  });
}

}  // namespace

LegacyManifest LegacyManifestOf(const Dataset& dataset, const std::vector<DataFile>& files) {
  LegacyManifest manifest{.dataset_id = dataset.id,
                          .name = dataset.name,
                          .schema_fingerprint = dataset.head.schema.fingerprint,
                          .objects = {},
                          .row_count = dataset.head.rows,
                          .created_at = FormatTime(dataset.created_micros),
                          .updated_at = FormatTime(dataset.head.time_micros),
                          .version = dataset.head.version,
                          .columns = {}};
  for (const DataFile& file : files) manifest.objects.push_back({file.key, file.size_bytes});
  for (const Column& column : dataset.head.schema.columns) manifest.columns.push_back({column.name, column.type});
  return manifest;
}

Result<RegisterRequest> ReadLegacyRegister(std::string_view body) {
  const JsonDocument document = LH_TRY(JsonDocument::Parse(body));
  const JsonView root = document.root();
  if (!root.is_object()) return Error(ErrorCode::kInvalidArgument, "expected an object with name, schema_fingerprint and objects");
  RegisterRequest request;
  request.name = LH_TRY(TextField(root, "name"));
  request.schema.fingerprint = LH_TRY(TextField(root, "schema_fingerprint"));
  LH_TRY(ReadColumns(root, request.schema));
  LH_TRY(ReadObjects(root, request.files));
  // The predecessor counts rows once for all objects.
  if (const std::int64_t rows = LH_TRY(NumberField(root, "row_count")); rows > 0 && !request.files.empty() && request.files[0].rows == 0)
    request.files[0].rows = rows;
  return request;
}

}  // namespace lakehouse::catalog
