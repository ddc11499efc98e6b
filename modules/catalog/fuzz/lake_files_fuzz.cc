// The small files of a lake, the predecessor's register call, and a file that somebody asks to inspect (its path on the first line).
#include "catalog_testing/plain_table_codec.h"
#include "fuzz_target.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/inspect.h"
#include "legacy_manifest.h"

using namespace lakehouse;
using namespace lakehouse::catalog;
using fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view octets = fuzz::TextOf(data, size);
  if (const auto format = DecodeFormat(octets)) {
    const auto again = DecodeFormat(EncodeFormat(*format));
    Require(again.ok() && again->lake_id == format->lake_id, "a format is read back");
  }
  if (const auto boundary = DecodeBoundary(octets)) Require(EncodeBoundary(*boundary) == octets, "a boundary has one spelling");
  (void)ReadLegacyRegister(octets);
  PlainTableCodec codec;
  const std::string_view path = fuzz::TakeLine(octets);
  if (CheckDatasetName(path)) Require(CheckDatasetName(FoldName(path)).ok(), "a folded name is a name");
  (void)InspectCatalogObject({}, codec, path, octets);
  return 0;
}
