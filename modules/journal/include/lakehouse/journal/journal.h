#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::journal {

/// Something that happened to one entity, as the commit log tells it.
struct JournalEvent {
  std::int64_t sequence = 0;  ///< the record it stands in
  std::int64_t time_micros = 0;
  std::string commit_id;
  std::string actor;   ///< the principal of the commit
  std::string entity;  ///< "dataset:workers"
  std::string action;  ///< "ingest.append"
  std::map<std::string, std::string> fields;
};

struct HistoryRequest {
  std::string entity;  ///< whole ("dataset:workers"), or what stands after the first colon
  std::int64_t limit = 100;
};
struct RecentRequest {
  std::int64_t limit = 50;
};
struct EventsResponse {
  std::vector<JournalEvent> events;  ///< newest first
  bool more = false;
};
struct StatsRequest {};
struct StatsResponse {
  std::int64_t events = 0;
  std::int64_t entities = 0;
  std::int64_t unflushed = 0;         ///< not yet in a Parquet object
  std::int64_t sequence = 0;          ///< the last record that was read
  std::int64_t flushed_sequence = 0;  ///< the last record that is in a Parquet object
  std::map<std::string, std::int64_t> by_action;
};
struct FlushRequest {};
struct FlushResponse {
  std::int64_t events = 0;         ///< written by this call
  std::optional<std::string> key;  ///< of the object; absent when there was nothing to write
};

/// The history of mutations, read out of the commit log: every commit has its events in it, so there is nothing to lose. Never
/// edited. Thread-safe. Every implementation passes journal_testing/journal_contract.h.
class Journal {
 public:
  virtual ~Journal() = default;
  /// Of one entity; nothing when it has none. kInvalidArgument: no entity, or a limit outside 1 to 1,000.
  virtual Result<EventsResponse> History(const Context& context, const HistoryRequest& request) = 0;
  virtual Result<EventsResponse> Recent(const Context& context, const RecentRequest& request) = 0;
  virtual Result<StatsResponse> LoadStats(const Context& context, const StatsRequest& request) = 0;
  /// Writes the events since the last flush as one Parquet object under `_logs/journal/`. Calling it again writes nothing twice.
  virtual Result<FlushResponse> Flush(const Context& context, const FlushRequest& request) = 0;
};

}  // namespace lakehouse::journal
