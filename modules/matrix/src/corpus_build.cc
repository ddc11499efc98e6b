#include <algorithm>

#include "hosted_corpus.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kBatch = 512;  ///< passages embedded and added at once

/// "lsa-v1" and "chargram-v1" learn from the corpus, or are ours anyway.
bool IsLearned(std::string_view embedder) { return embedder == "auto" || embedder == "lsa-v1" || embedder == "chargram-v1"; }

void KeepGeneration(const CorpusImage& before, CorpusImage& next) {
  next.learned = before.learned;
  next.embedder_id = before.embedder_id;
  next.dimension = before.dimension;
  next.generation = before.generation;
  next.vector_index = before.vector_index;
  next.learned_from = before.learned_from;
}

}  // namespace

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

bool HostedCorpus::IsWanted(const CorpusImage& image) const {
  const std::string wanted = embedder();
  if (!IsLearned(wanted)) {
    const auto provider = Provider(wanted);
    return provider != nullptr && provider->id() == image.embedder_id &&
           (provider->dimension() == 0 || provider->dimension() == image.dimension);
  }
  return image.learned != nullptr && (wanted == "auto" || image.embedder_id == wanted || image.embedder_id.starts_with(wanted + "@"));
}

std::shared_ptr<embed::Embedder> HostedCorpus::Provider(std::string_view name) const {
  return parts_.embeddings == nullptr ? nullptr : parts_.embeddings->Find(name);
}

std::shared_ptr<embed::Embedder> HostedCorpus::EmbedderOf(const CorpusImage& image) const {
  if (image.learned) return image.learned;
  const auto provider = image.embedder_id.empty() ? nullptr : Provider(image.embedder_id);
  return provider != nullptr && provider->id() == image.embedder_id ? provider : nullptr;
}

Status HostedCorpus::StartGeneration(const CorpusImage* before, CorpusImage& next, const embed::Embedder& embedder) {
  next.embedder_id = embedder.id();
  next.dimension = embedder.dimension();
  next.generation = before != nullptr ? before->generation + 1 : 1;
  next.vector_index = "corpus-" + definition_.name + "-" + std::to_string(next.generation);
  next.learned_from = next.passages.size();
  return Ok{};
}

Status HostedCorpus::ChooseEmbedder(const Context& context, const CorpusImage* before, CorpusImage& next) {
  const std::string wanted = embedder();
  if (!IsLearned(wanted)) {
    if (before != nullptr && IsWanted(*before)) return KeepGeneration(*before, next), Ok{};
    const auto provider = Provider(wanted);
    if (provider == nullptr)
      return Error(ErrorCode::kUnavailable, "the embedder \"" + wanted + "\" of corpus " + definition_.name + " is not configured any more")
          .Named("embedder_missing");
    if (provider->dimension() == 0) {
      const std::vector<std::string> any{"lakehouse"};
      LH_TRY(provider->Embed(context, any));
    }
    return StartGeneration(before, next, *provider);
  }
  // What was learned stays good until the corpus is half as large again.
  if (before != nullptr && IsWanted(*before) && next.passages.size() * 2 <= before->learned_from * 3)
    return KeepGeneration(*before, next), Ok{};
  std::vector<std::string> texts;
  texts.reserve(next.passages.size());
  for (const CorpusPassage& passage : next.passages) texts.push_back(next.IndexedText(passage));
  if (wanted != "chargram-v1") {
    auto learned = embed::LearnLsa(context, texts, {.threads = options_.threads});
    const bool too_few = !learned && learned.error().reason() == "too_few_texts";
    if (!learned && !(too_few && wanted == "auto")) return std::move(learned).TakeError();
    if (learned) next.learned = std::move(learned).Take();
  }
  if (!next.learned) next.learned = embed::MakeChargram(texts);
  return StartGeneration(before, next, *next.learned);
}

Result<HostedCorpus::Embedded> HostedCorpus::EmbedNext(const Context& context, const CorpusImage* before, CorpusImage& next) {
  Embedded outcome;
  const Status chosen = ChooseEmbedder(context, before, next);
  if (!chosen) {
    LH_TRY(context.Check());
    if (IsLearned(embedder())) return chosen.error();
    outcome.trouble = chosen.error();
    if (before != nullptr) KeepGeneration(*before, next);
  }
  const bool is_new = before == nullptr || before->vector_index != next.vector_index;
  Embedded done = LH_TRY(EmbedChanged(context, is_new ? nullptr : before, next));
  if (is_new && before != nullptr && done.trouble) {
    // Half a generation is none: the one before goes on, with the rows as they are now.
    KeepGeneration(*before, next);
    outcome.trouble = std::move(done.trouble);
    done = LH_TRY(EmbedChanged(context, before, next));
  }
  outcome.count = done.count;
  if (!outcome.trouble) outcome.trouble = std::move(done.trouble);
  return outcome;
}

Result<HostedCorpus::Embedded> HostedCorpus::EmbedChanged(const Context& context, const CorpusImage* before, CorpusImage& next) {
  if (before == nullptr && !next.vector_index.empty()) {
    const auto dropped = parts_.vectors.DropIndex(context, {next.vector_index});  // what a build left that did not come to its end
    if (!dropped && dropped.error().code() != ErrorCode::kNotFound) return dropped.error();
    LH_TRY(parts_.vectors.CreateIndex(context, {.name = next.vector_index, .dimension = next.dimension}));
  }
  std::vector<std::uint32_t> changed;
  for (std::uint32_t i = 0; i < next.passages.size(); ++i) {
    CorpusPassage& passage = next.passages[i];
    passage.embedded = false;
    passage.pending = true;
    if (before != nullptr) {
      const auto known = before->by_chunk.find(passage.chunk_id);
      const CorpusPassage* old = known == before->by_chunk.end() ? nullptr : &before->passages[known->second];
      if (old != nullptr && !old->pending && before->rows[old->row].filters == next.rows[passage.row].filters) {
        passage.embedded = old->embedded;
        passage.pending = false;
        continue;
      }
    }
    changed.push_back(i);
  }
  Embedded outcome;
  const auto with = EmbedderOf(next);
  if (with == nullptr && !changed.empty())
    outcome.trouble =
        Error(ErrorCode::kUnavailable,
              next.embedder_id.empty() ? "no vectors were made yet" : "the embedder " + next.embedder_id + " is not configured any more")
            .Named("embedder_missing");
  for (std::size_t begin = 0; begin < changed.size() && !outcome.trouble; begin += kBatch) {
    const std::size_t count = std::min(kBatch, changed.size() - begin);
    outcome.trouble = LH_TRY(AddVectors(context, next, *with, std::span(changed).subspan(begin, count)));
    if (!outcome.trouble) outcome.count += count;
    state_.Lock()->progress = .5 + .5 * static_cast<double>(begin + count) / static_cast<double>(changed.size());
  }
  next.Count();
  return outcome;
}

Result<std::optional<Error>> HostedCorpus::AddVectors(const Context& context, CorpusImage& next, embed::Embedder& with,
                                                      std::span<const std::uint32_t> passages) {
  std::vector<std::string> texts;
  for (const std::uint32_t i : passages) texts.push_back(next.IndexedText(next.passages[i]));
  auto vectors = with.Embed(context, texts);
  if (!vectors) {
    LH_TRY(context.Check());
    return std::optional<Error>(vectors.error());
  }
  vector::AddRequest request{.name = next.vector_index, .items = {}};
  for (std::size_t i = 0; i < passages.size(); ++i) {
    CorpusPassage& passage = next.passages[passages[i]];
    passage.pending = false;
    Result<embed::Embedding>& vector = (*vectors)[i];
    if (!vector) continue;  // found by its words alone
    if (vector->size() != next.dimension)
      return std::optional<Error>(Error(ErrorCode::kUnavailable, with.id() + " made a vector of " + std::to_string(vector->size()) +
                                                                     " dimensions, and " + std::to_string(next.dimension) + " before")
                                      .Named("provider_bad_answer"));
    passage.embedded = true;
    request.items.push_back({passage.chunk_id, std::move(vector).Take(), MetadataOf(next, definition_, passage.row)});
  }
  if (!request.items.empty()) LH_TRY(parts_.vectors.Add(context, request));
  return std::optional<Error>();
}

void HostedCorpus::RemoveOld(const Context& context, const CorpusImage& before, const CorpusImage& now) {
  const auto warn = [&](const Error& error) {
    // Searches skip vectors they do not know, and a start that counts too many of them builds anew.
    parts_.log.Warning("vectors of an older version stay for now",
                       {{"corpus", std::string_view(definition_.name)}, {"because", std::string_view(error.message())}});
  };
  if (before.vector_index.empty()) return;
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

}  // namespace lakehouse::matrix
