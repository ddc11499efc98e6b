#include "lakehouse/net/router.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <tuple>

#include "lakehouse/base/edit_distance.h"
#include "lakehouse/base/json_writer.h"
#include "uri.h"

namespace lakehouse::net {
namespace {

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> segments;
  for (std::size_t start = 1; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    segments.push_back(path.substr(start, end - start));
    start = end + 1;
  }
  return segments;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}') && segment.size() > 2; }
bool IsRest(std::string_view segment) { return IsParameter(segment) && segment.ends_with("...}") && segment.size() > 5; }
bool IsWellFormed(std::string_view pattern) {
  if (!pattern.starts_with('/')) return false;
  const auto segments = SplitPath(pattern);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string_view segment = segments[i];
    const bool is_last = i + 1 == segments.size();
    if (segment.empty() && segments.size() > 1) return false;
    if (IsRest(segment) && !is_last) return false;
    if (IsParameter(segment) ? !names.insert(segment).second : segment.find_first_of("{}%?#") != std::string_view::npos) return false;
  }
  return true;
}

/// A parameter is near to anything, so it counts little.
std::size_t PatternDistance(std::string_view path, std::string_view pattern) {
  const auto given = SplitPath(path);
  const auto wanted = SplitPath(pattern);
  std::size_t distance = 0;
  for (std::size_t i = 0; i < std::max(given.size(), wanted.size()); ++i) {
    if (i >= wanted.size())
      distance += wanted.empty() || !IsRest(wanted.back()) ? given[i].size() : 0;
    else if (i >= given.size())
      distance += wanted[i].size();
    else if (!IsParameter(wanted[i]))
      distance += EditDistance(given[i], wanted[i]);
  }
  return distance;
}

}  // namespace

struct RouteTable::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> parameter;
  std::unique_ptr<Node> rest;
  std::map<std::string, std::size_t, std::less<>> by_method;  ///< index in routes_

  Node& Child(std::string_view segment) {
    std::unique_ptr<Node>& child = IsRest(segment) ? rest : IsParameter(segment) ? parameter : literals[std::string(segment)];
    if (child == nullptr) child = std::make_unique<Node>();
    return *child;
  }

  /// The node of the path's end, literals first; null when there is none.
  const Node* Walk(const std::vector<std::string>& segments, std::size_t at) const {
    if (at == segments.size()) return by_method.empty() ? nullptr : this;
    if (const auto literal = literals.find(segments[at]); literal != literals.end())
      if (const Node* found = literal->second->Walk(segments, at + 1)) return found;
    if (parameter != nullptr && !segments[at].empty())
      if (const Node* found = parameter->Walk(segments, at + 1)) return found;
    const bool has_rest = at + 1 < segments.size() || !segments[at].empty();
    return has_rest ? rest.get() : nullptr;
  }
};

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

void RouteTable::Add(Route route) {
  assert(!route.method.empty() && route.handle && IsWellFormed(route.pattern));
  Node* node = root_.get();
  for (const std::string_view segment : SplitPath(route.pattern)) node = &node->Child(segment);
  [[maybe_unused]] const bool is_new = node->by_method.emplace(route.method, routes_.size()).second;
  assert(is_new && "two routes for one operation");
  routes_.push_back(std::move(route));
}

void RouteTable::Mount(std::string_view prefix, std::vector<Route> routes) {
  for (Route& route : routes) {
    route.pattern = std::string(prefix) + route.pattern;
    Add(std::move(route));
  }
}

RouteTable::Match RouteTable::Find(std::string_view method, std::string_view raw_path) const {
  Match match;
  if (!raw_path.starts_with('/')) return match;
  std::vector<std::string> segments;
  for (const std::string_view raw : SplitPath(raw_path)) {
    auto segment = PercentDecode(raw);
    if (!segment) return match;
    segments.push_back(std::move(*segment));
  }
  const Node* node = root_->Walk(segments, 0);
  if (node == nullptr) return match;

  for (const auto& [known, index] : node->by_method) {
    match.allow.append(match.allow.empty() ? "" : ", ").append(known);
    if (known == "GET") match.allow += ", HEAD";
  }
  auto found = node->by_method.find(method);
  if (found == node->by_method.end() && method == "HEAD") found = node->by_method.find(std::string_view("GET"));
  if (found == node->by_method.end()) return match;

  match.index = found->second;
  match.route = &routes_[match.index];
  const auto wanted = SplitPath(match.route->pattern);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (IsRest(wanted[i])) {
      std::string rest = segments[i];
      for (std::size_t j = i + 1; j < segments.size(); ++j) rest += "/" + segments[j];
      match.path_params.emplace(wanted[i].substr(1, wanted[i].size() - 5), std::move(rest));
    } else if (IsParameter(wanted[i])) {
      match.path_params.emplace(wanted[i].substr(1, wanted[i].size() - 2), segments[i]);
    }
  }
  return match;
}

std::vector<std::string> RouteTable::Nearest(std::string_view path, std::size_t count) const {
  constexpr std::size_t kLongestCompared = 200;  // the distance costs the product of the lengths
  if (!path.starts_with('/') || path.size() > kLongestCompared) return {};
  std::set<std::pair<std::size_t, std::string>> ranked;
  for (const Route& route : routes_) ranked.emplace(PatternDistance(path, route.pattern), route.pattern);
  std::vector<std::string> nearest;
  for (const auto& [distance, pattern] : ranked) {
    if (nearest.size() == count || distance > path.size()) break;
    nearest.push_back(pattern);
  }
  return nearest;
}

std::span<const Route> RouteTable::routes() const { return routes_; }

std::string RouteTable::ToJson() const {
  std::vector<const Route*> sorted;
  for (const Route& route : routes_) sorted.push_back(&route);
  std::sort(sorted.begin(), sorted.end(),
            [](const Route* a, const Route* b) { return std::tie(a->pattern, a->method) < std::tie(b->pattern, b->method); });
  JsonWriter json;
  json.Open('[');
  for (const Route* route : sorted) {
    json.Open('{');
    json.Key("method");
    json.String(route->method);
    json.Key("pattern");
    json.String(route->pattern);
    json.Key("service");
    json.String(route->service);
    json.Key("open");
    json.Bool(route->open);
    if (!route->undocumented_because.empty()) {
      json.Key("undocumented_because");
      json.String(route->undocumented_because);
    }
    json.Close('}');
  }
  json.Close(']');
  return std::move(json).Take();
}

}  // namespace lakehouse::net
