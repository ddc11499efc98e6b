// A table that claims to be a checkpoint, under a name that fits it: refused as damaged, or a state that can be written and read again,
// this time in parts.
#include <map>

#include "catalog_testing/plain_table_codec.h"
#include "checkpoint.h"
#include "fuzz_target.h"
#include "lakehouse/base/hash.h"

using namespace lakehouse;
using namespace lakehouse::catalog;
using fuzz::Require;

namespace {

/// The record that the head of the checkpoint speaks of, for its name; 0 when it has no head.
std::int64_t SequenceOf(TableCodec& codec, std::string_view octets) {
  const auto table = DecodeCheckpointTable({}, codec, octets);
  std::int64_t sequence = 0;
  if (!table) return sequence;
  for (const auto& row : table->rows)
    if (const auto* kind = std::get_if<std::string>(&row[0]); kind != nullptr && *kind == "head")
      if (const auto* number = std::get_if<std::int64_t>(&row[2])) sequence = *number;
  return sequence;
}

struct Written {
  std::string head;
  std::map<std::string, std::string> parts;
};
Result<Written> Write(TableCodec& codec, const LakeState& state) {
  Written written;
  written.head = LH_TRY(EncodeCheckpoint({}, codec, state, [&](const ObjectRef& part, std::string_view octets) -> Status {
    written.parts[part.key] = octets;
    return Ok{};
  }));
  return written;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets = fuzz::TextOf(data, size);
  PlainTableCodec codec;
  const std::int64_t sequence = SequenceOf(codec, octets);
  const CheckpointName name{sequence, Sha256Hex(octets)};
  (void)PartsOfCheckpoint({}, codec, name, octets);
  const auto state =
      DecodeCheckpoint({}, codec, name, octets, [&](const ObjectRef& part) -> Result<std::string> { return std::string(part.key); });
  if (!state) return 0;
  const auto written = Write(codec, *state);
  if (!written) return 0;  // a number that JSON cannot hold
  const auto again = DecodeCheckpoint({}, codec, {sequence, Sha256Hex(written->head)}, written->head,
                                      [&](const ObjectRef& part) -> Result<std::string> { return written->parts.at(part.key); });
  Require(again.ok(), "what is written can be read");
  const auto rewritten = Write(codec, *again);
  Require(rewritten.ok() && rewritten->head == written->head, "what is read is written the same");
  return 0;
}
