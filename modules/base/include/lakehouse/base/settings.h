#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// One table declares every setting; parsing, `config show`, the reference page and /debug/config come from it.
namespace lakehouse {

enum class SettingKind { kText, kInteger, kBool, kDurationMs, kSizeBytes, kList };

struct Setting {
  std::string_view key;            ///< "query.workers": table and key of the TOML file; LAKEHOUSE_QUERY_WORKERS in the environment
  SettingKind kind;
  std::string_view default_value;  ///< as it would stand in the environment: "2", "250ms", "256MiB", "a,b"
  std::string_view help;
  std::int64_t minimum = INT64_MIN;  ///< of integers, milliseconds, bytes
  std::int64_t maximum = INT64_MAX;
};

/// Values of all settings, with where each comes from: default, file, environment, flag (later wins). Immutable.
class Settings {
 public:
  struct Sources {
    std::optional<std::string> file;                  ///< path of a TOML file; must exist
    std::map<std::string, std::string> environment;   ///< LAKEHOUSE_* of the process
    std::map<std::string, std::string> flags;         ///< by key
  };
  /// kInvalidArgument: an unknown key (with line and column of the file, and the nearest known name), a value of another
  /// kind or out of range; kNotFound: the file.
  static Result<Settings> Load(std::span<const Setting> table, const Sources& sources);

  /// The key must stand in the table, with this kind: anything else is a bug.
  std::string Text(std::string_view key) const;
  std::int64_t Integer(std::string_view key) const;  ///< also milliseconds and bytes
  bool Bool(std::string_view key) const;
  std::vector<std::string> List(std::string_view key) const;

  struct Shown {
    std::string key, value, source, help;  ///< source: "default", "environment LAKEHOUSE_X", "flag", "lakehouse.toml:3:1"
  };
  std::vector<Shown> Show() const;

 private:
  struct Value {
    const Setting* setting;
    std::string text;
    std::int64_t number = 0;
    std::string source;
  };
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace lakehouse
