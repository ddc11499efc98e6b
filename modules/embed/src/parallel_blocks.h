#pragma once
#include <algorithm>
#include <atomic>
#include <cstddef>

#include "lakehouse/base/task_group.h"

namespace lakehouse::embed {

/// Calls work(begin, end) for blocks of [0, count). Which thread takes a block is chance, so what a block computes must not depend on it:
/// then the result is the same for any number of threads.
template <typename Work>
void ParallelBlocks(std::size_t count, std::size_t block, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t begin = next.fetch_add(block); begin < count; begin = next.fetch_add(block))
      work(begin, std::min(count, begin + block));
  };
  TaskGroup others;
  for (unsigned i = 1; i < threads && i * block < count; ++i) others.Start("embed", [&run](const std::stop_token&) { run(); });
  run();
  others.StopAndJoin();
}

}  // namespace lakehouse::embed
