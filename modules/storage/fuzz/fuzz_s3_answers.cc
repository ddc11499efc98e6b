// Any octets as what an S3 server answers: read or refused, never a crash; what is read obeys the limits.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "s3_answers.h"
#include "xml_reader.h"

namespace {

std::size_t CountElements(const lakehouse::storage::XmlElement& element, std::size_t depth) {
  if (depth > lakehouse::storage::XmlLimits{}.max_depth) std::abort();
  std::size_t count = 1;
  for (const auto& child : element.children) count += CountElements(child, depth + 1);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::storage;
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  if (const auto root = ReadXml(octets); root && CountElements(*root, 1) > XmlLimits{}.max_elements) std::abort();
  const S3Refusal refusal = ReadRefusal(octets);
  if (refusal.message.size() > 500) std::abort();
  (void)ReadListing(octets).ok();
  (void)ReadUploadId(octets).ok();
  (void)ReadCompletion(octets).ok();
  (void)ParseHttpDate(octets);
  (void)ParseIsoTime(octets);
  return 0;
}
