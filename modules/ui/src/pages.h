#pragma once
#include <string>
#include <vector>

#include "metrics_history.h"
#include "result_store.h"
#include "shell.h"

/// The pages, one function per room of the UI: the routes under which it stands. `house` and the like must outlive them.
namespace lakehouse::ui {

std::vector<net::Route> AssetRoutes(House& house);
std::vector<net::Route> LoginRoutes(House& house);
std::vector<net::Route> AskPageRoutes(House& house);  ///< without a matrix: the first page is Explore
std::vector<net::Route> ExploreRoutes(House& house);
std::vector<net::Route> SqlRoutes(House& house, ResultStore& results);
std::vector<net::Route> SystemRoutes(House& house, MetricsHistory& history);
std::vector<net::Route> VectorPageRoutes(House& house);  ///< none without vectors
std::vector<net::Route> DocsRoutes(House& house, const std::string& openapi);

std::vector<net::Route> DocumentRoutes(House& house);      ///< the reader of a dataset's documents (part of ExploreRoutes)
std::vector<net::Route> RulesPageRoutes(House& house);     ///< the form on a dataset's page
std::vector<net::Route> SchedulePageRoutes(House& house);  ///< sources that are read by themselves, for administrators

/// The page of one dataset (part of ExploreRoutes).
net::HttpResponse DatasetPage(House& house, const Context& context, net::HttpRequest& request);
/// Where a page asks whether a dataset (of this name; empty: any) got another head since it was made.
void ShowSwapsAsk(View& view, std::int64_t since, std::int64_t seen, const std::string& name);
/// A column's value as it stands in a grid cell.
void ShowCell(View& row, const Cell& cell, const std::string& column, const std::string& type);
/// Type as a person reads it: "text", "int64".
std::string TypeWords(const std::string& type);

using PageHandler = std::function<net::HttpResponse(House&, const Context&, net::HttpRequest&)>;
net::Route PageRoute(House& house, std::string method, std::string pattern, PageHandler handler);

}  // namespace lakehouse::ui
