#pragma once
#include <string>
#include <vector>

#include "lakehouse/net/http_message.h"
#include "sql_text.h"

namespace lakehouse::ui {

/// The state of a dataset's page, which is its URL: /explore/workers?tab=sample&v=3&f.city=eq.Gary&sort=-rate&page=2&c=24&facet=city
struct DatasetUrl {
  std::string dataset;
  std::string tab = "sample";
  std::int64_t version = 0;  ///< 0: the head
  std::vector<Filter> filters;
  std::string sort;  ///< column, "-column" for falling; empty: as stored
  std::int64_t page = 1;
  std::int64_t first_column = 0;
  std::string facet;

  static Result<DatasetUrl> Parse(const net::HttpRequest& request, std::string dataset);
  std::string ToString() const;

  DatasetUrl WithTab(std::string name) const;
  DatasetUrl WithVersion(std::int64_t number) const;
  DatasetUrl WithSort(std::string column) const;
  DatasetUrl WithPage(std::int64_t number) const;
  DatasetUrl WithFirstColumn(std::int64_t number) const;
  DatasetUrl WithFacet(std::string column) const;
  DatasetUrl WithFilter(Filter filter) const;
  DatasetUrl WithoutFilter(std::size_t at) const;
};

}  // namespace lakehouse::ui
