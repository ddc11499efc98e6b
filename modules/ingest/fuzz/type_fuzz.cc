// A type as an engine spells it: what is understood is spelled so that it is understood the same, and has a stored type that stays.
#include "fuzz_target.h"
#include "type_tree.h"

using lakehouse::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lakehouse::ingest;
  const std::string_view text = lakehouse::fuzz::TextOf(data, size);
  const auto type = ParseType(text);
  if (!type) return 0;
  const std::string spelled = SpellType(*type);
  const auto again = ParseType(spelled);
  Require(again.ok() && SpellType(*again) == spelled, "a type as we spell it is a type");
  const std::string stored = SpellType(StoredType(*type));
  const auto parsed = ParseType(stored);
  Require(parsed.ok() && SpellType(StoredType(*parsed)) == stored, "a stored type is stored as itself");
  (void)StoreExpression("\"c\"", *type);
  const std::vector<lakehouse::catalog::Column> columns = {{"c", stored}};
  (void)FieldIdsOf(columns);
  (void)IcebergSchemaOf(columns);
  return 0;
}
