// An Accept header: a format that there is, or none; naming a type alone gives that type.
#include "accept.h"
#include "fuzz_target.h"

using lakehouse::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::query;
  const std::string_view text = lakehouse::fuzz::TextOf(data, size);
  (void)FormatForName(text);
  const auto format = FormatForAccept(text);
  if (!format) return 0;
  const std::string_view media_type = MediaTypeOf(*format);
  Require(FormatForAccept(media_type) == format, "a format has a media type of its own");
  Require(AllMediaTypes().find(media_type) != std::string::npos, "a format is among those a 406 names");
  return 0;
}
