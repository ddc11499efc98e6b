#pragma once
#include <string>

#include "lakehouse/catalog/catalog.h"
#include "view.h"

/// What the catalog says of a dataset, put into words.
namespace lakehouse::ui {

std::int64_t PersonalColumns(const catalog::Dataset& dataset);
std::string OwnerOf(const catalog::Dataset& dataset);
/// Its head took the place of another one minutes ago.
bool IsJustSwapped(const catalog::Dataset& dataset, std::int64_t now_micros);
/// Name, rows, size, freshness, owner, snapshots, badges: a line of a list, or the head of the page.
void ShowDataset(View& view, const catalog::Dataset& dataset, std::int64_t now_micros);
/// A snapshot as a line of the history.
void ShowSnapshot(View& view, const catalog::Snapshot& snapshot, std::int64_t now_micros);
/// Makes an old version the head. kInvalidArgument when `version` is no number.
Result<catalog::CommitResponse> RestoreVersion(catalog::Catalog& catalog, const Context& context, const std::string& dataset,
                                               const std::string& version);

}  // namespace lakehouse::ui
