#include "corpus_definitions.h"

#include <algorithm>

#include "matrix_wire.h"

namespace lakehouse::matrix {
namespace {

constexpr std::string_view kCorpora = "_corpora/";
constexpr std::string_view kDefinitionEnd = "/definition.json";

}  // namespace

std::string DefinitionKey(std::string_view name) { return std::string(kCorpora) + std::string(name) + std::string(kDefinitionEnd); }

Result<std::vector<std::string>> DeclaredCorpora(const Context& context, storage::ObjectStore& store) {
  std::vector<std::string> names;
  for (std::string after;;) {
    const storage::ListPage page = LH_TRY(store.List(context, std::string(kCorpora), after, storage::kMaxListPage));
    for (const storage::ObjectInfo& object : page.objects)
      if (object.key.ends_with(kDefinitionEnd))
        names.push_back(object.key.substr(kCorpora.size(), object.key.size() - kCorpora.size() - kDefinitionEnd.size()));
    if (page.next.empty()) break;
    after = page.next;
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<CreateCorpusRequest> ReadDefinition(const Context& context, storage::ObjectStore& store, const std::string& name) {
  const auto json = store.Get(context, DefinitionKey(name));
  const auto damaged = [&name](const std::string& why) {
    return Error(ErrorCode::kCorruption, "the declaration of corpus " + name + " cannot be read: " + why +
                                             "; drop the corpus and declare it again, no row is lost by that")
        .Named("corpus_damaged");
  };
  if (!json && json.error().code() == ErrorCode::kCorruption) return damaged(json.error().message());
  if (!json) return json.error();
  auto definition = DecodeJson<CreateCorpusRequest>(*json);
  if (!definition) return damaged(definition.error().message());
  if (definition->name != name) return damaged("it is of corpus " + definition->name.substr(0, 80));
  if (definition->text_columns.empty()) return damaged("it names no column of text");
  return definition;
}

}  // namespace lakehouse::matrix
