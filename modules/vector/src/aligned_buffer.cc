#include "aligned_buffer.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lakehouse::vector {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kMapFrom = std::size_t{1} << 20;

[[noreturn]] void OutOfMemory(std::size_t size) {
  std::fprintf(stderr, "vector index: no memory for %zu octets\n", size);
  std::abort();
}

}  // namespace

AlignedBuffer::AlignedBuffer(std::size_t size) : size_(size) {
  if (size == 0) return;
  if (size < kMapFrom) {
    const std::size_t rounded = (size + kAlignment - 1) / kAlignment * kAlignment;
    data_ = static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded));
    if (data_ == nullptr) OutOfMemory(size);
    std::memset(data_, 0, rounded);
    return;
  }
  mapped_ = size + kHugePage;
  mapping_ = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping_ == MAP_FAILED) OutOfMemory(size);
  const std::size_t beyond = reinterpret_cast<std::uintptr_t>(mapping_) % kHugePage;
  data_ = static_cast<std::byte*>(mapping_) + (kHugePage - beyond) % kHugePage;
  madvise(data_, size, MADV_HUGEPAGE);  // a wish; without it all works, slower
}

AlignedBuffer::~AlignedBuffer() {
  if (mapping_ != nullptr)
    munmap(mapping_, mapped_);
  else
    std::free(data_);
}

AlignedBuffer& AlignedBuffer::operator=(AlignedBuffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(mapping_, other.mapping_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

}  // namespace lakehouse::vector
