// Any octets as a batch: refused, or the very octets that its content is written as. The sum would keep a fuzzer outside, so it is made
// right.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "lakehouse/base/hash.h"
#include "log_batch.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse;
  using namespace lakehouse::vector;
  std::string octets(reinterpret_cast<const char*>(data), size);
  if (size >= 4) {
    octets.resize(size - 4);
    const std::uint32_t sum = Crc32c(octets);
    octets.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  }
  const auto batch = DecodeBatch(octets);
  if (batch && EncodeBatch(*batch) != octets) std::abort();
  return 0;
}
