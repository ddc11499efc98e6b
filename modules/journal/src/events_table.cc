#include "lakehouse/journal/events_table.h"

#include <algorithm>

#include "lakehouse/base/json_writer.h"

namespace lakehouse::journal {
namespace {

using catalog::SystemCell;
using catalog::SystemColumn;
using catalog::SystemRow;

constexpr std::int64_t kMostEvents = 1'000;  // what a journal gives at once
constexpr std::string_view kDataset = "dataset:";

std::string FieldsOf(const JournalEvent& event) {
  JsonWriter json;
  json.Open('{');
  for (const auto& [key, value] : event.fields) {
    json.Key(key);
    json.String(value);
  }
  json.Close('}');
  return std::move(json).Take();
}

class EventsTable final : public catalog::SystemTable {
 public:
  explicit EventsTable(Journal& journal) : journal_(journal) {}
  std::string_view name() const override { return "events"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {{"sequence", "BIGINT"}, {"time", "TIMESTAMP"}, {"commit_id", "VARCHAR"},
                                                       {"actor", "VARCHAR"},   {"entity", "VARCHAR"}, {"action", "VARCHAR"},
                                                       {"fields", "VARCHAR"}};
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    std::vector<SystemRow> rows;
    for (JournalEvent& event : LH_TRY(journal_.Recent(context, {std::clamp<std::int64_t>(limit, 1, kMostEvents)})).events) {
      const bool of_dataset = event.entity.starts_with(kDataset);
      const std::string_view dataset = of_dataset ? std::string_view(event.entity).substr(kDataset.size()) : std::string_view();
      if (sight.restricted() && !(of_dataset && sight.MaySee(dataset))) continue;
      // Fields are words of whoever committed; who that was, too, is no matter of a caller that is shown a part.
      const bool whole = !sight.restricted();
      SystemRow row{event.sequence,          event.time_micros, std::move(event.commit_id), SystemCell(), std::move(event.entity),
                    std::move(event.action), SystemCell()};
      if (whole) row[6] = FieldsOf(event);
      if (whole) row[3] = std::move(event.actor);
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  Journal& journal_;
};

}  // namespace

std::unique_ptr<catalog::SystemTable> MakeEventsTable(Journal& journal) { return std::make_unique<EventsTable>(journal); }

}  // namespace lakehouse::journal
