#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

/// The predecessor's JSON: a dataset as a "manifest", and the body of its register call.
namespace lakehouse::catalog {

/// {"dataset_id","name","schema_fingerprint","objects":[{"key","size"}],"row_count","created_at","updated_at"} and, beyond the
/// predecessor, "version" and "columns".
void WriteLegacyManifest(JsonWriter& writer, const Dataset& dataset, const std::vector<DataFile>& files);

/// {"name","schema_fingerprint","objects":[{"key","size"}],"row_count"}, also with "columns":[{"name","type"}] instead of a bare
/// fingerprint. Fields it does not know are ignored, as the predecessor did. kInvalidArgument names the field.
Result<RegisterRequest> ReadLegacyRegister(std::string_view body);

}  // namespace lakehouse::catalog
