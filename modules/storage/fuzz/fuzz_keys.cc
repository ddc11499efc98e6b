// Any octets as a key: whatever the rule lets through has a place of its own below the root, and comes back from it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "key_path.h"
#include "lakehouse/storage/object_key.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::storage;
  const std::string_view key(reinterpret_cast<const char*>(data), size);
  const auto require = [](bool holds) {
    if (!holds) std::abort();
  };
  const bool valid = ValidateKey(key).ok();
  require(!valid || ValidateKeyPrefix(key).ok());
  if (!valid) return 0;
  const KeyPath path = PathOfKey(key);
  std::string again;
  for (const std::string& name : path.directories) {
    require(!name.empty() && name.size() <= 255 && name.find('.') == std::string::npos && name.find('/') == std::string::npos);
    const auto part = KeyPartOfDirectory(name);
    require(part.has_value());
    again += *part;
  }
  require(!path.file.empty() && path.file.size() <= 255 && path.file.front() != '.' && path.file.find('/') == std::string::npos);
  const auto part = KeyPartOfFile(path.file);
  require(part.has_value());
  require(again + *part == key);
  return 0;
}
