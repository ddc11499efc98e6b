#include "dataset_url.h"

#include <algorithm>
#include <charconv>

#include "format.h"

namespace lakehouse::ui {
namespace {

Result<std::int64_t> WholeNumber(const std::string& name, const std::string& text, std::int64_t least) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= least) return number;
  return Error(ErrorCode::kInvalidArgument, name + "=" + text + ": expected a whole number from " + std::to_string(least));
}

}  // namespace

Result<DatasetUrl> DatasetUrl::Parse(const net::HttpRequest& request, std::string dataset) {
  DatasetUrl url;
  url.dataset = std::move(dataset);
  // A form to add a filter sends its parts: column, op, value.
  Filter added;
  for (const auto& [key, value] : request.query) {
    if (key == "tab") url.tab = value;
    if (key == "sort") url.sort = value;
    if (key == "facet") url.facet = value;
    if (key == "v") url.version = LH_TRY(WholeNumber(key, value, 1));
    if (key == "page") url.page = LH_TRY(WholeNumber(key, value, 1));
    if (key == "c") url.first_column = LH_TRY(WholeNumber(key, value, 0));
    if (key == "column") added.column = value;
    if (key == "op") added.op = value;
    if (key == "value") added.value = value;
    if (auto filter = LH_TRY(ParseFilter(key, value))) url.filters.push_back(std::move(*filter));
  }
  if (!added.column.empty() && !added.op.empty()) {
    auto filter = LH_TRY(ParseFilter("f." + added.column, added.op + "." + added.value));
    if (filter) url.filters.push_back(std::move(*filter));
  }
  return url;
}

std::string DatasetUrl::ToString() const {
  std::string query;
  const auto add = [&](const std::string& key, const std::string& value) {
    query += (query.empty() ? "?" : "&") + key + "=" + UrlEncode(value);
  };
  if (tab != "sample") add("tab", tab);
  if (version > 0) add("v", std::to_string(version));
  for (const Filter& filter : filters) add("f." + UrlEncode(filter.column), filter.op + "." + filter.value);
  if (!sort.empty()) add("sort", sort);
  if (first_column > 0) add("c", std::to_string(first_column));
  if (!facet.empty()) add("facet", facet);
  if (page > 1) add("page", std::to_string(page));
  return "/explore/" + dataset + query;
}

DatasetUrl DatasetUrl::WithTab(std::string name) const {
  DatasetUrl url = *this;
  url.tab = std::move(name);
  url.page = 1;
  return url;
}
DatasetUrl DatasetUrl::WithVersion(std::int64_t number) const {
  DatasetUrl url = *this;
  url.version = number;
  url.page = 1;
  return url;
}
DatasetUrl DatasetUrl::WithSort(std::string column) const {
  DatasetUrl url = *this;
  url.sort = std::move(column);
  url.page = 1;
  return url;
}
DatasetUrl DatasetUrl::WithPage(std::int64_t number) const {
  DatasetUrl url = *this;
  url.page = number;
  return url;
}
DatasetUrl DatasetUrl::WithFirstColumn(std::int64_t number) const {
  DatasetUrl url = *this;
  url.first_column = number;
  return url;
}
DatasetUrl DatasetUrl::WithFacet(std::string column) const {
  DatasetUrl url = *this;
  url.facet = std::move(column);
  return url;
}
DatasetUrl DatasetUrl::WithFilter(Filter filter) const {
  DatasetUrl url = *this;
  url.tab = "sample";
  url.page = 1;
  std::erase_if(url.filters, [&](const Filter& old) { return old.column == filter.column && old.op == filter.op; });
  url.filters.push_back(std::move(filter));
  return url;
}
DatasetUrl DatasetUrl::WithoutFilter(std::size_t at) const {
  DatasetUrl url = *this;
  url.page = 1;
  url.filters.erase(url.filters.begin() + static_cast<std::ptrdiff_t>(at));
  return url;
}

}  // namespace lakehouse::ui
