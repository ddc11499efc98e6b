#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/query/paged_routes.h"

namespace lakehouse::query {

/// Where rows end in a text of kJsonRows that comes in pieces.
class RowScanner {
 public:
  /// Appends the offset behind each row that ends in this piece, counted from the beginning of the text.
  void Scan(std::string_view piece, std::vector<std::uint64_t>& ends);

 private:
  std::uint64_t offset_ = 0;
  int depth_ = 0;
  bool in_text_ = false;
  bool escaped_ = false;
};

/// Results that callers page through. A result belongs to the principal that asked, at what it could see then. Thread-safe.
class PagedResults {
 public:
  struct Kept {
    QueryHeader header;
    QuerySummary summary;
    std::string principal;
    std::string sight;
    UniqueFd file;                    ///< the rows as kJsonRows
    std::vector<std::uint64_t> ends;  ///< behind each row
    /// Rows from `first` on, with commas between.
    Result<std::string> Rows(std::int64_t first, std::int64_t count) const;
  };
  PagedResults(Query& query, PagedOptions options, const Clock& clock) : query_(query), options_(std::move(options)), clock_(clock) {}

  /// Errors of Query::Run; kUnavailable: the disk.
  Result<std::shared_ptr<const Kept>> Run(const Context& context, const QueryRequest& request);
  /// kNotFound, reason "result_gone": it was dropped, is another principal's, or was made under another profile.
  Result<std::shared_ptr<const Kept>> Find(const Context& context, std::string_view id);

 private:
  struct Entry {
    std::shared_ptr<const Kept> kept;
    std::int64_t used_micros = 0;
  };
  Result<std::string> SightOf(const Context& context) const;
  void Keep(std::shared_ptr<const Kept> kept);

  Query& query_;
  const PagedOptions options_;
  const Clock& clock_;
  std::mutex mutex_;
  std::list<Entry> entries_;  ///< most recently used first; guarded by mutex_
};

}  // namespace lakehouse::query
