#include "worker_pool.h"

namespace lakehouse::net {

WorkerPool::WorkerPool(const std::string& name, std::size_t threads, std::size_t capacity, Gauge& depth)
    : capacity_(capacity), depth_(depth) {
  for (std::size_t i = 0; i < threads; ++i) threads_.Start(name + std::to_string(i), [this](std::stop_token) { Run(); });
}

bool WorkerPool::TryPush(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= capacity_) return false;
    waiting_.push_back(std::move(task));
    depth_.Add(1);
  }
  changed_.notify_one();
  return true;
}

void WorkerPool::Push(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.push_back(std::move(task));
    depth_.Add(1);
  }
  changed_.notify_one();
}

void WorkerPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.StopAndJoin();
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    {
      Task task = std::move(waiting_.front());
      waiting_.pop_front();
      depth_.Add(-1);
      lock.unlock();
      task();
    }  // what the task holds is released outside the lock
    lock.lock();
  }
}

}  // namespace lakehouse::net
