#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/catalog/types.h"

/// The files of one snapshot as a table, with the names Iceberg gives to the fields of a data file.
/// docs/formats/manifest.md describes it.
namespace lakehouse::catalog {

using FileList = std::vector<DataFile>;
using FileListRef = std::shared_ptr<const FileList>;

Result<std::string> EncodeManifest(const Context& context, TableCodec& codec, const FileList& files);
/// kCorruption: no manifest. Length and digest were checked before.
Result<FileList> DecodeManifest(const Context& context, TableCodec& codec, std::string_view octets);

/// Totals as the record holds them.
struct FileTotals {
  std::int64_t rows = 0;  ///< of data files, minus position deletes
  std::int64_t size_bytes = 0;
  std::int64_t file_count = 0;
};
FileTotals TotalsOf(const FileList& files);

}  // namespace lakehouse::catalog
