#include "view.h"

#include "lakehouse/base/json_writer.h"

namespace lakehouse::ui {

View::Entry& View::Put(std::string_view name, Kind kind, bool twin) {
  for (Entry& entry : entries_)
    if (entry.name == name && entry.kind == kind) return entry;
  entries_.push_back({std::string(name), kind, twin, {}, 0, 0, {}});
  return entries_.back();
}

View& View::Set(std::string_view name, std::string_view text) {
  Put(name, Kind::kText, true).text = text;
  return *this;
}
View& View::SetInteger(std::string_view name, std::int64_t number) {
  Put(name, Kind::kInteger, true).integer = number;
  return *this;
}
View& View::SetNumber(std::string_view name, double number) {
  Put(name, Kind::kNumber, true).number = number;
  return *this;
}
View& View::SetFlag(std::string_view name, bool value) {
  Put(name, Kind::kFlag, true).integer = value;
  return *this;
}
View& View::SetRaw(std::string_view name, std::string json) {
  Put(name, Kind::kRaw, true).text = std::move(json);
  return *this;
}
View& View::Show(std::string_view name, std::string_view text) {
  Put(name, Kind::kText, false).text = text;
  return *this;
}
View& View::ShowFlag(std::string_view name, bool value) {
  Put(name, Kind::kFlag, false).integer = value;
  return *this;
}
View& View::Add(std::string_view name) { return *Put(name, Kind::kList, true).items.emplace_back(std::make_unique<View>()); }
View& View::ShowAdd(std::string_view name) { return *Put(name, Kind::kList, false).items.emplace_back(std::make_unique<View>()); }
View& View::List(std::string_view name) {
  Put(name, Kind::kList, true);
  return *this;
}
View& View::Include(std::string_view name, std::string_view file) {
  Put(name, Kind::kInclude, false).text = file;
  return *this;
}

std::string View::ToJson() const {
  JsonWriter json;
  json.Open('{');
  for (const Entry& entry : entries_) {
    if (!entry.twin) continue;
    json.Key(entry.name);
    switch (entry.kind) {
      case Kind::kText: json.String(entry.text); break;
      case Kind::kInteger: json.Integer(entry.integer); break;
      case Kind::kNumber: json.Number(entry.number); break;
      case Kind::kFlag: json.Bool(entry.integer != 0); break;
      case Kind::kRaw: json.Raw(entry.text); break;
      case Kind::kList:
        json.Open('[');
        for (const auto& item : entry.items) json.Raw(item->ToJson());
        json.Close(']');
        break;
      case Kind::kInclude: json.Null(); break;
    }
  }
  json.Close('}');
  return std::move(json).Take();
}

}  // namespace lakehouse::ui
