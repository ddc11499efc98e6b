#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/matrix/matrix.h"
#include "lakehouse/storage/object_store.h"

/// What was declared, `_corpora/<name>/definition.json`, and where what was built of it is.
namespace lakehouse::matrix {

std::string DefinitionKey(std::string_view name);
std::string ImageKey(std::string_view name);
/// Sealed: nothing else holds a digest of it.
std::string EncodeDefinition(const CreateCorpusRequest& definition);
/// The names of all that were declared, sorted.
Result<std::vector<std::string>> DeclaredCorpora(const Context& context, storage::ObjectStore& store);
/// kCorruption, reason "corpus_damaged": what stands there is no declaration of this corpus. kNotFound. Other errors: of the store.
Result<CreateCorpusRequest> ReadDefinition(const Context& context, storage::ObjectStore& store, const std::string& name);

}  // namespace lakehouse::matrix
