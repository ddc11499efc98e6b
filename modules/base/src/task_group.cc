#include "lakehouse/base/task_group.h"

#include <pthread.h>

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

namespace lakehouse {
namespace {

constexpr std::size_t kStackBytes = std::size_t{8} << 20;  // whatever the limit of the shell that started us
constexpr std::size_t kNameLength = 15;                    // the kernel's

struct Task {
  std::string name;
  std::function<void(std::stop_token)> run;
  std::stop_token stop;
};

void* RunTask(void* argument) noexcept {  // noexcept: an exception ends the process here, with its stack
  const std::unique_ptr<Task> task(static_cast<Task*>(argument));
  pthread_setname_np(pthread_self(), task->name.c_str());
  task->run(task->stop);
  return nullptr;
}

void MustThread(int error, const char* attempted, const std::string& name) {
  if (error == 0) return;
  std::fprintf(stderr, "%s thread %s: %s\n", attempted, name.c_str(), std::strerror(error));
  std::abort();
}

}  // namespace

TaskGroup::TaskGroup() = default;
TaskGroup::~TaskGroup() { StopAndJoin(); }

void TaskGroup::Start(std::string name, std::function<void(std::stop_token stop)> run) {
  assert(!stop_.stop_requested() && "started after StopAndJoin");
  name.resize(std::min(name.size(), kNameLength));
  auto task = std::make_unique<Task>(Task{name, std::move(run), stop_.get_token()});
  threads_.reserve(threads_.size() + 1);

  pthread_attr_t attributes;
  MustThread(pthread_attr_init(&attributes), "prepare", name);
  MustThread(pthread_attr_setstacksize(&attributes, kStackBytes), "set the stack of", name);
  pthread_t thread{};
  MustThread(pthread_create(&thread, &attributes, RunTask, task.get()), "start", name);
  [[maybe_unused]] const Task* running = task.release();  // RunTask's now
  pthread_attr_destroy(&attributes);
  threads_.push_back(thread);
}

void TaskGroup::StopAndJoin() {
  stop_.request_stop();
  for (const auto thread : threads_) {
    assert(pthread_equal(thread, pthread_self()) == 0 && "a task may not end its own group");
    MustThread(pthread_join(thread, nullptr), "join", "of a task group");
  }
  threads_.clear();
}

}  // namespace lakehouse
