#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lakehouse/base/hash.h"
#include "lakehouse/base/result.h"

/// Files of numbers, little-endian, with a sum over all of it at the end: what several derived formats are made of.
namespace lakehouse {

static_assert(std::endian::native == std::endian::little);

/// Appends values; Take() closes with the CRC-32C of everything before.
class OctetWriter {
 public:
  explicit OctetWriter(std::string_view magic) : octets_(magic) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  void Value(T value) {
    octets_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void Text(std::string_view text) {
    Value(static_cast<std::uint32_t>(text.size()));
    octets_ += text;
  }
  template <typename T>
    requires std::is_arithmetic_v<T>
  void Values(std::span<const T> values) {
    Value(static_cast<std::uint64_t>(values.size()));
    octets_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  std::string Take() && {
    Value(Crc32c(octets_));
    return std::move(octets_);
  }

 private:
  std::string octets_;
};

/// Reads what OctetWriter wrote. After the first failure everything reads as empty, so that a reader checks once, at its end.
class OctetReader {
 public:
  /// kCorruption: another magic, or the sum says that octets have changed. `octets` must outlive the reader.
  static Result<OctetReader> Open(std::string_view octets, std::string_view magic) {
    if (octets.size() < magic.size() + 4 || !octets.starts_with(magic))
      return Error(ErrorCode::kCorruption, "expected a file that begins with " + std::string(magic));
    std::uint32_t sum = 0;
    std::memcpy(&sum, octets.data() + octets.size() - 4, 4);
    octets.remove_suffix(4);
    if (Crc32c(octets) != sum) return Error(ErrorCode::kCorruption, "the checksum at the end does not fit the octets before it");
    return OctetReader(octets.substr(magic.size()));
  }

  template <typename T>
    requires std::is_arithmetic_v<T>
  T Value() {
    T value{};
    if (!Has(sizeof value)) return value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::string Text() {
    const auto length = Value<std::uint32_t>();
    if (!Has(length)) return {};
    std::string text(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return text;
  }
  template <typename T>
    requires std::is_arithmetic_v<T>
  std::vector<T> Values() {
    const auto count = Value<std::uint64_t>();
    if (count > rest_.size() / sizeof(T)) failed_ = true;
    if (failed_) return {};
    std::vector<T> values(count);
    if (count > 0) std::memcpy(values.data(), rest_.data(), count * sizeof(T));
    rest_.remove_prefix(count * sizeof(T));
    return values;
  }
  bool failed() const { return failed_; }
  /// kCorruption when something was missing or is left over.
  Status Finish() const {
    if (failed_ || !rest_.empty()) return Error(ErrorCode::kCorruption, "the file is not as long as it says");
    return Ok{};
  }

 private:
  explicit OctetReader(std::string_view rest) : rest_(rest) {}
  bool Has(std::size_t count) {
    failed_ = failed_ || rest_.size() < count;
    return !failed_;
  }
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace lakehouse
