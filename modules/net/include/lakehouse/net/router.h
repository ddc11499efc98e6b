#pragma once
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/net/route.h"

namespace lakehouse::net {

/// All routes of one server. Filled by one thread, then read by many. At each segment a literal goes before a {parameter},
/// which goes before a {rest...}; a dead end falls back to the next.
class RouteTable {
 public:
  RouteTable();
  ~RouteTable();
  RouteTable(RouteTable&&) noexcept;
  RouteTable& operator=(RouteTable&&) noexcept;

  /// Asserts that method, pattern and handler are there, the pattern is well formed, and the operation is new.
  void Add(Route route);
  /// Adds each with its pattern behind `prefix` ("/v1", or "" for a bare daemon).
  void Mount(std::string_view prefix, std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;  ///< null: 404, or 405 when `allow` is not empty
    std::size_t index = 0;         ///< of the route in routes()
    std::map<std::string, std::string> path_params;
    std::string allow;  ///< "GET, HEAD, POST": set when the path exists, whatever the method
  };
  /// `raw_path`: as sent, undecoded, without query. HEAD finds GET. Undecodable segments match nothing.
  Match Find(std::string_view method, std::string_view raw_path) const;
  /// For the message of a 404: at most `count` patterns, nearest first.
  std::vector<std::string> Nearest(std::string_view path, std::size_t count = 3) const;
  /// In the order in which they were added.
  std::span<const Route> routes() const;
  /// [{"method","pattern","service","open","undocumented_because"?}], sorted: the surface of this server.
  std::string ToJson() const;

 private:
  struct Node;
  std::vector<Route> routes_;
  std::unique_ptr<Node> root_;
};

}  // namespace lakehouse::net
