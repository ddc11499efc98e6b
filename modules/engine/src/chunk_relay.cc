#include "chunk_relay.h"

#include <utility>

namespace lakehouse::engine {

ChunkRelay::~ChunkRelay() {
  {
    const std::lock_guard lock(mutex_);
    chunks_.clear();
    is_last_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<bool> ChunkRelay::Give(DuckChunk chunk) {
  if (given_ < kAtOnce) {
    ++given_;
    return take_(chunk.handle);
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return chunks_.size() < kWaiting || is_enough_ || failed_; });
    if (is_enough_ || failed_) return Verdict();
    chunks_.push_back(std::move(chunk));
  }
  changed_.notify_all();
  return true;
}

Status ChunkRelay::Finish() {
  {
    const std::lock_guard lock(mutex_);
    is_last_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  LH_TRY(Verdict());
  return Ok{};
}

void ChunkRelay::Work() {
  for (;;) {
    DuckChunk chunk;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !chunks_.empty() || is_last_; });
      if (chunks_.empty()) return;
      chunk = std::move(chunks_.front());
      chunks_.pop_front();
    }
    changed_.notify_all();
    Result<bool> more = take_(chunk.handle);
    if (more && *more) continue;
    const std::lock_guard lock(mutex_);
    is_enough_ = true;
    if (!more) failed_ = std::move(more).TakeError();
    chunks_.clear();
    changed_.notify_all();
    return;
  }
}

Result<bool> ChunkRelay::Verdict() {
  if (failed_) return *std::exchange(failed_, std::nullopt);
  return !is_enough_;
}

}  // namespace lakehouse::engine
