#include "lakehouse/matrix/local_matrix.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>

#include "hosted_corpus.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/catalog/dataset_name.h"
#include "matrix_wire.h"

namespace lakehouse::matrix {
namespace {

constexpr std::int64_t kBuildTimeoutMs = 60 * 60'000;
constexpr std::string_view kDefinitionEnd = "/definition.json";

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
  if (request.fusion != "weighted" && request.fusion != "rrf")
    return BadRequest("fusion is \"" + request.fusion + "\"; expected weighted or rrf").Named("bad_fusion");
  if (!(request.alpha >= 0 && request.alpha <= 1)) return BadRequest("alpha: expected a number from 0 to 1").Named("bad_alpha");
  if (request.query_text.empty()) return BadRequest("query_text is empty; say what is looked for").Named("empty_query");
  if (request.query_text.size() > 32'768) return Error(ErrorCode::kTooLarge, "query_text has more than 32 KiB");
  return Ok{};
}

class LocalMatrix final : public Matrix {
 public:
  LocalMatrix(LocalMatrixParts parts, LocalMatrixOptions options) : parts_(parts), options_(options) {
    if (options_.poll_ms > 0) tasks_.Start("corpora", [this](const std::stop_token& stop) { KeepUp(stop); });
  }

  Result<CorpusInfo> CreateCorpus(const Context& context, const CreateCorpusRequest& request) override {
    LH_TRY(context.Check());
    LH_TRY(CheckName(request.name));
    if (request.text_columns.empty())
      return BadRequest("text_columns: name at least one column that is to be searched").Named("no_text_columns");
    if (request.embedder != "auto" && request.embedder != "lsa-v1" && request.embedder != "chargram-v1")
      return BadRequest("embedder is \"" + request.embedder + "\"; expected auto, lsa-v1 or chargram-v1").Named("unknown_embedder");
    LH_TRY(Load(context));
    if (const auto known = Known(request.name)) return Same(*known, request);
    const auto described = LH_TRY(parts_.catalog.Describe(context, {request.dataset, {}}));
    LH_TRY(CheckColumns(request, described.dataset.head.schema));
    const auto put = parts_.store.PutIfAbsent(context, HostedCorpus::DefinitionKey(request.name), EncodeJson(request));
    if (!put && put.error().code() != ErrorCode::kAlreadyExists) return put.error();
    if (!put) LH_TRY(LoadOne(context, HostedCorpus::DefinitionKey(request.name)));  // another process was first
    const auto corpus = put ? Host(request) : Known(request.name);
    Wake();
    return Same(*corpus, request);
  }

  Result<ListCorporaResponse> ListCorpora(const Context& context, const ListCorporaRequest&) override {
    LH_TRY(Load(context));
    ListCorporaResponse response;
    for (const auto& corpus : All()) response.corpora.push_back(corpus->Info());
    return response;
  }

  Result<CorpusInfo> DescribeCorpus(const Context& context, const CorpusRequest& request) override {
    return LH_TRY(Find(context, request.name))->Info();
  }

  Result<CorpusInfo> RefreshCorpus(const Context& context, const CorpusRequest& request) override {
    const auto corpus = LH_TRY(Find(context, request.name));
    LH_TRY(corpus->Refresh(context));
    return corpus->Info();
  }

  Result<DropCorpusResponse> DropCorpus(const Context& context, const CorpusRequest& request) override {
    const auto corpus = LH_TRY(Find(context, request.name));
    LH_TRY(corpus->Remove(context));
    corpora_.Lock()->erase(request.name);
    return DropCorpusResponse{};
  }

  Result<SearchResponse> Search(const Context& context, const SearchRequest& request) override {
    LH_TRY(CheckSearch(request));
    SearchResponse response;
    for (const std::string& name : request.corpora) {
      CorpusAnswer answer = LH_TRY_WHILE(LH_TRY(Find(context, name))->Search(context, request), "search corpus " + name);
      std::move(answer.hits.begin(), answer.hits.end(), std::back_inserter(response.results));
      response.searched.push_back(std::move(answer.searched));
      response.query_weights.merge(answer.query_weights);
      response.corrected.merge(answer.corrected);
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
    if (!corpus) corpus = std::make_shared<HostedCorpus>(parts_, options_.threads, definition);
    return corpus;
  }
  Result<CorpusInfo> Same(const HostedCorpus& corpus, const CreateCorpusRequest& request) {
    if (IsSame(corpus.definition(), request)) return corpus.Info();
    return Error(ErrorCode::kAlreadyExists, "corpus " + request.name + " is declared otherwise; drop it first, or take another name")
        .Named("corpus_exists");
  }

  Result<std::shared_ptr<HostedCorpus>> Find(const Context& context, const std::string& name) {
    LH_TRY(context.Check());
    LH_TRY(Load(context));
    if (auto known = Known(name)) return known;
    catalog::NearestName nearest(name);
    for (const auto& corpus : All()) nearest.Consider(corpus->definition().name);
    return Error(ErrorCode::kNotFound,
                 "there is no corpus \"" + name + "\"" + (nearest.best() ? "; did you mean " + *nearest.best() + "?" : ""))
        .Named("corpus_not_found");
  }

  Status LoadOne(const Context& context, const std::string& key) {
    const std::string json = LH_TRY(parts_.store.Get(context, key));
    Host(LH_TRY_WHILE(DecodeJson<CreateCorpusRequest>(json), "read " + key));
    return Ok{};
  }
  /// The declared corpora, once.
  Status Load(const Context& context) {
    auto loaded = loaded_.Lock();
    if (*loaded) return Ok{};
    for (std::string after;;) {
      const storage::ListPage page = LH_TRY(parts_.store.List(context, "_corpora/", after, storage::kMaxListPage));
      for (const storage::ObjectInfo& object : page.objects)
        if (object.key.ends_with(kDefinitionEnd)) LH_TRY(LoadOne(context, object.key));
      if (page.next.empty()) break;
      after = page.next;
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
      for (const auto& corpus : All()) Keep(context, *corpus);
      std::unique_lock lock(wake_mutex_);
      wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.poll_ms), [this] { return wanted_; });
      wanted_ = false;
    }
  }
  void Keep(const Context& context, HostedCorpus& corpus) {
    const auto before = corpus.Info().problem;
    const Status done = corpus.Refresh(context);
    if (done || context.cancel.stop_requested() || before == done.error().ToString()) return;
    parts_.log.Warning("a corpus could not be built; trying again",
                       {{"corpus", std::string_view(corpus.definition().name)}, {"because", std::string_view(done.error().message())}});
  }

  const LocalMatrixParts parts_;
  const LocalMatrixOptions options_;
  Guarded<Corpora> corpora_;
  Guarded<bool> loaded_;
  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = false;
  TaskGroup tasks_;
};

}  // namespace

std::unique_ptr<Matrix> MakeLocalMatrix(LocalMatrixParts parts, LocalMatrixOptions options) {
  return std::make_unique<LocalMatrix>(parts, options);
}

}  // namespace lakehouse::matrix
