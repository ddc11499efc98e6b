#pragma once
#include <cstdint>
#include <functional>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::vector {

/// Runs work(i, worker) for i in 0..count-1 on `threads` threads, the caller's among them; worker is 0..threads-1. Which thread takes
/// which i is left to chance, so work must not depend on it. Checks the context before every chunk of i; after a failure (the first
/// one is the answer) the rest is not begun.
Status ParallelFor(const Context& context, std::uint32_t threads, std::uint64_t count, std::uint64_t chunk,
                   const std::function<Status(std::uint64_t index, std::uint32_t worker)>& work);

}  // namespace lakehouse::vector
