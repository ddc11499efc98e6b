#include "hosted_corpus.h"

#include <algorithm>

#include "corpus_definitions.h"
#include "corpus_reader.h"

namespace lakehouse::matrix {
namespace {

bool IsNotFound(const Error& error) { return error.code() == ErrorCode::kNotFound; }

}  // namespace

HostedCorpus::HostedCorpus(const LocalMatrixParts& parts, const LocalMatrixOptions& options, CreateCorpusRequest definition)
    : parts_(parts), options_(options), definition_(std::move(definition)) {
  Change(definition_);
}

CreateCorpusRequest HostedCorpus::definition() const {
  CreateCorpusRequest now = definition_;
  auto state = state_.Lock();
  now.embedder = state->embedder;
  now.field_weights = state->field_weights;
  return now;
}

void HostedCorpus::Change(const CreateCorpusRequest& wanted) {
  auto state = state_.Lock();
  state->embedder = wanted.embedder;
  state->field_weights = wanted.field_weights;
  state->pause = {};
}

CorpusInfo HostedCorpus::Info() const {
  CorpusInfo info;
  info.field_weights = ByField(WeightsOf(definition()), definition_.text_columns);
  auto state = state_.Lock();
  info.name = definition_.name;
  info.dataset = definition_.dataset;
  info.id_column = definition_.id_column;
  info.text_columns = definition_.text_columns;
  info.filter_columns = definition_.filter_columns;
  info.embedder = state->embedder;
  info.problem = state->problem;
  info.progress = state->progress;
  info.head_version = state->head_version;
  info.embedded_by_last_build = state->embedded_by_last_build;
  info.state = state->image     ? (state->building      ? "refreshing"
                                   : state->is_degraded ? "degraded"
                                                        : "ready")
               : state->problem ? "failed"
                                : "building";
  if (!state->image) return info;
  const CorpusImage& image = *state->image;
  info.version = image.version;
  info.stale = image.version != state->head_version;
  info.documents = image.documents;
  info.chunks = image.passages.size();
  info.embedded = image.embedded;
  info.pending = image.pending;
  info.dimension = image.dimension;
  info.generation = image.generation;
  if (image.embedder_id.empty()) return info;
  info.embedder_id = image.embedder_id;
  info.vector_index = image.vector_index;
  return info;
}

Status HostedCorpus::Refresh(const Context& context, bool may_rest) {
  const std::scoped_lock alone(building_);
  if (state_.Lock()->dropped) return Ok{};
  const auto described = parts_.catalog.Describe(context, {definition_.dataset, {}});
  if (may_rest && IsResting(described ? std::optional(described->dataset.head.version) : std::nullopt)) return Ok{};
  if (described) {
    std::shared_ptr<const CorpusImage> image;
    {
      auto state = state_.Lock();
      state->head_version = described->dataset.head.version;
      image = state->image;
    }
    const bool is_settled = image && image->version == described->dataset.head.version && IsSettled(*image);
    auto state = state_.Lock();
    state->is_degraded = state->is_degraded && !is_settled;
    if (is_settled) return state->problem.reset(), Ok{};
    state->building = true;
    state->progress = 0;
  }
  const auto built = described ? Build(context) : Result<std::optional<Error>>(described.error());
  const std::optional<Error> problem = built ? *built : std::optional<Error>(built.error());
  // Before it is shown: whoever sees the problem finds its record.
  if (problem && state_.Lock()->problem != problem->ToString() && !context.cancel.stop_requested()) {
    parts_.log.Warning("a corpus could not be built; trying again",
                       {{"corpus", std::string_view(definition_.name)}, {"because", std::string_view(problem->ToString())}});
    if (parts_.errors != nullptr) parts_.errors->Record(context, "matrixd", definition_.name, *problem);
  }
  Conclude(problem, built.ok());
  if (!built) return built.error();
  return Ok{};
}

void HostedCorpus::Conclude(const std::optional<Error>& problem, bool was_built) {
  auto state = state_.Lock();
  state->problem.reset();
  state->building = false;
  state->progress = 1;
  state->is_degraded = problem && (was_built || state->is_degraded);
  if (!problem) {
    state->pause = {};
    return;
  }
  state->problem = problem->ToString();
  state->pause.ms = std::min(std::max<std::int64_t>(state->pause.ms * 2, 1'000), options_.longest_pause_ms);
  state->pause.head_version = state->head_version;
  state->pause.until = Deadline::After(state->pause.ms);
}

bool HostedCorpus::IsResting(std::optional<std::int64_t> head_version) const {
  auto state = state_.Lock();
  return state->pause.ms > 0 && state->pause.head_version == head_version.value_or(state->pause.head_version) &&
         state->pause.until.RemainingMs() != 0;
}

bool HostedCorpus::IsSettled(const CorpusImage& image) const {
  return image.pending == 0 && IsWanted(image) && image.weights == WeightsOf(definition());
}

Result<std::shared_ptr<const CorpusImage>> HostedCorpus::LoadImage(const Context& context) {
  auto octets = parts_.store.Get(context, ImageKey(definition_.name));
  if (!octets && IsNotFound(octets.error())) return std::shared_ptr<const CorpusImage>();
  if (!octets) return std::move(octets).TakeError();
  const auto image = DecodeImage(*octets);
  const bool has_index = image && !(*image)->vector_index.empty();
  const auto index = has_index ? parts_.vectors.DescribeIndex(context, {(*image)->vector_index})
                     : image   ? Result<vector::IndexInfo>(vector::IndexInfo())
                               : Result<vector::IndexInfo>(image.error());
  // Derived: whatever is wrong with it, it is built anew. Vectors that a build left behind would take places in results.
  if (!image || !index || (has_index && index->length != (*image)->embedded) ||
      (*image)->by_value.size() != definition_.filter_columns.size()) {
    parts_.log.Warning("a kept corpus does not fit and is built anew",
                       {{"corpus", std::string_view(definition_.name)},
                        {"because", std::string_view(!image   ? image.error().message()
                                                     : !index ? index.error().message()
                                                              : "its vectors are others")}});
    return std::shared_ptr<const CorpusImage>();
  }
  return std::shared_ptr<const CorpusImage>(*image);
}

Result<std::optional<Error>> HostedCorpus::Build(const Context& context) {
  std::shared_ptr<const CorpusImage> before = state_.Lock()->image;
  if (!before) {
    before = LH_TRY_WHILE(LoadImage(context), "load the image of corpus " + definition_.name);
    auto state = state_.Lock();
    state->image = before;
  }
  const std::int64_t version = state_.Lock()->head_version;
  if (before && before->version == version && IsSettled(*before)) return std::optional<Error>();
  auto rows = LH_TRY_WHILE(ReadRows(context, parts_.query, definition_, version), "read dataset " + definition_.dataset);
  const std::shared_ptr<CorpusImage> next =
      CutRows(definition_.name, std::move(rows), definition_.filter_columns.size(), WeightsOf(definition()));
  next->version = version;
  state_.Lock()->progress = .2;
  const Embedded embedded = LH_TRY_WHILE(EmbedNext(context, before.get(), *next), "embed the passages of corpus " + definition_.name);
  LH_TRY_WHILE(parts_.store.Put(context, ImageKey(definition_.name), EncodeImage(*next)), "keep the image of corpus " + definition_.name);
  {
    auto state = state_.Lock();
    state->image = next;
    state->embedded_by_last_build = embedded.count;
  }
  if (before) RemoveOld(context, *before, *next);
  return embedded.trouble;
}

Status HostedCorpus::Remove(const Context& context) {
  const std::scoped_lock alone(building_);
  std::shared_ptr<const CorpusImage> image = state_.Lock()->image;
  state_.Lock()->dropped = true;
  if (!image) image = LH_TRY(LoadImage(context));
  if (image && !image->vector_index.empty()) {
    const auto dropped = parts_.vectors.DropIndex(context, {image->vector_index});
    if (!dropped && !IsNotFound(dropped.error())) return dropped.error();
    // A generation that did not come to its end.
    const auto begun = parts_.vectors.DropIndex(context, {"corpus-" + definition_.name + "-" + std::to_string(image->generation + 1)});
    if (!begun && !IsNotFound(begun.error())) return begun.error();
  }
  LH_TRY(parts_.store.Delete(context, ImageKey(definition_.name)));
  return parts_.store.Delete(context, DefinitionKey(definition_.name));
}

}  // namespace lakehouse::matrix
