#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// One object of an append log: docs/formats/append-log.md.
namespace lakehouse::storage {

struct LogBatchName {
  std::string writer;  ///< a UUIDv7, so parts sort by when they began
  std::int64_t number = 0;
};
std::string LogBatchKey(const std::string& prefix, const LogBatchName& name);
/// Nothing when the key is none of a batch.
std::optional<LogBatchName> ParseLogBatchKey(const std::string& prefix, std::string_view key);

/// `previous_sha256`: of the batch before, empty for the first.
std::string EncodeLogBatch(const LogBatchName& name, const std::string& previous_sha256, const std::vector<std::string>& records);

struct DecodedLogBatch {
  std::optional<std::string> previous_sha256;  ///< nothing: the head cannot be read
  std::vector<std::string> records;
  struct Damage {
    std::uint64_t offset = 0;
    std::string what;
  };
  std::vector<Damage> damages;
  std::optional<std::uint64_t> torn_at;  ///< from here to the end is a line that was cut off
};
/// Whatever the octets are: what is sound of them is read.
DecodedLogBatch DecodeLogBatch(const LogBatchName& name, std::string_view octets);

/// Several batches of one writer in one object: one line that says how long each is, then their octets as they were.
struct LogPackName {
  std::string writer;
  std::int64_t first = 0;
  std::int64_t last = 0;
};
std::string LogPackKey(const std::string& prefix, const LogPackName& name);
std::optional<LogPackName> ParseLogPackKey(const std::string& prefix, std::string_view key);
std::string EncodeLogPack(const LogPackName& name, const std::vector<std::string>& batches);
struct LogPackPart {
  std::uint64_t offset = 0;
  std::string_view octets;  ///< of the pack
};
/// kCorruption: its first line is not this pack's, or what follows is shorter.
Result<std::vector<LogPackPart>> DecodeLogPack(const LogPackName& name, std::string_view octets);

}  // namespace lakehouse::storage
