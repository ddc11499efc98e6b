// Any octets through every reader of JSON. What must hold: nothing crashes; what one reader takes, the others take; the
// canonical form is JSON, is its own canonical form and is that of the re-written value; what a codec decodes, it encodes and
// decodes to the same text.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "lakehouse/base/codec.h"
#include "lakehouse/base/json_view.h"

namespace lakehouse {
namespace {

void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

enum class Shade { kLight, kDark };
constexpr std::string_view WireName(Shade shade) {
  switch (shade) {
    case Shade::kLight: return "light";
    case Shade::kDark: return "dark";
  }
  return {};
}

struct Leaf {
  double d = 0;
  float f = 0;
};
BOOST_DESCRIBE_STRUCT(Leaf, (), (d, f))
struct Tree {
  std::optional<std::string> s;
  std::optional<std::int64_t> i;
  std::optional<std::uint64_t> u;
  std::optional<std::int8_t> t;
  std::optional<bool> b;
  std::optional<Shade> e;
  std::optional<Bytes> x;
  std::optional<RawJson> r;
  std::optional<std::vector<Leaf>> l;
  std::optional<std::map<std::string, std::vector<std::optional<std::int32_t>>>> m;
};
BOOST_DESCRIBE_STRUCT(Tree, (), (s, i, u, t, b, e, x, r, l, m))

void CheckCodec(std::string_view text) {
  const auto tree = DecodeJson<Tree>(text);
  if (!tree) return;
  const std::string once = EncodeJson(*tree);
  const auto again = DecodeJson<Tree>(once);
  Require(again.ok(), "what the codec writes, it reads");
  Require(EncodeJson(*again) == once, "what the codec reads back, it writes the same");
}

void CheckCanonical(std::string_view text, const std::string& rewritten) {
  const auto canonical = CanonicalJson(text);
  if (!canonical) return;
  const auto again = CanonicalJson(*canonical);
  Require(again.ok() && *again == *canonical, "the canonical form is its own canonical form");
  const auto of_rewritten = CanonicalJson(rewritten);
  Require(of_rewritten.ok() && *of_rewritten == *canonical, "a value has one canonical form");
}

}  // namespace
}  // namespace lakehouse

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckCodec(text);
  const auto document = JsonDocument::Parse(text);
  if (!document) {
    Require(!CanonicalJson(text).ok(), "what is not JSON has no canonical form");
    return 0;
  }
  const std::string rewritten = document->root().ToJson();
  const auto again = JsonDocument::Parse(rewritten);
  Require(again.ok() && again->root().ToJson() == rewritten, "what is written without white space stays as it is");
  CheckCanonical(text, rewritten);
  return 0;
}
