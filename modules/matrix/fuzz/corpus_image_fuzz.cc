// Any octets as the image of a corpus: refused, or safe to search and written again as they were. The sum would keep a fuzzer outside, so
// it is made right, that of the embedder within too when it stands whole at its place.
#include "corpus_image.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "lakehouse/base/hash.h"
#include "lakehouse/matrix/local_matrix.h"

namespace {

void Reseal(std::string& octets, std::size_t begin, std::size_t end) {
  const std::uint32_t sum = lakehouse::Crc32c(std::string_view(octets).substr(begin, end - begin - 4));
  std::memcpy(octets.data() + end - 4, &sum, 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::matrix;
  std::string octets(reinterpret_cast<const char*>(data), size);
  if (const std::size_t learned = octets.find("LHEMBED1"); learned != std::string::npos && learned >= 4) {
    std::uint32_t length = 0;
    std::memcpy(&length, octets.data() + learned - 4, 4);
    if (length >= 12 && length <= octets.size() - learned) Reseal(octets, learned, learned + length);
  }
  if (octets.size() >= 12) Reseal(octets, 0, octets.size());
  const auto image = DecodeImage(octets);
  static_cast<void>(InspectCorpusImage(octets));
  if (!image) return 0;
  const auto found = (*image)->words.Search((*image)->words.Understand("forklift \"title of\" num*"), 10, nullptr);
  for (const ScoredPassage& one : found)
    if (one.passage >= (*image)->passages.size()) std::abort();
  for (const CorpusPassage& passage : (*image)->passages) static_cast<void>((*image)->IndexedText(passage));
  if (EncodeImage(**image) != octets) std::abort();
  return 0;
}
