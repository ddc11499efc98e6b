// Any octets as embeddings: refused, or rows whose views lie within the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "embedding_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::vector;
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  constexpr std::uint32_t kDimension = 3;
  if (const auto pages = ReadEmbeddings(octets, kDimension)) {
    std::size_t rows = 0;
    for (const auto page : pages->vectors) {
      rows += page.size() / (kDimension * sizeof(float));
      if (reinterpret_cast<const char*>(page.data()) < octets.data() ||
          reinterpret_cast<const char*>(page.data() + page.size()) > octets.data() + octets.size())
        std::abort();
    }
    if (rows != pages->rows || pages->ids.size() != rows || pages->metadata.size() != rows) std::abort();
  }
  (void)ReadPositions(octets);
  return 0;
}
