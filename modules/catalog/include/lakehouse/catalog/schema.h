#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::catalog {

/// Hex SHA-256 over the canonical JSON text [["name","TYPE"],…] of the columns in order: any language can repeat it.
std::string FingerprintOf(const std::vector<Column>& columns);

/// A schema that a commit may bring: names not empty and different when compared as SQL does, types not empty, field ids not
/// negative and different, and the fingerprint, if given, that of the columns. Without columns it needs a fingerprint.
/// kInvalidArgument names the column.
Status CheckSchema(const Schema& schema);

/// The given schema with fingerprint, and with an id for every column that had none.
Schema CompleteSchema(Schema schema);

/// Column by column, what it takes to come from one schema to the other; empty when their fingerprints are equal. A column
/// that is missing here and one that is added there, of one type, become a guess: change "renamed", `column` "old → new".
std::vector<SchemaDifference> CompareSchemas(const Schema& from, const Schema& to);

/// Whether every value of type `from` is also one of type `to`, as far as types say it; of integers as doubles the caller knows the values.
bool IsWidening(std::string_view from, std::string_view to);

/// The schema of a dataset whose files stay: `given` names the head's columns first, each with its id or none and its type or a wider one,
/// then new ones. New ids are above all of `head` and `used`. kAlreadyExists "schema_conflict" otherwise.
Result<Schema> EvolveSchema(const std::string& dataset, const Schema& head, const Schema& given, std::int32_t used);

/// kAlreadyExists, reason "schema_conflict": what differs, as details, and what to do.
Error SchemaConflict(const std::string& dataset, const Schema& head, const Schema& given);

/// The same of a file that somebody sent: the details also have a remedy for each column, in the words of an upload. `members`: names that
/// are no columns but parts of nested ones, and of which.
Error SchemaConflictOfFile(const std::string& dataset, const Schema& head, const Schema& given,
                           const std::map<std::string, std::string>& members = {});

/// Whether data written under `given` reads correctly as `head`, whose fingerprint is the same: where both name a field id, it
/// is the same one. kInvalidArgument, reason "field_id_mismatch".
Status CheckFieldIds(const std::string& dataset, const Schema& head, const Schema& given);

/// The head with the tags that `given` found and the head lacks; nothing when there are none. Tags are only ever added here.
std::optional<Schema> WithNewTags(const Schema& head, const Schema& given);

}  // namespace lakehouse::catalog
