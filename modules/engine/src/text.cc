#include "text.h"

#include <algorithm>

namespace lakehouse::engine {

void Text::Grow(std::size_t count) {
  const std::size_t capacity = std::max<std::size_t>({size_ + count, capacity_ * 2, 64u << 10});
  std::unique_ptr<char[]> grown(new char[capacity]);
  if (size_ != 0) std::memcpy(grown.get(), data_.get(), size_);
  data_ = std::move(grown);
  capacity_ = capacity;
}

}  // namespace lakehouse::engine
