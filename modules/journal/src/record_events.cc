#include "record_events.h"

#include <set>

#include "lakehouse/base/json_view.h"

namespace lakehouse::journal {
namespace {

std::string TextOf(const JsonView& object, std::string_view field) {
  const auto value = object.Find(field);
  const auto text = value ? value->AsString() : std::nullopt;
  return text ? std::string(*text) : std::string();
}

/// What the change of one transaction is, in an event's words; nothing for what is no mutation of a dataset.
std::optional<JournalEvent> ImpliedEvent(const JsonView& change) {
  JournalEvent event;
  if (const auto snapshot = change.Find("snapshot")) {
    event.entity = "dataset:" + TextOf(*snapshot, "dataset");
    event.action = "catalog." + TextOf(*snapshot, "operation");
    if (const auto version = snapshot->Find("version")) event.fields["version"] = version->ToJson();
    if (const auto rows = snapshot->Find("rows")) event.fields["rows"] = rows->ToJson();
    return event;
  }
  if (const auto drop = change.Find("drop")) {
    event.entity = "dataset:" + TextOf(*drop, "dataset");
    event.action = "catalog.drop";
    return event;
  }
  return std::nullopt;
}

JournalEvent CarriedEvent(const JsonView& view) {
  JournalEvent event;
  event.entity = TextOf(view, "entity");
  event.action = TextOf(view, "kind");
  if (const auto fields = view.Find("fields"))
    (void)fields->ForEachMember([&](std::string_view key, JsonView value) -> Status {
      event.fields[std::string(key)] = value.AsString().value_or("");
      return Ok{};
    });
  return event;
}

}  // namespace

Result<std::vector<JournalEvent>> EventsOf(const catalog::LogRecord& record) {
  const auto document = JsonDocument::Parse(record.json.text);
  const auto transactions = document ? document->root().Find("txns") : std::nullopt;
  if (!transactions) return Error(ErrorCode::kCorruption, "record " + std::to_string(record.sequence) + " is no commit record");
  std::vector<JournalEvent> events;
  LH_TRY(transactions->ForEachElement([&](JsonView transaction) -> Status {
    std::set<std::string> told;
    const auto add = [&](JournalEvent event) {
      event.sequence = record.sequence;
      event.time_micros = record.time_micros;
      event.commit_id = TextOf(transaction, "commit_id");
      event.actor = TextOf(transaction, "principal");
      events.push_back(std::move(event));
    };
    if (const auto carried = transaction.Find("events"))
      LH_TRY(carried->ForEachElement([&](JsonView view) -> Status {
        JournalEvent event = CarriedEvent(view);
        told.insert(event.entity);
        add(std::move(event));
        return Ok{};
      }));
    if (const auto changes = transaction.Find("changes"))
      LH_TRY(changes->ForEachElement([&](JsonView change) -> Status {
        auto event = ImpliedEvent(change);
        if (event && !told.contains(event->entity)) add(std::move(*event));
        return Ok{};
      }));
    return Ok{};
  }));
  return events;
}

}  // namespace lakehouse::journal
