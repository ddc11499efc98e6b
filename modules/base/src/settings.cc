#include "lakehouse/base/settings.h"

#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <sstream>

#include "lakehouse/base/file.h"
#include "lakehouse/base/toml.h"
#include "setting_value.h"

namespace lakehouse {
namespace {

constexpr std::string_view kPrefix = "LAKEHOUSE_";
constexpr std::string_view kNoSettings[] = {"LAKEHOUSE_FAILPOINTS", "LAKEHOUSE_CONFIG", "LAKEHOUSE_SERVER", "LAKEHOUSE_TOKEN_FILE"};
constexpr std::string_view kSecretPrefix = "LAKEHOUSE_SECRET_";

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string Place(const std::string& path, const toml::source_position& at) {
  return path + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace

/// Fills the values from one source after the other.
class SettingsLoader {
 public:
  explicit SettingsLoader(std::span<const Setting> table) : table_(table) {}

  void TakeDefaults() {
    for (const Setting& setting : table_) {
      const auto taken = TakeText(setting, setting.default_value, "default");
      if (!taken) std::fprintf(stderr, "%s\n", taken.error().ToString().c_str());
      assert(taken && "a default breaks the rules of its setting");
    }
    assert(settings_.values_.size() == table_.size() && "a key stands twice in the table");
  }

  Status TakeFile(const std::string& path) {
    const std::string text = LH_TRY_WHILE(ReadFile(path), "read the configuration");
    try {
      const toml::table root = toml::parse(text, path);
      return TakeTable(root, "", path);
    } catch (const toml::parse_error& error) {
      return Error(ErrorCode::kInvalidArgument, Place(path, error.source().begin) + ": " + std::string(error.description()));
    }
  }

  Status TakeEnvironment(const std::map<std::string, std::string>& environment) {
    std::map<std::string, const Setting*> by_name;
    for (const Setting& setting : table_) {
      [[maybe_unused]] const bool is_new = by_name.emplace(EnvironmentName(setting.key), &setting).second;
      assert(is_new && "two settings have the same name in the environment");
    }
    for (const auto& [name, value] : environment) {
      const auto known = by_name.find(name);
      if (known != by_name.end()) {
        LH_TRY(TakeText(*known->second, value, "environment " + name));
        continue;
      }
      std::string key(name.substr(std::min(kPrefix.size(), name.size())));
      std::transform(key.begin(), key.end(), key.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      const std::string_view nearest = NearestKey(table_, key);
      return Error(ErrorCode::kInvalidArgument,
                   "environment: unknown setting " + name + (nearest.empty() ? "" : "; did you mean " + EnvironmentName(nearest) + "?"));
    }
    return Ok{};
  }

  Status TakeFlags(const std::map<std::string, std::string>& flags) {
    for (const auto& [key, value] : flags) {
      const Setting* setting = Find(key);
      if (setting == nullptr) return Unknown("flag", key);
      LH_TRY(TakeText(*setting, value, "flag"));
    }
    return Ok{};
  }

  Settings Finish() && { return std::move(settings_); }

 private:
  const Setting* Find(std::string_view key) const {
    const auto found = std::find_if(table_.begin(), table_.end(), [&](const Setting& setting) { return setting.key == key; });
    return found == table_.end() ? nullptr : &*found;
  }

  bool IsTable(std::string_view key) const {
    const std::string start = std::string(key) + ".";
    return std::any_of(table_.begin(), table_.end(), [&](const Setting& setting) { return setting.key.starts_with(start); });
  }

  Error Unknown(const std::string& where, std::string_view key) const {
    const std::string_view nearest = NearestKey(table_, key);
    return Error(ErrorCode::kInvalidArgument,
                 where + ": unknown setting " + Quoted(key) + (nearest.empty() ? "" : "; did you mean " + Quoted(nearest) + "?"));
  }

  Status Take(const Setting& setting, std::string text, std::string source, Result<ParsedSetting> parsed) {
    if (!parsed) return Error(ErrorCode::kInvalidArgument, source + ": " + std::string(setting.key) + ": " + parsed.error().message());
    settings_.values_.insert_or_assign(
        std::string(setting.key), Settings::Value{&setting, std::move(text), parsed->number, std::move(parsed->items), std::move(source)});
    return Ok{};
  }

  Status TakeText(const Setting& setting, std::string_view text, std::string source) {
    return Take(setting, std::string(text), std::move(source), ParseSetting(setting, text));
  }

  Status TakeTable(const toml::table& table, const std::string& prefix, const std::string& path) {
    for (const auto& [name, node] : table) {
      const std::string key = prefix + std::string(name.str());
      const Setting* setting = Find(key);
      if (setting != nullptr) {
        LH_TRY(TakeNode(*setting, node, Place(path, node.source().begin)));
      } else if (node.is_table() && (IsTable(key) || !node.as_table()->empty())) {
        // An unknown table is refused for its first setting: only settings have names to compare with.
        LH_TRY(TakeTable(*node.as_table(), key + ".", path));
      } else {
        return Unknown(Place(path, name.source().begin), key);
      }
    }
    return Ok{};
  }

  Status TakeNode(const Setting& setting, const toml::node& node, const std::string& source) {
    if (setting.kind == SettingKind::kList) return TakeArray(setting, node, source);
    const bool takes_string =
        setting.kind == SettingKind::kText || setting.kind == SettingKind::kDurationMs || setting.kind == SettingKind::kSizeBytes;
    const bool takes_integer = setting.kind != SettingKind::kText && setting.kind != SettingKind::kBool;
    if (const auto* text = node.as_string(); text != nullptr && takes_string) return TakeText(setting, text->get(), source);
    if (const auto* number = node.as_integer(); number != nullptr && takes_integer)
      return TakeText(setting, std::to_string(number->get()), source);
    if (const auto* truth = node.as_boolean(); truth != nullptr && setting.kind == SettingKind::kBool)
      return TakeText(setting, truth->get() ? "true" : "false", source);
    return WrongKind(setting, node, source);
  }

  Status TakeArray(const Setting& setting, const toml::node& node, const std::string& source) {
    const toml::array* array = node.as_array();
    if (array == nullptr) return WrongKind(setting, node, source);
    ParsedSetting parsed;
    std::string text;
    for (const toml::node& item : *array) {
      if (!item.is_string()) return WrongKind(setting, item, source);
      parsed.items.push_back(item.as_string()->get());
      text.append(text.empty() ? "" : ",").append(parsed.items.back());
    }
    return Take(setting, std::move(text), source, std::move(parsed));
  }

  static Error WrongKind(const Setting& setting, const toml::node& found, const std::string& source) {
    static constexpr std::string_view kExpected[] = {
        "a string", "an integer", "true or false", "a duration like \"250ms\"", "a size like \"256MiB\"", "an array of strings"};
    std::ostringstream kind;
    kind << found.type();
    return Error(ErrorCode::kInvalidArgument, source + ": " + std::string(setting.key) + ": expected " +
                                                  std::string(kExpected[static_cast<std::size_t>(setting.kind)]) + ", found " + kind.str());
  }

  std::span<const Setting> table_;
  Settings settings_;
};

std::string EnvironmentName(std::string_view key) {
  std::string name(kPrefix);
  for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '.' || c == '-' ? '_' : c;
  return name;
}

std::map<std::string, std::string> Settings::EnvironmentVariables() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool is_setting = name.starts_with(kPrefix) && !name.starts_with(kSecretPrefix) &&
                            std::find(std::begin(kNoSettings), std::end(kNoSettings), name) == std::end(kNoSettings);
    if (is_setting && name.size() < text.size()) variables.emplace(name, text.substr(name.size() + 1));
  }
  return variables;
}

Result<Settings> Settings::Load(std::span<const Setting> table, const Sources& sources) {
  SettingsLoader loader(table);
  loader.TakeDefaults();
  if (sources.file) LH_TRY(loader.TakeFile(*sources.file));
  LH_TRY(loader.TakeEnvironment(sources.environment));
  LH_TRY(loader.TakeFlags(sources.flags));
  return std::move(loader).Finish();
}

const Settings::Value& Settings::Get(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) std::fprintf(stderr, "no setting %.*s\n", static_cast<int>(key.size()), key.data());
  assert(found != values_.end() && "the code asks for a setting that its table does not have");
  return found->second;
}

std::string Settings::Text(std::string_view key) const {
  const Value& value = Get(key);
  assert(value.setting->kind == SettingKind::kText);
  return value.text;
}

std::int64_t Settings::Integer(std::string_view key) const {
  const Value& value = Get(key);
  const SettingKind kind = value.setting->kind;
  assert(kind == SettingKind::kInteger || kind == SettingKind::kDurationMs || kind == SettingKind::kSizeBytes);
  return value.number;
}

bool Settings::Bool(std::string_view key) const {
  const Value& value = Get(key);
  assert(value.setting->kind == SettingKind::kBool);
  return value.number != 0;
}

std::vector<std::string> Settings::List(std::string_view key) const {
  const Value& value = Get(key);
  assert(value.setting->kind == SettingKind::kList);
  return value.items;
}

std::string_view KindName(SettingKind kind) {
  switch (kind) {
    case SettingKind::kText: return "text";
    case SettingKind::kInteger: return "integer";
    case SettingKind::kBool: return "bool";
    case SettingKind::kDurationMs: return "duration_ms";
    case SettingKind::kSizeBytes: return "size_bytes";
    case SettingKind::kList: return "list";
  }
  return {};
}

std::vector<Settings::Shown> Settings::Show() const {
  std::vector<Shown> shown;
  shown.reserve(values_.size());
  for (const auto& [key, value] : values_)
    shown.push_back({key, value.text, value.source, std::string(value.setting->help), std::string(value.setting->default_value),
                     std::string(KindName(value.setting->kind))});
  return shown;
}

Result<std::string> TomlToJson(std::string_view text) {
  try {
    const toml::table document = toml::parse(text);
    std::ostringstream json;
    json << toml::json_formatter(document);
    return json.str();
  } catch (const toml::parse_error& error) {
    return Error(ErrorCode::kInvalidArgument, std::string(error.description()) + ", line " + std::to_string(error.source().begin.line))
        .Named("bad_toml");
  }
}

}  // namespace lakehouse
