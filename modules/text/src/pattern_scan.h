#pragma once
#include <initializer_list>
#include <string_view>

namespace lakehouse::text {

/// Looks at places of a folded text (folded_text.h) for what patterns are made of. A value; refers to the texts.
class PatternScan {
 public:
  PatternScan(std::string_view text, std::string_view context) : t_(text), context_(context) {}
  std::string_view text() const { return t_; }
  std::size_t size() const { return t_.size(); }
  char At(std::size_t i) const { return i < t_.size() ? t_[i] : '\0'; }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  static bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
  static bool IsWord(char c) { return IsDigit(c) || IsLetter(c) || c == '_'; }

  /// How many digits stand from `i` on, counted up to `most`.
  std::size_t DigitsFrom(std::size_t i, std::size_t most) const {
    std::size_t n = 0;
    while (n < most && IsDigit(At(i + n))) ++n;
    return n;
  }
  bool HasDigits(std::size_t i, std::size_t n) const { return DigitsFrom(i, n) == n; }
  unsigned Number(std::size_t i, std::size_t n) const {
    unsigned value = 0;
    for (std::size_t k = 0; k < n; ++k) value = value * 10 + static_cast<unsigned>(At(i + k) - '0');
    return value;
  }
  /// Nothing that would make the digits part of something longer stands right before.
  bool BeginsWord(std::size_t i) const { return i == 0 || !IsWord(t_[i - 1]); }
  bool EndsWord(std::size_t end) const { return !IsWord(At(end)); }
  /// Whether one of the words stands within `reach` characters before `i`, or in the context. Letters must not go on before or after it.
  bool HasBefore(std::size_t i, std::initializer_list<std::string_view> words, std::size_t reach = 40) const {
    const std::size_t from = i > reach ? i - reach : 0;
    const std::string_view window = t_.substr(from, i - from);
    for (const std::string_view word : words)
      if (Holds(window, word) || Holds(context_, word)) return true;
    return false;
  }

 private:
  static bool Holds(std::string_view window, std::string_view word) {
    for (std::size_t at = window.find(word); at != std::string_view::npos; at = window.find(word, at + 1)) {
      const std::size_t end = at + word.size();
      const bool begins = at == 0 || !IsLetter(window[at - 1]);
      const bool ends = end >= window.size() || !IsLetter(window[end]) || !IsLetter(word.back());
      if (begins && ends) return true;
    }
    return false;
  }

  std::string_view t_, context_;
};

}  // namespace lakehouse::text
