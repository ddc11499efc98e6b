#include "reader.h"

#include "lakehouse/base/json_view.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kLargestAnswer = 32u << 20;

}  // namespace

Result<std::vector<Row>> DecodeRows(std::string_view json_rows) {
  std::vector<Row> rows;
  std::string text = "[";
  text += json_rows;
  text += ']';
  const JsonDocument document = LH_TRY(JsonDocument::Parse(text));
  LH_TRY(document.root().ForEachElement([&](JsonView element) -> Status {
    Row& row = rows.emplace_back();
    return element.ForEachElement([&](JsonView value) -> Status {
      if (value.is_null())
        row.push_back({"", true});
      else if (const auto string = value.AsString())
        row.push_back({std::string(*string), false});
      else
        row.push_back({value.ToJson(), false});
      return Ok{};
    });
  }));
  return rows;
}

Result<std::string> Reader::KeyOf(const Context& context, const std::string& state, const std::string& sql) const {
  return LH_TRY(ViewerOf(sight_of_, context)) + '\n' + state + '\n' + sql;
}

std::shared_ptr<const Table> Reader::Find(const Context& context, const std::string& state, const std::string& sql) {
  const auto key = KeyOf(context, state, sql);
  return key ? FindKept(*key) : nullptr;
}

std::shared_ptr<const Table> Reader::FindKept(const std::string& key) {
  auto locked = state_.Lock();
  const auto found = locked->tables.find(key);
  if (found == locked->tables.end()) return nullptr;
  locked->by_use.splice(locked->by_use.begin(), locked->by_use, found->second.place);
  return found->second.table;
}

Result<std::shared_ptr<const Table>> Reader::Read(const Context& context, const std::string& state, const std::string& sql) {
  const std::string key = LH_TRY(KeyOf(context, state, sql));
  if (auto found = FindKept(key)) return found;
  const std::int64_t started = clock_.SteadyNanos();
  query::QueryRequest request;
  request.sql = std::string(kPageMark) + sql;
  auto result = LH_TRY(query_.Run(context, request));
  std::string text;
  while (auto octets = LH_TRY(result->Next(context))) {
    text += *octets;
    if (text.size() > kLargestAnswer)
      return Error(ErrorCode::kTooLarge, "the answer is larger than a page can show; ask for fewer columns in SQL").Named("page_too_large");
  }
  auto table = std::make_shared<Table>();
  table->columns = result->header().columns;
  table->sequence = result->header().sequence;
  table->truncated = result->summary().truncated;
  table->rows = LH_TRY(DecodeRows(text));
  table->ms = static_cast<double>(clock_.SteadyNanos() - started) / 1e6;
  table->bytes = 4 * text.size() + sql.size() + 512;  // what the decoded form takes, about
  std::shared_ptr<const Table> answer = std::move(table);
  // A profile that changed meanwhile leaves open under which one this was read.
  if (const auto after = KeyOf(context, state, sql); after && *after == key) Keep(key, answer);
  return answer;
}

void Reader::Keep(const std::string& key, const std::shared_ptr<const Table>& table) {
  auto locked = state_.Lock();
  if (table->bytes > cache_bytes_ / 8 || locked->tables.contains(key)) return;
  locked->by_use.push_front(key);
  locked->tables[key] = {table, locked->by_use.begin()};
  locked->bytes += table->bytes;
  while (locked->bytes > cache_bytes_) {
    const auto oldest = locked->tables.find(locked->by_use.back());
    locked->bytes -= oldest->second.table->bytes;
    locked->tables.erase(oldest);
    locked->by_use.pop_back();
  }
}

}  // namespace lakehouse::ui
