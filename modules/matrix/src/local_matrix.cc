#include "lakehouse/matrix/local_matrix.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>

#include "corpus_definitions.h"
#include "field_weights.h"
#include "hosted_corpus.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/catalog/dataset_name.h"
#include "load_warnings.h"
#include "matrix_wire.h"

namespace lakehouse::matrix {
namespace {

constexpr std::int64_t kBuildTimeoutMs = 60 * 60'000;

Error BadRequest(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

Status CheckName(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  if (!name.empty() && name.size() <= 64 && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), fits)) return Ok{};
  return BadRequest("a corpus's name is 1 to 64 of a-z, 0-9, '_' and '-', beginning with a letter; found \"" +
                    std::string(name.substr(0, 80)) + "\"")
      .Named("invalid_name");
}

Status CheckColumns(const CreateCorpusRequest& corpus, const catalog::Schema& schema) {
  std::vector<std::string> wanted = corpus.text_columns;
  wanted.insert(wanted.end(), corpus.filter_columns.begin(), corpus.filter_columns.end());
  wanted.push_back(corpus.id_column);
  for (const std::string& name : wanted) {
    catalog::NearestName nearest(name);
    bool found = false;
    for (const catalog::Column& column : schema.columns) {
      found = found || column.name == name;
      nearest.Consider(column.name);
    }
    if (!found)
      return BadRequest("dataset " + corpus.dataset + " has no column \"" + name + "\"" +
                        (nearest.best() ? "; did you mean " + *nearest.best() + "?" : ""))
          .Named("no_such_column");
  }
  return Ok{};
}

bool IsSame(const CreateCorpusRequest& a, const CreateCorpusRequest& b) { return EncodeJson(a) == EncodeJson(b); }

Status CheckSearch(const SearchRequest& request) {
  if (request.corpora.empty()) return BadRequest("corpora: name at least one").Named("no_corpora");
  if (request.k < 1 || request.k > kMostHits)
    return BadRequest("k is " + std::to_string(request.k) + "; expected 1 to 1,000").Named("bad_k");
  if (request.k_of_each() < 1 || request.per_corpus_k.value_or(1) > kMostHits)
    return BadRequest("per_corpus_k is " + std::to_string(*request.per_corpus_k) + "; expected 1 to 1,000").Named("bad_per_corpus_k");
  if (request.fusion != "weighted" && request.fusion != "rrf")
    return BadRequest("fusion is \"" + request.fusion + "\"; expected weighted or rrf").Named("bad_fusion");
  const auto is_share = [](const std::optional<double>& one) { return !one || (*one >= 0 && *one <= 1); };
  if (!is_share(request.alpha)) return BadRequest("alpha: expected a number from 0 to 1").Named("bad_alpha");
  if (!is_share(request.feedback)) return BadRequest("feedback: expected a number from 0 to 1").Named("bad_feedback");
  if (!request.rerank.empty() && request.rerank != "lexical-v1")
    return BadRequest("rerank is \"" + request.rerank + "\"; expected lexical-v1, or nothing").Named("bad_rerank");
  if (!is_share(request.diversity)) return BadRequest("diversity: expected a number from 0 to 1").Named("bad_diversity");
  if (request.diversity > 0 && request.k > kMostDiverse)
    return BadRequest("k is " + std::to_string(request.k) + "; with diversity expected 1 to 100").Named("bad_k");
  if (request.query_text.empty() && !request.query_vector)
    return BadRequest("query_text is empty; say what is looked for, or give query_vector").Named("empty_query");
  if (request.query_text.empty() && request.alpha.value_or(0) > 0)
    return BadRequest("alpha is the share of words, and query_vector alone has none; leave alpha out, or give query_text, too")
        .Named("bad_alpha");
  if (request.query_text.size() > 32'768) return Error(ErrorCode::kTooLarge, "query_text has more than 32 KiB");
  return Ok{};
}

Status CheckOneEmbedder(const SearchedCorpus& one, const SearchedCorpus& other) {
  if (one.embedder_id == other.embedder_id) return Ok{};
  return BadRequest("query_vector is of one embedder, and corpus " + one.corpus + " is of " + one.embedder_id + ", corpus " + other.corpus +
                    " of " + other.embedder_id + "; vectors of different embedders are never compared: search them one by one")
      .Named("wrong_embedder");
}

class LocalMatrix final : public Matrix {
 public:
  LocalMatrix(LocalMatrixParts parts, LocalMatrixOptions options) : parts_(std::move(parts)), options_(options) {
    if (options_.poll_ms > 0) tasks_.Start("corpora", [this](const std::stop_token& stop) { KeepUp(stop); });
  }

  Result<CorpusInfo> CreateCorpus(const Context& context, const CreateCorpusRequest& request) override {
    LH_TRY(context.Check());
    LH_TRY(CheckName(request.name));
    if (request.text_columns.empty())
      return BadRequest("text_columns: name at least one column that is to be searched").Named("no_text_columns");
    LH_TRY(CheckEmbedder(request.embedder));
    LH_TRY(CheckFieldWeights(request));
    LH_TRY(Load(context));
    if (const auto error = Damage(request.name)) return *error;
    CreateCorpusRequest declared = request;
    if (const auto known = Known(request.name)) return Redeclare(context, *known, declared);
    const auto described = LH_TRY(parts_.catalog.Describe(context, {request.dataset, {}}));
    LH_TRY(CheckColumns(request, described.dataset.head.schema));
    if (declared.embedder.empty()) declared.embedder = "auto";
    const auto put = parts_.store.PutIfAbsent(context, DefinitionKey(request.name), EncodeDefinition(declared));
    if (!put && put.error().code() != ErrorCode::kAlreadyExists) return put.error();
    if (!put) Host(LH_TRY(ReadDefinition(context, parts_.store, request.name)));  // another process was first
    const auto corpus = put ? Host(declared) : Known(request.name);
    Wake();
    return Redeclare(context, *corpus, declared);
  }

  Result<ListCorporaResponse> ListCorpora(const Context& context, const ListCorporaRequest&) override {
    LH_TRY(Load(context));
    ListCorporaResponse response;
    for (const auto& corpus : All()) response.corpora.push_back(corpus->Info());
    for (const auto& [name, error] : *damaged_.Lock()) response.corpora.push_back(InfoOf(name, error));
    std::sort(response.corpora.begin(), response.corpora.end(), [](const CorpusInfo& x, const CorpusInfo& y) { return x.name < y.name; });
    return response;
  }

  Result<CorpusInfo> DescribeCorpus(const Context& context, const CorpusRequest& request) override {
    LH_TRY(Load(context));
    if (const auto error = Damage(request.name)) return InfoOf(request.name, *error);
    return LH_TRY(Find(context, request.name))->Info();
  }

  Result<CorpusInfo> RefreshCorpus(const Context& context, const CorpusRequest& request) override {
    const auto corpus = LH_TRY(Find(context, request.name));
    LH_TRY(corpus->Refresh(context));
    return corpus->Info();
  }

  Result<DropCorpusResponse> DropCorpus(const Context& context, const CorpusRequest& request) override {
    LH_TRY(Load(context));
    if (Damage(request.name)) return DropDamaged(context, request.name);
    const auto corpus = LH_TRY(Find(context, request.name));
    LH_TRY(corpus->Remove(context));
    corpora_.Lock()->erase(request.name);
    return DropCorpusResponse{};
  }

  Result<SearchResponse> Search(const Context& context, const SearchRequest& request) override {
    LH_TRY(CheckSearch(request));
    SearchResponse response;
    // Before the search: rows that are there when it begins are not said to be missing.
    const std::vector<DatasetLoad> loads = LoadsUnderWay(context, parts_.loads);
    for (const std::string& name : request.corpora) {
      CorpusAnswer answer = LH_TRY_WHILE(LH_TRY(Find(context, name))->Search(context, request), "search corpus " + name);
      std::move(answer.hits.begin(), answer.hits.end(), std::back_inserter(response.results));
      WarnOfLoads(loads, name, answer.searched.dataset, answer.warnings);
      response.searched.push_back(std::move(answer.searched));
      if (request.query_vector) LH_TRY(CheckOneEmbedder(response.searched.front(), response.searched.back()));
      response.query_weights.merge(answer.query_weights);
      response.corrected.merge(answer.corrected);
      std::move(answer.warnings.begin(), answer.warnings.end(), std::back_inserter(response.warnings));
    }
    std::stable_sort(response.results.begin(), response.results.end(), [](const Hit& a, const Hit& b) { return a.score > b.score; });
    if (response.results.size() > request.k) response.results.resize(request.k);
    for (SearchedCorpus& searched : response.searched)
      searched.hits = static_cast<std::uint64_t>(
          std::count_if(response.results.begin(), response.results.end(), [&](const Hit& hit) { return hit.corpus == searched.corpus; }));
    return response;
  }

 private:
  using Corpora = std::map<std::string, std::shared_ptr<HostedCorpus>>;

  std::shared_ptr<HostedCorpus> Known(const std::string& name) {
    auto corpora = corpora_.Lock();
    const auto found = corpora->find(name);
    return found == corpora->end() ? nullptr : found->second;
  }
  std::vector<std::shared_ptr<HostedCorpus>> All() {
    std::vector<std::shared_ptr<HostedCorpus>> all;
    auto corpora = corpora_.Lock();
    for (const auto& [name, corpus] : *corpora) all.push_back(corpus);
    return all;
  }
  std::shared_ptr<HostedCorpus> Host(const CreateCorpusRequest& definition) {
    auto corpora = corpora_.Lock();
    auto& corpus = (*corpora)[definition.name];
    if (!corpus) corpus = std::make_shared<HostedCorpus>(parts_, options_, definition);
    return corpus;
  }
  Status CheckEmbedder(const std::string& name) const {
    if (name.empty() || name == "auto" || name == "lsa-v1" || name == "chargram-v1") return Ok{};
    if (parts_.embeddings != nullptr && parts_.embeddings->Find(name) != nullptr) return Ok{};
    return BadRequest("embedder is \"" + name.substr(0, 80) +
                      "\"; expected auto, lsa-v1, chargram-v1, or ollama, openai or sidecar where the settings embed.…_url say where it is")
        .Named("unknown_embedder");
  }
  /// The corpus as it is, with the embedder and the weights that are asked for.
  Result<CorpusInfo> Redeclare(const Context& context, HostedCorpus& corpus, const CreateCorpusRequest& request) {
    const CreateCorpusRequest now = corpus.definition();
    CreateCorpusRequest wanted = now;
    if (!request.embedder.empty()) wanted.embedder = request.embedder;
    if (request.field_weights) wanted.field_weights = request.field_weights;
    CreateCorpusRequest asked = request;
    asked.embedder = wanted.embedder;
    asked.field_weights = wanted.field_weights;
    if (!IsSame(asked, wanted))
      return Error(ErrorCode::kAlreadyExists, "corpus " + request.name + " is declared otherwise; drop it first, or take another name")
          .Named("corpus_exists");
    if (IsSame(now, wanted)) return corpus.Info();
    LH_TRY(parts_.store.Put(context, DefinitionKey(request.name), EncodeDefinition(wanted)));
    corpus.Change(wanted);
    Wake();
    return corpus.Info();
  }

  std::optional<Error> Damage(const std::string& name) {
    auto damaged = damaged_.Lock();
    const auto found = damaged->find(name);
    return found == damaged->end() ? std::optional<Error>() : found->second;
  }
  static CorpusInfo InfoOf(const std::string& name, const Error& damage) {
    CorpusInfo info;
    info.name = name;
    info.state = "damaged";
    info.problem = damage.ToString();
    return info;
  }
  /// What its declaration would have told is found by its name.
  Result<DropCorpusResponse> DropDamaged(const Context& context, const std::string& name) {
    const auto indexes = LH_TRY(parts_.vectors.ListIndexes(context, {}));
    for (const vector::IndexInfo& index : indexes.indexes) {
      const std::string prefix = "corpus-" + name + "-";
      const bool is_its = index.name.starts_with(prefix) && index.name.find_first_not_of("0123456789", prefix.size()) == std::string::npos;
      if (is_its) LH_TRY(parts_.vectors.DropIndex(context, {index.name}));
    }
    LH_TRY(parts_.store.Delete(context, ImageKey(name)));
    LH_TRY(parts_.store.Delete(context, DefinitionKey(name)));
    damaged_.Lock()->erase(name);
    return DropCorpusResponse{};
  }

  Result<std::shared_ptr<HostedCorpus>> Find(const Context& context, const std::string& name) {
    LH_TRY(context.Check());
    LH_TRY(Load(context));
    if (auto known = Known(name)) return known;
    if (auto error = Damage(name)) return std::move(*error);
    catalog::NearestName nearest(name);
    for (const auto& corpus : All()) nearest.Consider(corpus->definition().name);
    return Error(ErrorCode::kNotFound,
                 "there is no corpus \"" + name + "\"" + (nearest.best() ? "; did you mean " + *nearest.best() + "?" : ""))
        .Named("corpus_not_found");
  }

  /// The declared corpora, once. One that cannot be read is set aside: the others serve.
  Status Load(const Context& context) {
    auto loaded = loaded_.Lock();
    if (*loaded) return Ok{};
    for (const std::string& name : LH_TRY(DeclaredCorpora(context, parts_.store))) {
      auto definition = ReadDefinition(context, parts_.store, name);
      if (definition) {
        Host(*definition);
      } else if (definition.error().code() == ErrorCode::kCorruption) {
        parts_.log.Error("a corpus is set aside",
                         {{"corpus", std::string_view(name)}, {"because", std::string_view(definition.error().message())}});
        if (parts_.errors != nullptr) parts_.errors->Record(context, "matrixd", name, definition.error());
        damaged_.Lock()->insert_or_assign(name, definition.error());
      } else if (definition.error().code() != ErrorCode::kNotFound) {  // dropped meanwhile
        return definition.error();
      }
    }
    *loaded = true;
    return Ok{};
  }

  void Wake() {
    {
      const std::scoped_lock lock(wake_mutex_);
      wanted_ = true;
    }
    wake_.notify_all();
  }
  void KeepUp(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Context context{.principal = "system", .trace = "corpora", .deadline = Deadline::After(kBuildTimeoutMs), .cancel = stop};
      if (const Status loaded = Load(context); !loaded && !stop.stop_requested())
        parts_.log.Warning("the corpora could not be loaded; trying again", {{"because", std::string_view(loaded.error().message())}});
      for (const auto& corpus : All()) [[maybe_unused]]
        const Status kept = corpus->Refresh(context, true);  // it has said what is wrong
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.poll_ms), [this] { return wanted_; });
      wanted_ = false;
    }
  }
  const LocalMatrixParts parts_;
  const LocalMatrixOptions options_;
  Guarded<Corpora> corpora_;
  Guarded<std::map<std::string, Error>> damaged_;
  Guarded<bool> loaded_;
  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = false;
  TaskGroup tasks_;
};

}  // namespace

std::unique_ptr<Matrix> MakeLocalMatrix(LocalMatrixParts parts, LocalMatrixOptions options) {
  return std::make_unique<LocalMatrix>(std::move(parts), options);
}

}  // namespace lakehouse::matrix
