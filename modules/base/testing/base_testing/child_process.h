#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>

namespace lakehouse {

/// Runs this in a forked child, which ends with the returned exit code, and gives its wait status: WIFSIGNALED and friends.
/// Before threads are started: the child has only the calling one.
inline int RunInChild(const std::function<int()>& run) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) _exit(run());
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  return status;
}

}  // namespace lakehouse
