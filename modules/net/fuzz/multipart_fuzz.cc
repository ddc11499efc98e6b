// A multipart body, the first octet choosing how it is cut: every cut gives the same parts.
#include <cassert>
#include <cstdint>
#include <string>

#include "multipart.h"

namespace {

using namespace lakehouse::net;

class Sink final : public MultipartParser::Sink {
 public:
  lakehouse::Status BeginPart(PartHead head) override {
    return seen += "[" + head.name + "|" + head.file_name.value_or("-") + "|", lakehouse::Ok{};
  }
  lakehouse::Status Data(std::string_view octets) override { return seen += octets, lakehouse::Ok{}; }
  lakehouse::Status EndPart() override { return seen += "]", lakehouse::Ok{}; }
  std::string seen;
};

std::string Read(std::string_view text, std::size_t step) {
  Sink sink;
  MultipartParser parser("b", sink);
  for (std::size_t at = 0; at < text.size(); at += step)
    if (!parser.Feed(text.substr(at, step))) return "refused";
  return parser.Finish() ? sink.seen : "refused";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = Read(text, std::max<std::size_t>(text.size(), 1));
  const std::string cut = Read(text, std::size_t{1} + data[0] % 32);
  assert(whole == cut);
  (void)BoundaryOf(text);
  return 0;
}
