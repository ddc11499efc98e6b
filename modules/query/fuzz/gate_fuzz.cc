// Any octets as the tree of a statement: a worker that was taken over may send them. The gate must come to a verdict, and a tree
// that it has rewritten must pass it again.
#include <cstdint>
#include <cstdlib>

#include "gate.h"

namespace {

using lakehouse::JsonDocument;
using namespace lakehouse::query;

std::optional<std::string> DatasetOf(std::string_view schema, std::string_view name) {
  if (schema.empty() || schema == "main") return std::string(name);
  return std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = JsonDocument::Parse({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  GateOptions options;
  options.dataset_of = DatasetOf;
  const auto verdict = Gate(document->root(), FunctionList::Reviewed(), options);
  if (!verdict || verdict->tree.empty()) return 0;
  if (!JsonDocument::Parse(verdict->tree)) std::abort();
  return 0;
}
