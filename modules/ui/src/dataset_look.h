#pragma once
#include <string>

#include "dataset_url.h"
#include "shell.h"

namespace lakehouse::ui {

/// One look at one dataset.
struct Look {
  House& house;
  const Context& context;
  const net::HttpRequest& request;
  const catalog::Dataset& dataset;  ///< its head is the version looked at
  const DatasetUrl& url;
  std::int64_t now = 0;

  const catalog::Schema& schema() const { return dataset.head.schema; }
  std::string state() const { return dataset.name + "@" + std::to_string(dataset.head.sequence); }
  std::string table() const { return TableAt(dataset.name, dataset.head.version); }
};

/// Its files, largest share first in sight, and where its rows came from: dataset_pictures.cc.
Status ShowFiles(const Look& look, View& view);
Status ShowLineage(const Look& look, View& view);
/// What it says about files with other columns and expects of rows: rules_pane.cc.
Status ShowRules(const Look& look, View& view);

}  // namespace lakehouse::ui
