#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

namespace lakehouse::vector {

/// Frees what readers may still look at, later: readers announce themselves in a slot and take no lock; a writer hands over what it has
/// made unreachable, and it goes once every reader that was there has left.
///
/// Why it is right: a reader stores its epoch before it loads a pointer, a writer unlinks the pointer before it looks at the slots, and
/// all four are sequentially consistent. So either the writer sees the reader, or the reader sees the pointer's successor. Pointers
/// guarded by this must therefore be atomics that are loaded and stored so.
class Epochs {
 public:
  Epochs() = default;
  ~Epochs() { Collect(true); }
  Epochs(const Epochs&) = delete;
  Epochs& operator=(const Epochs&) = delete;

  class Reader {
   public:
    explicit Reader(Epochs& epochs);
    ~Reader() { slot_->store(0); }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

   private:
    std::atomic<std::uint64_t>* slot_;
  };

  /// `free` runs on some later caller's thread, when no reader of now is left.
  void Retire(std::function<void()> free);
  /// Frees what can go. All of it, when nobody reads any more (`all`, the destructor's).
  void Collect(bool all = false);

 private:
  static constexpr std::size_t kSlots = 128;
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> epoch{0};  // 0: nobody
  };
  struct Retired {
    std::uint64_t epoch;
    std::function<void()> free;
  };

  std::atomic<std::uint64_t> epoch_{1};
  std::array<Slot, kSlots> slots_;
  std::mutex mutex_;
  std::vector<Retired> retired_;  // guarded by mutex_
};

}  // namespace lakehouse::vector
