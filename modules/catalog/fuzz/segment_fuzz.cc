// A table that claims to be a segment, under a name that fits it, and any octets as the key of one.
#include "catalog_testing/plain_table_codec.h"
#include "checkpoint.h"
#include "fuzz_target.h"
#include "lakehouse/base/hash.h"
#include "segment.h"

using namespace lakehouse;
using namespace lakehouse::catalog;
using fuzz::Require;

namespace {

void CheckKey(std::string_view key) {
  if (const auto name = ParseSegmentKey(key)) Require(name->Key() == key, "a segment's key says all of its name");
  if (const auto name = ParseCheckpointKey(key)) Require(name->Key() == key, "a checkpoint's key says all of its name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view octets = fuzz::TextOf(data, size);
  CheckKey(octets);
  CheckKey(std::string(kSegmentPrefix) + std::string(octets) + ".parquet");
  CheckKey(std::string(kCheckpointPrefix) + std::string(octets) + ".parquet");
  if (octets.empty()) return 0;
  const std::int64_t first = 1 + octets.front() % 4;
  octets.remove_prefix(1);
  PlainTableCodec codec;
  for (std::int64_t count = 1; count <= 3; ++count) {
    const auto records = DecodeSegment({}, codec, {first, first + count - 1, Sha256Hex(octets)}, octets);
    if (!records) continue;
    Require(static_cast<std::int64_t>(records->size()) == count, "as many records as the name says");
    const auto written = EncodeSegment({}, codec, first, *records);
    Require(written.ok(), "records can be written");
    const auto again = DecodeSegment({}, codec, {first, first + count - 1, Sha256Hex(*written)}, *written);
    Require(again.ok() && *again == *records, "what is written is read the same");
  }
  return 0;
}
