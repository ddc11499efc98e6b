#pragma once
#include <memory>

#include "lakehouse/base/file.h"
#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/engine/parquet_table.h"

namespace lakehouse::app {

/// The Parquet tables of the catalog, read with a scratch directory that goes with it.
struct CatalogTools {
  TemporaryDirectory scratch;
  std::unique_ptr<engine::ParquetTables> tables;
  std::unique_ptr<catalog::TableCodec> codec;

  static Result<CatalogTools> Open() {
    auto scratch = LH_TRY(TemporaryDirectory::Create("/tmp", "lakehouse-"));
    auto tables = LH_TRY(engine::ParquetTables::Open({.scratch = scratch.path()}));
    auto codec = catalog::MakeParquetTableCodec(*tables);
    return CatalogTools{std::move(scratch), std::move(tables), std::move(codec)};
  }
};

}  // namespace lakehouse::app
