#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace lakehouse::sandbox {

/// Bodies of frames: numbers in this machine's layout (both ends are the same binary), texts as u32 length and octets.
class BodyWriter {
 public:
  template <typename T>
    requires std::is_arithmetic_v<T>
  void Put(T value) {
    char octets[sizeof value];
    std::memcpy(octets, &value, sizeof value);
    body_.append(octets, sizeof value);
  }
  /// Shorter than 4 GiB.
  void PutText(std::string_view text) {
    Put(static_cast<std::uint32_t>(text.size()));
    body_ += text;
  }
  std::string Take() && { return std::move(body_); }
  const std::string& body() const { return body_; }

 private:
  std::string body_;
};

/// Reads what BodyWriter wrote, or anything else: past the end everything is zero and empty, and ok() is false.
class BodyReader {
 public:
  explicit BodyReader(std::string_view body) : rest_(body) {}

  template <typename T>
    requires std::is_arithmetic_v<T>
  T Get() {
    T value{};
    if (const std::string_view octets = Octets(sizeof value); ok_) std::memcpy(&value, octets.data(), sizeof value);
    return value;
  }
  /// Valid while the body is.
  std::string_view GetText() { return Octets(Get<std::uint32_t>()); }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view Octets(std::size_t count) {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view octets = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return octets;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace lakehouse::sandbox
