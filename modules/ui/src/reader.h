#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/query/query.h"
#include "viewer.h"

namespace lakehouse::ui {

/// One value as text; no text: null.
struct Cell {
  std::string text;
  bool is_null = false;
};
using Row = std::vector<Cell>;

/// A small result, decoded.
struct Table {
  std::vector<query::ResultColumn> columns;
  std::vector<Row> rows;
  std::int64_t sequence = 0;
  std::string truncated;
  double ms = 0;  ///< it took
  std::size_t bytes = 0;
};

/// How the pages' own statements begin, so that the list of recent queries tells them from those of people.
inline constexpr std::string_view kPageMark = "/* page */ ";

/// The rows of a text of kJsonRows, "[1,"a"],[2,null]".
Result<std::vector<Row>> DecodeRows(std::string_view json_rows);

/// Runs the pages' own statements and remembers the answers of those that read one version: a snapshot never changes.
/// Thread-safe.
class Reader {
 public:
  Reader(query::Query& query, const Clock& clock, std::uint64_t cache_bytes, SightOf sight_of = {})
      : query_(query), clock_(clock), cache_bytes_(cache_bytes), sight_of_(std::move(sight_of)) {}

  /// `state` names what the statement reads ("workers@17"); the same principal under the same profile gets the same table again for the
  /// same state and statement.
  Result<std::shared_ptr<const Table>> Read(const Context& context, const std::string& state, const std::string& sql);
  /// Nothing when it would have to be run.
  std::shared_ptr<const Table> Find(const Context& context, const std::string& state, const std::string& sql);

 private:
  struct Kept {
    std::shared_ptr<const Table> table;
    std::list<std::string>::iterator place;
  };
  struct State {
    std::map<std::string, Kept> tables;
    std::list<std::string> by_use;  ///< newest first
    std::uint64_t bytes = 0;
  };
  Result<std::string> KeyOf(const Context& context, const std::string& state, const std::string& sql) const;
  std::shared_ptr<const Table> FindKept(const std::string& key);
  void Keep(const std::string& key, const std::shared_ptr<const Table>& table);

  query::Query& query_;
  const Clock& clock_;
  const std::uint64_t cache_bytes_;
  const SightOf sight_of_;
  Guarded<State> state_;
};

}  // namespace lakehouse::ui
