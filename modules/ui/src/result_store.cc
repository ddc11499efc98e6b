#include "result_store.h"

namespace lakehouse::ui {
namespace {

/// Finds where rows begin and end in a text that comes in pieces.
class RowFinder {
 public:
  void Take(std::string_view piece, std::size_t base, KeptResult& result) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const char c = piece[i];
      if (in_string_) {
        if (escaped_)
          escaped_ = false;
        else if (c == '\\')
          escaped_ = true;
        else if (c == '"')
          in_string_ = false;
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '[' || c == '{') {
        if (depth_++ == 0 && begun_++ % KeptResult::kPageRows == 0) result.pages.push_back(base + i);
      } else if ((c == ']' || c == '}') && --depth_ == 0) {
        ++result.row_count;
        whole_ = base + i + 1;
      }
    }
  }
  /// Drops a last row of which only a part has come.
  void KeepWholeRows(KeptResult& result) const {
    result.rows.resize(whole_);
    if (begun_ > result.row_count && result.row_count % KeptResult::kPageRows == 0) result.pages.pop_back();
  }

 private:
  bool in_string_ = false, escaped_ = false;
  int depth_ = 0;
  std::int64_t begun_ = 0;
  std::size_t whole_ = 0;  ///< octets up to the end of the last whole row
};

}  // namespace

std::string_view KeptResult::Page(std::int64_t number) const {
  if (number < 0 || number >= static_cast<std::int64_t>(pages.size())) return {};
  const std::size_t from = pages[static_cast<std::size_t>(number)];
  const std::size_t to = number + 1 < static_cast<std::int64_t>(pages.size()) ? pages[static_cast<std::size_t>(number) + 1] : rows.size();
  std::string_view text = std::string_view(rows).substr(from, to - from);
  while (text.ends_with(',') || text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

Result<std::shared_ptr<KeptResult>> ResultStore::RunNow(const Context& context, const std::string& sql, std::int64_t sequence) {
  const std::int64_t started = clock_.SteadyNanos();
  query::QueryRequest request;
  request.sql = sql;
  request.max_rows = options_.max_rows;
  if (sequence > 0) request.sequence = sequence;
  auto run = LH_TRY(query_.Run(context, request));
  auto kept = std::make_shared<KeptResult>();
  RowFinder finder;
  bool whole = true;
  while (auto octets = LH_TRY(run->Next(context))) {
    const std::size_t base = kept->rows.size();
    kept->rows += *octets;
    finder.Take(*octets, base, *kept);
    if (kept->rows.size() > options_.max_bytes) {
      whole = false;
      break;
    }
  }
  kept->columns = run->header().columns;
  kept->sequence = run->header().sequence;
  kept->query_id = run->header().query_id;
  kept->cut = !whole || !run->summary().truncated.empty();
  if (!whole) finder.KeepWholeRows(*kept);
  kept->ms = static_cast<double>(clock_.SteadyNanos() - started) / 1e6;
  return kept;
}

Result<std::shared_ptr<const KeptResult>> ResultStore::Run(const Context& context, const std::string& sql, std::int64_t sequence) {
  const std::string viewer = LH_TRY(ViewerOf(sight_of_, context));
  if (sequence > 0) {
    const std::string key = viewer + "\n" + std::to_string(sequence) + "\n" + sql;
    auto entries = entries_.Lock();
    for (auto entry = entries->begin(); entry != entries->end(); ++entry) {
      if (entry->key != key) continue;
      entries->splice(entries->begin(), *entries, entry);
      return entry->result;
    }
  }
  std::shared_ptr<const KeptResult> result = LH_TRY(RunNow(context, sql, sequence));
  // A profile that changed meanwhile leaves open under which one this was read.
  if (const auto after = ViewerOf(sight_of_, context); !after || *after != viewer) return result;
  auto entries = entries_.Lock();
  entries->push_front({viewer + "\n" + std::to_string(result->sequence) + "\n" + sql, result});
  std::uint64_t bytes = 0;
  for (auto entry = entries->begin(); entry != entries->end();) {
    bytes += entry->result->rows.size() + 1024;
    entry = bytes > options_.total_bytes && entry != entries->begin() ? entries->erase(entry) : std::next(entry);
  }
  return result;
}

}  // namespace lakehouse::ui
