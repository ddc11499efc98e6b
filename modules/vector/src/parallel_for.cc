#include "parallel_for.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>

#include "lakehouse/base/guarded.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::vector {

Status ParallelFor(const Context& context, std::uint32_t threads, std::uint64_t count, std::uint64_t chunk,
                   const std::function<Status(std::uint64_t index, std::uint32_t worker)>& work) {
  std::atomic<std::uint64_t> next{0};
  std::atomic<bool> failed{false};
  Guarded<std::optional<Error>> first_error;
  const auto one_chunk = [&](std::uint64_t begin, std::uint32_t worker) -> Status {
    LH_TRY(context.Check());
    const std::uint64_t end = std::min(count, begin + chunk);
    for (std::uint64_t i = begin; i < end; ++i) LH_TRY(work(i, worker));
    return Ok{};
  };
  const auto run = [&](std::uint32_t worker) {
    for (std::uint64_t begin = next.fetch_add(chunk); begin < count && !failed; begin = next.fetch_add(chunk)) {
      Status done = one_chunk(begin, worker);
      if (done) continue;
      failed = true;
      auto error = first_error.Lock();
      if (!*error) *error = std::move(done).TakeError();
    }
  };
  {
    TaskGroup workers;
    const std::uint64_t useful = std::min<std::uint64_t>(threads, (count + chunk - 1) / chunk);
    for (std::uint32_t worker = 1; worker < useful; ++worker)
      workers.Start("vector-build-" + std::to_string(worker), [&run, worker](std::stop_token) { run(worker); });
    run(0);
  }
  auto error = first_error.Lock();
  if (*error) return std::move(**error);
  return Ok{};
}

}  // namespace lakehouse::vector
