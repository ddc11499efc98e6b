#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse {

/// A text that must not be printed: it has no stream operator, no JSON form and no implicit conversion. Wiped on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  ~Secret();
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret other) noexcept {  // NOLINT(performance-unnecessary-value-param): the old text goes where it is wiped
    text_.swap(other.text_);
    return *this;
  }

  /// The only way to the text; the caller keeps it from logs, errors and tests.
  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

/// Where secrets come from, by name. Thread-safe.
class SecretsProvider {
 public:
  virtual ~SecretsProvider() = default;
  /// Nothing when there is no such secret. kPermissionDenied: the source may be read by others. kNotFound: the source is gone.
  virtual Result<std::optional<Secret>> Find(std::string_view name) = 0;
};

/// LAKEHOUSE_SECRET_<NAME> in the environment, name in upper case with _ for every other character.
std::unique_ptr<SecretsProvider> OpenEnvironmentSecrets();
/// Lines `name = value` (# begins a comment) of a file that must have mode 0600 or 0400. Read at every call, so a rotation
/// needs no restart.
std::unique_ptr<SecretsProvider> OpenFileSecrets(std::string path);

/// The key in this file: the text of its one line. When there is no such file, it is made with mode 0600 and holds `octets`
/// random octets in hex; of processes that race one makes it and all get the same. kPermissionDenied: the file may be read by
/// others. kCorruption: it is shorter than a key.
Result<Secret> LoadOrCreateKey(const std::string& path, std::size_t octets = 32);

}  // namespace lakehouse
