#include "hosted_corpus.h"

#include <algorithm>

#include "corpus_reader.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kBatch = 512;  ///< passages embedded and added at once

bool IsNotFound(const Error& error) { return error.code() == ErrorCode::kNotFound; }

RawJson MetadataOf(const CorpusImage& image, const CreateCorpusRequest& corpus, std::uint32_t row) {
  JsonWriter writer;
  writer.Open('{');
  for (std::size_t column = 0; column < corpus.filter_columns.size(); ++column) {
    writer.Key(corpus.filter_columns[column]);
    writer.Raw(image.rows[row].filters[column]);
  }
  writer.Close('}');
  return {std::move(writer).Take()};
}

}  // namespace

HostedCorpus::HostedCorpus(const LocalMatrixParts& parts, unsigned threads, CreateCorpusRequest definition)
    : parts_(parts), threads_(threads), definition_(std::move(definition)) {}

std::string HostedCorpus::DefinitionKey(std::string_view name) { return "_corpora/" + std::string(name) + "/definition.json"; }
std::string HostedCorpus::ImageKey() const { return "_corpora/" + definition_.name + "/image"; }

CorpusInfo HostedCorpus::Info() const {
  auto state = state_.Lock();
  CorpusInfo info;
  info.name = definition_.name;
  info.dataset = definition_.dataset;
  info.id_column = definition_.id_column;
  info.text_columns = definition_.text_columns;
  info.filter_columns = definition_.filter_columns;
  info.embedder = definition_.embedder;
  info.problem = state->problem;
  info.progress = state->progress;
  info.head_version = state->head_version;
  info.embedded_by_last_build = state->embedded_by_last_build;
  info.state = state->image ? (state->building ? "refreshing" : "ready") : state->problem ? "failed" : "building";
  if (!state->image) return info;
  const CorpusImage& image = *state->image;
  info.version = image.version;
  info.stale = image.version != state->head_version;
  info.documents = image.documents;
  info.chunks = image.passages.size();
  info.embedded = image.embedded;
  info.embedder_id = image.embedder->id();
  info.dimension = image.embedder->dimension();
  info.generation = image.generation;
  info.vector_index = image.vector_index;
  return info;
}

Status HostedCorpus::Refresh(const Context& context) {
  const std::scoped_lock alone(building_);
  if (state_.Lock()->dropped) return Ok{};
  const auto described = parts_.catalog.Describe(context, {definition_.dataset, {}});
  if (described) {
    auto state = state_.Lock();
    state->head_version = described->dataset.head.version;
    if (state->image && state->image->version == state->head_version) return state->problem.reset(), Ok{};
    state->building = true;
    state->progress = 0;
  }
  const Status built = described ? Build(context) : Status(described.error());
  auto state = state_.Lock();
  state->building = false;
  state->progress = 1;
  state->problem.reset();
  if (!built) state->problem = built.error().ToString();
  return built;
}

Result<std::shared_ptr<const CorpusImage>> HostedCorpus::LoadImage(const Context& context) {
  auto octets = parts_.store.Get(context, ImageKey());
  if (!octets && IsNotFound(octets.error())) return std::shared_ptr<const CorpusImage>();
  if (!octets) return std::move(octets).TakeError();
  const auto image = DecodeImage(*octets);
  const auto index = image ? parts_.vectors.DescribeIndex(context, {(*image)->vector_index}) : Result<vector::IndexInfo>(image.error());
  // Derived: whatever is wrong with it, it is built anew. Vectors that a build left behind would take places in results.
  if (!image || !index || index->length != (*image)->embedded || (*image)->by_value.size() != definition_.filter_columns.size()) {
    parts_.log.Warning("a kept corpus does not fit and is built anew",
                       {{"corpus", std::string_view(definition_.name)},
                        {"because", std::string_view(!image   ? image.error().message()
                                                     : !index ? index.error().message()
                                                              : "its vectors are others")}});
    return std::shared_ptr<const CorpusImage>();
  }
  return std::shared_ptr<const CorpusImage>(*image);
}

Status HostedCorpus::Build(const Context& context) {
  std::shared_ptr<const CorpusImage> before = state_.Lock()->image;
  if (!before) {
    before = LH_TRY_WHILE(LoadImage(context), "load the image of corpus " + definition_.name);
    auto state = state_.Lock();
    state->image = before;
    if (before && before->version == state->head_version) return Ok{};
  }
  const std::int64_t version = state_.Lock()->head_version;
  auto rows = LH_TRY_WHILE(ReadRows(context, parts_.query, definition_, version), "read dataset " + definition_.dataset);
  const std::shared_ptr<CorpusImage> next = CutRows(definition_.name, std::move(rows), definition_.filter_columns.size());
  next->version = version;
  state_.Lock()->progress = .2;
  LH_TRY_WHILE(ChooseEmbedder(context, before.get(), *next), "learn an embedder");
  state_.Lock()->progress = .5;
  const std::uint64_t embedded =
      LH_TRY_WHILE(EmbedChanged(context, before.get(), *next), "embed the passages of corpus " + definition_.name);
  LH_TRY_WHILE(parts_.store.Put(context, ImageKey(), EncodeImage(*next)), "keep the image of corpus " + definition_.name);
  {
    auto state = state_.Lock();
    state->image = next;
    state->embedded_by_last_build = embedded;
  }
  if (before) RemoveOld(context, *before, *next);
  return Ok{};
}

Status HostedCorpus::ChooseEmbedder(const Context& context, const CorpusImage* before, CorpusImage& next) {
  // What was learned stays good until the corpus is half as large again.
  if (before != nullptr && next.passages.size() * 2 <= before->learned_from * 3) {
    next.embedder = before->embedder;
    next.generation = before->generation;
    next.vector_index = before->vector_index;
    next.learned_from = before->learned_from;
    return Ok{};
  }
  std::vector<std::string> texts;
  texts.reserve(next.passages.size());
  for (const CorpusPassage& passage : next.passages) texts.push_back(next.IndexedText(passage));
  next.learned_from = texts.size();
  next.generation = before != nullptr ? before->generation + 1 : 1;
  next.vector_index = "corpus-" + definition_.name + "-" + std::to_string(next.generation);
  if (definition_.embedder != "chargram-v1") {
    auto learned = embed::LearnLsa(context, texts, {.threads = threads_});
    const bool too_few = !learned && learned.error().reason() == "too_few_texts";
    if (!learned && !(too_few && definition_.embedder == "auto")) return std::move(learned).TakeError();
    if (learned) next.embedder = std::move(learned).Take();
  }
  if (!next.embedder) next.embedder = embed::MakeChargram(texts);
  return Ok{};
}

Result<std::uint64_t> HostedCorpus::EmbedChanged(const Context& context, const CorpusImage* before, CorpusImage& next) {
  const bool is_new_index = before == nullptr || before->vector_index != next.vector_index;
  if (is_new_index) {
    const auto dropped = parts_.vectors.DropIndex(context, {next.vector_index});  // what a build left that did not come to its end
    if (!dropped && !IsNotFound(dropped.error())) return dropped.error();
    LH_TRY(parts_.vectors.CreateIndex(context, {.name = next.vector_index, .dimension = next.embedder->dimension()}));
  }
  std::vector<std::uint32_t> changed;
  for (std::uint32_t i = 0; i < next.passages.size(); ++i) {
    CorpusPassage& passage = next.passages[i];
    const auto known =
        is_new_index ? std::unordered_map<std::string, std::uint32_t>::const_iterator() : before->by_chunk.find(passage.chunk_id);
    const bool stays = !is_new_index && known != before->by_chunk.end() &&
                       before->rows[before->passages[known->second].row].filters == next.rows[passage.row].filters;
    if (stays) {
      passage.embedded = before->passages[known->second].embedded;
    } else {
      changed.push_back(i);
    }
  }
  for (std::size_t begin = 0; begin < changed.size(); begin += kBatch) {
    const std::size_t count = std::min(kBatch, changed.size() - begin);
    LH_TRY(AddVectors(context, next, std::span(changed).subspan(begin, count)));
    state_.Lock()->progress = .5 + .5 * static_cast<double>(begin + count) / static_cast<double>(changed.size());
  }
  next.embedded =
      static_cast<std::uint64_t>(std::count_if(next.passages.begin(), next.passages.end(), [](const auto& p) { return p.embedded; }));
  return changed.size();
}

Status HostedCorpus::AddVectors(const Context& context, CorpusImage& next, std::span<const std::uint32_t> passages) {
  std::vector<std::string> texts;
  for (const std::uint32_t i : passages) texts.push_back(next.IndexedText(next.passages[i]));
  auto vectors = LH_TRY(next.embedder->Embed(context, texts));
  vector::AddRequest request{.name = next.vector_index, .items = {}};
  for (std::size_t i = 0; i < passages.size(); ++i) {
    CorpusPassage& passage = next.passages[passages[i]];
    if (!vectors[i]) continue;  // found by its words alone
    passage.embedded = true;
    request.items.push_back({passage.chunk_id, std::move(vectors[i]).Take(), MetadataOf(next, definition_, passage.row)});
  }
  if (!request.items.empty()) LH_TRY(parts_.vectors.Add(context, request));
  return Ok{};
}

void HostedCorpus::RemoveOld(const Context& context, const CorpusImage& before, const CorpusImage& now) {
  const auto warn = [&](const Error& error) {
    // Searches skip vectors they do not know, and a start that counts too many of them builds anew.
    parts_.log.Warning("vectors of an older version stay for now",
                       {{"corpus", std::string_view(definition_.name)}, {"because", std::string_view(error.message())}});
  };
  if (before.vector_index != now.vector_index) {
    if (const auto dropped = parts_.vectors.DropIndex(context, {before.vector_index}); !dropped) warn(dropped.error());
    return;
  }
  vector::RemoveRequest request{.name = now.vector_index, .ids = {}};
  for (const CorpusPassage& passage : before.passages)
    if (passage.embedded && !now.by_chunk.contains(passage.chunk_id)) request.ids.push_back(passage.chunk_id);
  while (!request.ids.empty()) {
    const std::size_t rest = request.ids.size() > vector::kMaxItemsPerRequest ? request.ids.size() - vector::kMaxItemsPerRequest : 0;
    vector::RemoveRequest part{.name = now.vector_index,
                               .ids = {request.ids.begin() + static_cast<std::ptrdiff_t>(rest), request.ids.end()}};
    if (const auto removed = parts_.vectors.Remove(context, part); !removed) return warn(removed.error());
    request.ids.resize(rest);
  }
}

Status HostedCorpus::Remove(const Context& context) {
  const std::scoped_lock alone(building_);
  std::shared_ptr<const CorpusImage> image = state_.Lock()->image;
  state_.Lock()->dropped = true;
  if (!image) image = LH_TRY(LoadImage(context));
  if (image) {
    const auto dropped = parts_.vectors.DropIndex(context, {image->vector_index});
    if (!dropped && !IsNotFound(dropped.error())) return dropped.error();
  }
  LH_TRY(parts_.store.Delete(context, ImageKey()));
  return parts_.store.Delete(context, DefinitionKey(definition_.name));
}

}  // namespace lakehouse::matrix
