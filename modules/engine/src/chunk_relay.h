#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "duck.h"
#include "lakehouse/base/result.h"

namespace lakehouse::engine {

/// Hands the chunks of one result, in their order, to a taker: the first few at once, so that a short answer costs no thread, those after
/// them from a thread of its own, so that the engine's threads go on scanning while rows are encoded and sent. One giver.
class ChunkRelay {
 public:
  /// False: no further chunk is wanted.
  using Taker = std::function<Result<bool>(duckdb_data_chunk)>;

  explicit ChunkRelay(Taker take) : take_(std::move(take)) {}
  /// Chunks that wait are dropped.
  ~ChunkRelay();
  ChunkRelay(const ChunkRelay&) = delete;
  ChunkRelay& operator=(const ChunkRelay&) = delete;

  /// Waits while many chunks wait. What the taker said last; its error comes here or from Finish, once.
  Result<bool> Give(DuckChunk chunk);
  /// Returns when every chunk is taken; afterwards the taker's state belongs to the caller again.
  Status Finish();

 private:
  void Work();
  /// The taker's error, or whether more is wanted.
  Result<bool> Verdict();

  static constexpr int kAtOnce = 4;
  static constexpr std::size_t kWaiting = 16;

  const Taker take_;
  int given_ = 0;
  std::thread thread_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<DuckChunk> chunks_;
  bool is_last_ = false;  // no further chunk comes
  bool is_enough_ = false;
  std::optional<Error> failed_;
};

}  // namespace lakehouse::engine
