#pragma once
#include <cstdint>

/// What goes through a worker's control pipe: {u32 verb, u32 request number}. Its end of file ends the worker.
namespace lakehouse::sandbox {

enum ControlVerb : std::uint32_t { kVerbInterrupt = 1, kVerbProgress = 2 };

struct ControlWord {
  std::uint32_t verb;
  std::uint32_t number;
};

constexpr int kChannelFd = 3;
constexpr int kControlFd = 4;

}  // namespace lakehouse::sandbox
