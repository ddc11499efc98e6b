#include "lakehouse/base/schema_of.h"

#include <gtest/gtest.h>

#include "lakehouse/base/json_view.h"

namespace lakehouse::shapes {

enum class Size { kSmall, kLarge };
constexpr std::string_view WireName(Size size) {
  switch (size) {
    case Size::kSmall: return "small";
    case Size::kLarge: return "large";
  }
  return {};
}

struct Corner {
  std::int64_t x = 0;
  std::uint8_t y = 0;
};
BOOST_DESCRIBE_STRUCT(Corner, (), (x, y))

struct Polygon {
  std::string name;
  Size size = Size::kSmall;
  std::vector<Corner> corners;
  std::map<std::string, double> weights;
  std::optional<Corner> centre;
  bool closed = false;
  RawJson more;
};
BOOST_DESCRIBE_STRUCT(Polygon, (), (name, size, corners, weights, centre, closed, more))

namespace {

struct Hidden {
  bool there = false;
};
BOOST_DESCRIBE_STRUCT(Hidden, (), (there))

std::string At(const std::string& json, std::initializer_list<std::string_view> path) {
  const auto document = JsonDocument::Parse(json);
  if (!document) return document.error().ToString();
  std::optional<JsonView> view = document->root();
  for (const std::string_view key : path)
    if (view) view = view->Find(key);
  return view ? view->ToJson() : "absent";
}

TEST(SchemaOf, RefersToAStructByItsName) {
  const JsonSchema schema = SchemaOf<Polygon>();
  EXPECT_EQ(schema.json, R"({"$ref":"#/components/schemas/shapes.Polygon"})");
  EXPECT_EQ(schema.named.size(), 2U) << "the struct and the one in it, once each";
  EXPECT_TRUE(schema.named.contains("shapes.Corner"));
  EXPECT_TRUE(SchemaOf<Hidden>().named.contains("shapes.Hidden")) << "an unnamed namespace is no part of the name";
}

TEST(SchemaOf, RequiresWhatTheCodecRequires) {
  const JsonSchema schema = SchemaOf<Polygon>();
  const std::string& polygon = schema.named.at("shapes.Polygon");
  EXPECT_EQ(At(polygon, {"required"}), R"(["name","size","corners","weights","closed","more"])");
  EXPECT_EQ(At(polygon, {"additionalProperties"}), "false") << "the codec refuses fields it does not know";
}

TEST(SchemaOf, SaysOfEachFieldWhatTheCodecWrites) {
  const JsonSchema schema = SchemaOf<Polygon>();
  const std::string& polygon = schema.named.at("shapes.Polygon");
  EXPECT_EQ(At(polygon, {"properties", "name"}), R"({"type":"string"})");
  EXPECT_EQ(At(polygon, {"properties", "size", "enum"}), R"(["small","large"])");
  EXPECT_EQ(At(polygon, {"properties", "corners", "items", "$ref"}), R"("#/components/schemas/shapes.Corner")");
  EXPECT_EQ(At(polygon, {"properties", "weights", "additionalProperties", "anyOf"}),
            R"([{"type":"number"},{"enum":["nan","inf","-inf"]}])");
  EXPECT_EQ(At(polygon, {"properties", "centre", "anyOf"}), R"([{"$ref":"#/components/schemas/shapes.Corner"},{"type":"null"}])");
  EXPECT_EQ(At(polygon, {"properties", "more"}), "{}");
  EXPECT_EQ(At(schema.named.at("shapes.Corner"), {"properties", "y"}), R"({"type":"integer","minimum":0,"maximum":255,"format":"uint8"})");
  EXPECT_EQ(At(schema.named.at("shapes.Corner"), {"properties", "x", "type"}), R"(["integer","string"])") << "beyond 2^53 as digits";
}

}  // namespace
}  // namespace lakehouse::shapes
