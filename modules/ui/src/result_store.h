#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/query/query.h"
#include "viewer.h"

namespace lakehouse::ui {

/// A result that is being paged through: its rows as the worker wrote them, and where every hundredth begins.
struct KeptResult {
  std::vector<query::ResultColumn> columns;
  std::string rows;                ///< [1,"a"],[2,null]…
  std::vector<std::size_t> pages;  ///< where the row n * kPageRows begins
  std::int64_t row_count = 0;
  std::int64_t sequence = 0;
  bool cut = false;  ///< there would have been more
  double ms = 0;
  std::string query_id;

  static constexpr std::int64_t kPageRows = 100;
  /// The rows of one page, counted from 0, as kJsonRows.
  std::string_view Page(std::int64_t number) const;
};

/// Runs a caller's statement once and keeps its rows for a while, so that the next page and the chart cost nothing. What was
/// dropped is run again, at the same state of the lake. Thread-safe.
class ResultStore {
 public:
  struct Options {
    std::int64_t max_rows = 200'000;    ///< of one result; more come by download
    std::size_t max_bytes = 24u << 20;  ///< of one result
    std::uint64_t total_bytes = 64ull << 20;
  };
  ResultStore(query::Query& query, const Clock& clock, Options options, SightOf sight_of = {})
      : query_(query), clock_(clock), options_(options), sight_of_(std::move(sight_of)) {}

  /// `sequence`: the state to read; 0: the head, always run anew. What is kept is for the same principal under the same profile. Errors
  /// of Query::Run.
  Result<std::shared_ptr<const KeptResult>> Run(const Context& context, const std::string& sql, std::int64_t sequence);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const KeptResult> result;
  };
  Result<std::shared_ptr<KeptResult>> RunNow(const Context& context, const std::string& sql, std::int64_t sequence);

  query::Query& query_;
  const Clock& clock_;
  const Options options_;
  const SightOf sight_of_;
  Guarded<std::list<Entry>> entries_;  ///< newest first
};

}  // namespace lakehouse::ui
