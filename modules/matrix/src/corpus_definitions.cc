#include "corpus_definitions.h"

#include <algorithm>
#include <cstring>

#include "lakehouse/base/hash.h"
#include "lakehouse/matrix/local_matrix.h"
#include "lakehouse/storage/sealed_json.h"
#include "matrix_wire.h"

namespace lakehouse::matrix {
namespace {

constexpr std::string_view kCorpora = "_corpora/";
constexpr std::string_view kDefinitionEnd = "/definition.json";
constexpr std::string_view kImageEnd = "/image";
constexpr std::string_view kImageFamily = "LHCORP";  // of every format there was
constexpr std::uint64_t kReadStep = std::uint64_t{1} << 20;

/// "a" of "_corpora/a/image" when `end` is "/image". Empty: another key.
std::string NameIn(std::string_view key, std::string_view end) {
  if (!key.starts_with(kCorpora) || !key.ends_with(end) || key.size() <= kCorpora.size() + end.size()) return {};
  const std::string_view name = key.substr(kCorpora.size(), key.size() - kCorpora.size() - end.size());
  return name.find('/') == std::string_view::npos ? std::string(name) : std::string();
}

/// Why the octets are no definition of this corpus is the error's message.
Result<CreateCorpusRequest> DecodeDefinition(const std::string& name, std::string_view octets) {
  CreateCorpusRequest definition = LH_TRY(DecodeJson<CreateCorpusRequest>(LH_TRY(storage::UnsealJson(octets))));
  if (definition.name != name) return Error(ErrorCode::kCorruption, "it is of corpus " + definition.name.substr(0, 80));
  if (definition.text_columns.empty()) return Error(ErrorCode::kCorruption, "it names no column of text");
  return definition;
}

}  // namespace

std::string DefinitionKey(std::string_view name) { return std::string(kCorpora) + std::string(name) + std::string(kDefinitionEnd); }
std::string ImageKey(std::string_view name) { return std::string(kCorpora) + std::string(name) + std::string(kImageEnd); }
std::string EncodeDefinition(const CreateCorpusRequest& definition) { return storage::SealJson(EncodeJson(definition)); }

Result<bool> CheckCorpusDefinition(std::string_view key, std::string_view octets) {
  const std::string name = NameIn(key, kDefinitionEnd);
  if (name.empty()) return false;
  const auto definition = DecodeDefinition(name, octets);
  if (definition) return true;
  return Error(ErrorCode::kCorruption, "it declares no corpus " + name + ": " + definition.error().message()).Named("corpus_damaged");
}

Result<bool> CheckCorpusImage(std::string_view key, std::uint64_t size_bytes, const ReadPart& read) {
  if (NameIn(key, kImageEnd).empty()) return false;
  std::uint32_t found = 0, sum = 0;
  const Error damaged = Error(ErrorCode::kCorruption, "it is no image of a corpus, or its octets have changed").Named("corrupt_object");
  if (size_bytes < kImageFamily.size() + sizeof sum) return damaged;
  const std::uint64_t end = size_bytes - sizeof sum;
  for (std::uint64_t at = 0; at < end;) {
    const std::string part = LH_TRY(read(at, std::min(kReadStep, end - at)));
    if (part.empty() || (at == 0 && !part.starts_with(kImageFamily))) return damaged;
    found = Crc32c(part, found);
    at += part.size();
  }
  const std::string tail = LH_TRY(read(end, sizeof sum));
  if (tail.size() != sizeof sum) return damaged;
  std::memcpy(&sum, tail.data(), sizeof sum);
  if (sum != found) return damaged;
  return true;
}

Result<std::vector<std::string>> DeclaredCorpora(const Context& context, storage::ObjectStore& store) {
  std::vector<std::string> names;
  for (std::string after;;) {
    const storage::ListPage page = LH_TRY(store.List(context, std::string(kCorpora), after, storage::kMaxListPage));
    for (const storage::ObjectInfo& object : page.objects)
      if (std::string name = NameIn(object.key, kDefinitionEnd); !name.empty()) names.push_back(std::move(name));
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
  auto definition = DecodeDefinition(name, *json);
  if (!definition) return damaged(definition.error().message());
  return definition;
}

}  // namespace lakehouse::matrix
