#pragma once
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace lakehouse {

/// Threads that end with their owner. Declare it last in a class: it stops and joins first. The owner's thread alone calls it.
class TaskGroup {
 public:
  TaskGroup();
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Runs on a thread of its own, named so in debuggers (15 characters), with 8 MiB of stack, until it returns; `stop` is its
  /// request to return soon. An exception that leaves it is a bug and ends the process, and so does a system without threads
  /// to give. Not after StopAndJoin.
  void Start(std::string name, std::function<void(std::stop_token stop)> run);
  /// Asks all to stop and waits for them; never from a thread of this group. The second time it does nothing.
  void StopAndJoin();
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::vector<std::thread::native_handle_type> threads_;  // std::thread cannot choose its stack
};

}  // namespace lakehouse
