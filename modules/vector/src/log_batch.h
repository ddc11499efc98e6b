#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/base/uuid.h"

/// Batches of changes of one index as write-once objects: docs/formats/vector-batch.md.
namespace lakehouse::vector {

/// One change of one item.
struct ItemChange {
  std::string id;
  bool is_removal = false;
  std::vector<float> vector;            ///< none for a removal
  std::optional<std::string> metadata;  ///< JSON; absent: what the item had stays
};

struct LogBatch {
  Uuid life;                   ///< which index: one that was dropped and made again under its name has another
  std::uint64_t sequence = 0;  ///< from 1, without gaps
  std::uint32_t dimension = 0;
  std::vector<ItemChange> changes;
};

/// What one change takes in a batch.
std::size_t EncodedBytes(const ItemChange& change);
std::string EncodeBatch(const LogBatch& batch);
/// kCorruption, reason "batch_damaged": these are not the octets of a batch, or not all of them.
Result<LogBatch> DecodeBatch(std::string_view octets);
/// A batch in words, for people.
std::string DescribeBatch(const LogBatch& batch);

/// "_vectors/<index>/log/<life>-<20 digits>"
std::string BatchPrefix(std::string_view index, const Uuid& life);
std::string BatchKey(std::string_view index, const Uuid& life, std::uint64_t sequence);
/// The sequence in a key of BatchKey's making with this prefix; nothing for any other key.
std::optional<std::uint64_t> SequenceOfBatchKey(std::string_view key, std::string_view prefix);

}  // namespace lakehouse::vector
