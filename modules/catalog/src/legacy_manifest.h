#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/codec.h"
#include "lakehouse/catalog/types.h"

/// The predecessor's JSON: a dataset as a "manifest", and the body of its register call.
namespace lakehouse::catalog {

struct LegacyObject {
  std::string key;
  std::int64_t size = 0;
};
struct LegacyColumn {
  std::string name;
  std::string type;
};
/// version and columns are ours.
struct LegacyManifest {
  std::string dataset_id;
  std::string name;
  std::string schema_fingerprint;
  std::vector<LegacyObject> objects;
  std::int64_t row_count = 0;
  std::string created_at;
  std::string updated_at;
  std::int64_t version = 0;
  std::vector<LegacyColumn> columns;
};
BOOST_DESCRIBE_STRUCT(LegacyObject, (), (key, size))
BOOST_DESCRIBE_STRUCT(LegacyColumn, (), (name, type))
BOOST_DESCRIBE_STRUCT(LegacyManifest, (),
                      (dataset_id, name, schema_fingerprint, objects, row_count, created_at, updated_at, version, columns))

LegacyManifest LegacyManifestOf(const Dataset& dataset, const std::vector<DataFile>& files);

/// {"name","schema_fingerprint","objects":[{"key","size"}],"row_count"}, also with "columns":[{"name","type"}] instead of a bare
/// fingerprint. Fields it does not know are ignored, as the predecessor did. kInvalidArgument names the field.
Result<RegisterRequest> ReadLegacyRegister(std::string_view body);

}  // namespace lakehouse::catalog
