#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// One table declares every setting; parsing, `config show`, the reference page and /debug/config come from it. A secret is
/// never a setting: it has a name in a SecretsProvider.
namespace lakehouse {

enum class SettingKind {
  kText,        ///< TOML: a string
  kInteger,     ///< TOML: an integer
  kBool,        ///< TOML: a boolean; elsewhere "true" or "false"
  kDurationMs,  ///< "250ms", "10s", "5m", "2h", "7d", or 0; TOML: a string
  kSizeBytes,   ///< "256MiB" (KiB, MiB, GiB, TiB; KB, MB, GB, TB by 1,000; B), or a number of bytes; TOML: a string or an integer
  kList,        ///< TOML: an array of strings; elsewhere "a,b"
};

/// "duration_ms": the kind with the unit it is kept in.
std::string_view KindName(SettingKind kind);

struct Setting {
  std::string_view key;  ///< "query.workers": table and key of the TOML file; LAKEHOUSE_QUERY_WORKERS in the environment
  SettingKind kind;
  std::string_view default_value;  ///< as it would stand in the environment: "2", "250ms", "256MiB", "a,b"
  std::string_view help;
  std::int64_t minimum = INT64_MIN;  ///< of integers, milliseconds, bytes
  std::int64_t maximum = INT64_MAX;
};

/// "LAKEHOUSE_QUERY_WORKERS" for "query.workers".
std::string EnvironmentName(std::string_view key);

/// Values of all settings, with where each comes from: default, file, environment, flag (later wins). Immutable.
class Settings {
 public:
  struct Sources {
    std::optional<std::string> file;                 ///< path of a TOML file; must exist
    std::map<std::string, std::string> environment;  ///< see EnvironmentVariables()
    std::map<std::string, std::string> flags;        ///< by key
  };
  /// The LAKEHOUSE_* of this process that can be settings: all but LAKEHOUSE_SECRET_*, LAKEHOUSE_FAILPOINTS and LAKEHOUSE_CONFIG.
  static std::map<std::string, std::string> EnvironmentVariables();

  /// kInvalidArgument: an unknown key (with line and column of the file, and the nearest known name), a value of another
  /// kind or out of range; kNotFound: the file. The table must outlive the settings; a default that breaks its own rules is a
  /// bug.
  static Result<Settings> Load(std::span<const Setting> table, const Sources& sources);

  /// The key must stand in the table, with this kind: anything else is a bug.
  std::string Text(std::string_view key) const;
  std::int64_t Integer(std::string_view key) const;  ///< also milliseconds and bytes
  bool Bool(std::string_view key) const;
  std::vector<std::string> List(std::string_view key) const;

  struct Shown {
    std::string key, value, source, help, default_value,
        kind;  ///< source: "default", "environment LAKEHOUSE_X", "flag", "lakehouse.toml:3:1"
  };
  /// In the order of the keys.
  std::vector<Shown> Show() const;

 private:
  friend class SettingsLoader;
  struct Value {
    const Setting* setting = nullptr;
    std::string text;                ///< as it was given
    std::int64_t number = 0;         ///< of integers, milliseconds, bytes, booleans
    std::vector<std::string> items;  ///< of lists
    std::string source;
  };
  const Value& Get(std::string_view key) const;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace lakehouse
