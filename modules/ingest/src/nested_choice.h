#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/catalog/types.h"
#include "lakehouse/ingest/ingest.h"

namespace lakehouse::ingest {

/// The attribute of a dataset that says what becomes of objects within rows of JSON: "keep", "flatten"; also a key of a snapshot's summary.
inline constexpr const char* kNestedAttribute = "nested";

bool HasStruct(const std::vector<catalog::Column>& columns);

/// What a dataset does: as it says, else as its columns show; without a dataset flatten.
Nested NestedOf(const std::optional<catalog::Dataset>& head);

/// What a load does that asks for this. kAlreadyExists reason "nested_conflict": the dataset's columns were made by the other choice.
Result<Nested> SettleNested(const std::optional<catalog::Dataset>& head, const std::optional<Nested>& asked, bool new_schema);

/// The columns of a dataset and of a file, for showing how they differ: of nested ones that do, the members that differ stand for them,
/// "worker.address.city"; `members`: the columns that those are of.
struct NestedDifference {
  std::vector<catalog::Column> head, found;
  std::map<std::string, std::string> members;
};
NestedDifference SpreadNested(const std::vector<catalog::Column>& head, const std::vector<catalog::Column>& found);

}  // namespace lakehouse::ingest
