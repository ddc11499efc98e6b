#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::ui {

/// What a page says: names with values, and lists. A template shows it; its JSON is the page's twin. Names are lower_case.
/// Set… and Add go to both; Show… goes to the template only: texts made for the eye, geometry.
class View {
 public:
  View() = default;
  View(View&&) = default;
  View& operator=(View&&) = default;

  View& Set(std::string_view name, std::string_view text);
  View& Set(std::string_view name, const char* text) { return Set(name, std::string_view(text)); }
  View& Set(std::string_view name, const std::string& text) { return Set(name, std::string_view(text)); }
  View& SetInteger(std::string_view name, std::int64_t number);
  View& SetNumber(std::string_view name, double number);
  /// A template sees the section `name` when true, and "no_" + name when false.
  View& SetFlag(std::string_view name, bool value);
  /// One JSON value as it stands, for the twin alone.
  View& SetRaw(std::string_view name, std::string json);
  View& Show(std::string_view name, std::string_view text);
  View& ShowInteger(std::string_view name, std::int64_t number) { return Show(name, std::to_string(number)); }
  View& ShowFlag(std::string_view name, bool value);
  /// One more element of the list `name`. Stays valid as long as this view.
  View& Add(std::string_view name);
  View& ShowAdd(std::string_view name);
  /// An empty list, so that the twin has one.
  View& List(std::string_view name);
  /// The template `file` with this view, which others show as {{name:none}}. Inner pieces are named first.
  View& Include(std::string_view name, std::string_view file);

  std::string ToJson() const;

 private:
  friend class Templates;
  enum class Kind { kText, kInteger, kNumber, kFlag, kRaw, kList, kInclude };
  struct Entry {
    std::string name;
    Kind kind = Kind::kText;
    bool twin = true;
    std::string text;
    std::int64_t integer = 0;
    double number = 0;
    std::vector<std::unique_ptr<View>> items;
  };
  Entry& Put(std::string_view name, Kind kind, bool twin);
  std::vector<Entry> entries_;
};

}  // namespace lakehouse::ui
