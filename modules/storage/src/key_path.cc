#include "key_path.h"

#include <utility>

namespace lakehouse::storage {
namespace {

constexpr std::size_t kPieceBytes = 80;
constexpr std::string_view kContinued = "%~";
constexpr std::string_view kNoDot = ".%";

/// At most kPieceBytes from the front, no character cut in two.
std::string_view TakePiece(std::string_view& segment) {
  std::size_t length = kPieceBytes;
  while (length > 0 && (static_cast<unsigned char>(segment[length]) & 0xc0U) == 0x80) --length;
  const std::string_view piece = segment.substr(0, length);
  segment.remove_prefix(length);
  return piece;
}

std::string DirectoryName(std::string_view piece) {
  std::string name;
  for (const char c : piece) {
    if (c == '.')
      name += "%2E";
    else if (c == '%')
      name += "%25";
    else
      name += c;
  }
  return name;
}

std::string FileName(std::string_view piece) {
  std::string name;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (piece[i] == '.' && i == 0)
      name += "%2E";
    else if (piece[i] == '%')
      name += "%25";
    else
      name += piece[i];
  }
  if (name.find('.') == std::string::npos) name += kNoDot;
  return name;
}

std::optional<std::string> Unescape(std::string_view name) {
  std::string piece;
  while (!name.empty()) {
    if (name.front() != '%') {
      piece += name.front();
      name.remove_prefix(1);
      continue;
    }
    if (name.starts_with("%2E"))
      piece += '.';
    else if (name.starts_with("%25"))
      piece += '%';
    else
      return std::nullopt;
    name.remove_prefix(3);
  }
  return piece;
}

}  // namespace

std::string KeyPath::ToString() const {
  std::string path;
  for (const std::string& directory : directories) path += directory + '/';
  return path + file;
}

KeyPath PathOfKey(std::string_view key) {
  KeyPath path;
  while (true) {
    const std::size_t slash = key.find('/');
    std::string_view segment = key.substr(0, slash);
    while (segment.size() > kPieceBytes) path.directories.push_back(DirectoryName(TakePiece(segment)) + std::string(kContinued));
    if (slash == std::string_view::npos) return path.file = FileName(segment), path;
    path.directories.push_back(DirectoryName(segment));
    key.remove_prefix(slash + 1);
  }
}

std::optional<std::string> KeyPartOfDirectory(std::string_view name) {
  if (name.empty() || name.find('.') != std::string_view::npos) return std::nullopt;
  const bool continued = name.ends_with(kContinued);
  if (continued) name.remove_suffix(kContinued.size());
  std::optional<std::string> piece = Unescape(name);
  if (piece && !continued) *piece += '/';
  return piece;
}

std::optional<std::string> KeyPartOfFile(std::string_view name) {
  if (name.find('.') == std::string_view::npos) return std::nullopt;
  if (name.ends_with(kNoDot)) name.remove_suffix(kNoDot.size());
  return Unescape(name);
}

}  // namespace lakehouse::storage
