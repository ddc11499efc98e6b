// A table that claims to be a manifest: cells of any kind and content, in the plain form of tests.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "catalog_testing/plain_table_codec.h"
#include "manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::catalog;
  PlainTableCodec codec;
  const auto files = DecodeManifest({}, codec, std::string_view(reinterpret_cast<const char*>(data), size));
  if (!files) return 0;
  const auto octets = EncodeManifest({}, codec, *files);
  if (!octets) std::abort();
  const auto again = DecodeManifest({}, codec, *octets);
  if (!again || again->size() != files->size() || EncodeManifest({}, codec, *again).Take() != *octets) std::abort();
  return 0;
}
