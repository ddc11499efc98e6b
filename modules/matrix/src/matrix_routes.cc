#include "lakehouse/matrix/matrix_routes.h"

#include "lakehouse/base/schema_of.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "matrix_wire.h"

namespace lakehouse::matrix {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Route;

constexpr std::uint64_t kMostBody = 1 << 20;
constexpr std::int64_t kRefreshTimeoutMs = 60 * 60'000;

/// As callers write it: what has a usual value may be left out.
struct CorpusBody {
  std::string name, dataset, id_column;
  std::vector<std::string> text_columns;
  std::optional<std::vector<std::string>> filter_columns;
  std::optional<std::string> embedder;
  std::optional<std::map<std::string, double>> field_weights;
};
BOOST_DESCRIBE_STRUCT(CorpusBody, (), (name, dataset, id_column, text_columns, filter_columns, embedder, field_weights))

struct SearchBody {
  std::optional<std::string> query_text;
  std::optional<std::vector<float>> query_vector;
  std::optional<std::string> model;
  std::vector<std::string> corpora;
  std::optional<std::uint32_t> k, per_corpus_k;
  std::optional<RawJson> metadata_filter;
  std::optional<std::vector<std::string>> exclude_ids;
  std::optional<std::string> fusion;
  std::optional<double> alpha;
  std::optional<double> feedback;
  std::optional<std::string> rerank;
  std::optional<double> diversity;
};
BOOST_DESCRIBE_STRUCT(SearchBody, (),
                      (query_text, query_vector, model, corpora, k, per_corpus_k, metadata_filter, exclude_ids, fusion, alpha, feedback,
                       rerank, diversity))

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result, int status = 200) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(status, EncodeJson(*result));
}

Result<CorpusInfo> Create(Matrix& matrix, const Context& context, const HttpRequest& request) {
  CorpusBody body = LH_TRY(DecodeJson<CorpusBody>(request.body));
  return matrix.CreateCorpus(context, {.name = std::move(body.name),
                                       .dataset = std::move(body.dataset),
                                       .id_column = std::move(body.id_column),
                                       .text_columns = std::move(body.text_columns),
                                       .filter_columns = std::move(body.filter_columns).value_or(std::vector<std::string>()),
                                       .embedder = std::move(body.embedder).value_or(""),
                                       .field_weights = std::move(body.field_weights)});
}

Result<SearchResponse> Search(Matrix& matrix, const Context& context, const HttpRequest& request) {
  SearchBody body = LH_TRY(DecodeJson<SearchBody>(request.body));
  return matrix.Search(context, {.query_text = std::move(body.query_text).value_or(""),
                                 .query_vector = std::move(body.query_vector),
                                 .model = std::move(body.model),
                                 .corpora = std::move(body.corpora),
                                 .k = body.k.value_or(10),
                                 .per_corpus_k = body.per_corpus_k,
                                 .metadata_filter = std::move(body.metadata_filter),
                                 .exclude_ids = std::move(body.exclude_ids).value_or(std::vector<std::string>()),
                                 .only_ids = {},
                                 .fusion = std::move(body.fusion).value_or("weighted"),
                                 .alpha = body.alpha,
                                 .feedback = body.feedback,
                                 .rerank = std::move(body.rerank).value_or(""),
                                 .diversity = body.diversity.value_or(0)});
}

HttpResponse Drop(Matrix& matrix, const Context& context, const HttpRequest& request) {
  const auto dropped = matrix.DropCorpus(context, {request.path_params.at("name")});
  if (!dropped) return HttpResponse::FromError(dropped.error(), context.trace);
  HttpResponse response;
  response.status = 204;
  return response;
}

template <typename T>
Route RouteOf(std::string method, std::string pattern, std::string summary, int status, decltype(Route::handle) handle) {
  Route route = net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "matrix", "matrix");
  route.answers = {{status, "", SchemaOf<T>()}};
  route.handle = std::move(handle);
  route.faults = {{400, {"bad_alpha",       "bad_diversity",
                         "bad_feedback",    "bad_field_weights",
                         "bad_filter",      "bad_fusion",
                         "bad_k",           "bad_per_corpus_k",
                         "bad_request",     "bad_rerank",
                         "empty_query",     "invalid_name",
                         "no_corpora",      "no_such_column",
                         "no_text_columns", "not_finite",
                         "out_of_range",    "unknown_embedder",
                         "wrong_dimension", "wrong_embedder",
                         "zero_norm",       "…"}},
                  {404, {"corpus_not_found", "…"}},
                  {409, {"corpus_exists"}},
                  {422, {"too_few_texts", "…"}},
                  {503, {"corpus_building", "vectors_pending", "…"}}};
  if (route.pattern.find("{name}") != std::string::npos) route.params.push_back(net::PathText("name", "the corpus", "notes"));
  return route;
}

Route CreateRoute(Matrix& m) {
  Route route = RouteOf<CorpusInfo>("POST", "/corpora", "Make a dataset searchable by words and meaning", 201,
                                    [&m](const Context& c, HttpRequest& r) { return Answer(c, Create(m, c, r), 201); });
  route.description =
      "It is built in the background, and again whenever the dataset changes: state and progress tell how far. The same declaration again "
      "answers with the corpus as it is. embedder: lsa-v1 learns from the corpus itself, chargram-v1 compares pieces of words; auto takes "
      "the first that the corpus is large enough for; ollama, openai and sidecar are providers, where the configuration has them. The same "
      "declaration with another embedder changes to that: its vectors are made behind, and swapped in when all are there. field_weights, "
      "0 to 100: what a word counts by the text column it stands in, and by \"headings\", those above a passage in its text; the same "
      "declaration with other weights changes them, and embeds nothing for it.";
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMostBody;
  route.request_schema = SchemaOf<CorpusBody>();
  route.request_example =
      R"({"name":"notes","dataset":"workers","id_column":"worker_id","text_columns":["note"],"filter_columns":["city"],"field_weights":{"headings":1.5}})";
  return route;
}

/// Of these corpora those whose searches do not know all of their dataset by words and meaning.
Result<ListCorporaResponse> Stale(Matrix& matrix, const Context& context) {
  ListCorporaResponse listed = LH_TRY(matrix.ListCorpora(context, {}));
  std::erase_if(listed.corpora, [](const CorpusInfo& one) { return one.version && !one.stale && one.pending == 0; });
  return listed;
}

Result<ListCorporaResponse> RefreshAll(Matrix& matrix, const Context& context, const std::string& dataset) {
  ListCorporaResponse refreshed;
  for (const CorpusInfo& one : LH_TRY(matrix.ListCorpora(context, {})).corpora)
    if (catalog::FoldName(one.dataset) == catalog::FoldName(dataset))
      refreshed.corpora.push_back(LH_TRY(matrix.RefreshCorpus(context, {one.name})));
  if (refreshed.corpora.empty())
    return Error(ErrorCode::kNotFound, "there is no corpus over dataset \"" + dataset + "\"; declare one with POST /corpora")
        .Named("corpus_not_found");
  return refreshed;
}

Route SearchRoute(Matrix& m) {
  Route route = RouteOf<SearchResponse>("POST", "/matrix/search", "Search corpora by words and meaning", 200,
                                        [&m](const Context& c, HttpRequest& r) { return Answer(c, Search(m, c, r)); });
  route.description =
      "results: min(k, documents that fit the filter), of each corpus per_corpus_k at most, best first, each with its best passage and "
      "why it stands there. query_vector stands for the vector of query_text, whose words are searched all the same; without query_text "
      "nothing is fused: score is the cosine, distance 1 less that, and feedback is none unless it is asked for. It must have the "
      "dimension of every corpus, and all of them one embedder_id, for vectors of different embedders are never compared. model says "
      "which embedder made query_vector, or has to make the vector of query_text: where a corpus has another, that is the answer. "
      "metadata_filter names filter columns with a value or a list of values; all must hold. fusion: weighted (default; alpha is the "
      "share of words, from 0, meaning alone, to 1, words alone) or rrf. feedback, 0 to 1: how far the query moves toward what was found "
      "first before meaning is searched again; why.moved_query marks those passages. Absent, alpha and feedback are what suits the "
      "corpus' embedder; searched says what was used. Beside meaning, a word that keeps the same company throughout the corpus stands "
      "for one that a passage lacks (why.kin); why.fields says what each field brought. What stands in double quotes must stand so in a "
      "result, in queries of up to 32 words; weld* is every word that begins so. rerank: lexical-v1 looks at the first 50 passages once "
      "more, at how near each other the query's words stand, how many of them there are, and the title (why.rerank). diversity, 0 to 1, "
      "with k up to 100: a hit that is like one before it stands back (why.likeness). An error of one corpus is the answer: a part would "
      "lie about the whole. warnings say what the results lack: meaning_unavailable when the embedding provider does not answer, so that "
      "words alone decide; vectors_pending when some passages have no vector yet; version_pending when the dataset has a newer version, "
      "which is being made searchable; being_loaded when rows are on their way into the dataset, with the job and how far it is.";
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMostBody;
  route.request_schema = SchemaOf<SearchBody>();
  route.request_example =
      R"({"query_text":"worker 7","corpora":["notes"],"k":5,"per_corpus_k":5,"metadata_filter":{"city":["Gary","Joliet"]}})";
  return route;
}

}  // namespace

std::vector<Route> MatrixRoutes(Matrix& m) {
  const auto name = [](const HttpRequest& r) { return CorpusRequest{r.path_params.at("name")}; };
  std::vector<Route> routes;
  routes.push_back(CreateRoute(m));
  routes.push_back(RouteOf<ListCorporaResponse>("GET", "/corpora", "All corpora", 200,
                                                [&m](const Context& c, HttpRequest&) { return Answer(c, m.ListCorpora(c, {})); }));
  routes.push_back(RouteOf<CorpusInfo>("GET", "/corpora/{name}", "One corpus: state, progress, freshness, embedder", 200,
                                       [&m, name](const Context& c, HttpRequest& r) { return Answer(c, m.DescribeCorpus(c, name(r))); }));
  Route refresh = RouteOf<CorpusInfo>("POST", "/corpora/{name}/refresh", "Build now what the dataset has", 200,
                                      [&m, name](const Context& c, HttpRequest& r) { return Answer(c, m.RefreshCorpus(c, name(r))); });
  refresh.timeout_ms = kRefreshTimeoutMs;
  routes.push_back(std::move(refresh));
  Route drop = RouteOf<CorpusInfo>("DELETE", "/corpora/{name}", "Make a dataset searchable no longer; its rows stay", 204,
                                   [&m](const Context& c, HttpRequest& r) { return Drop(m, c, r); });
  drop.answers = {{204, "It is gone", {}, {}}};
  routes.push_back(std::move(drop));
  routes.push_back(SearchRoute(m));
  routes.push_back(RouteOf<ListCorporaResponse>("GET", "/vectors/stale", "Corpora that do not have all of their dataset yet", 200,
                                                [&m](const Context& c, HttpRequest&) { return Answer(c, Stale(m, c)); }));
  Route all = RouteOf<ListCorporaResponse>(
      "POST", "/vectors/refresh/{dataset}", "Build now what the corpora of a dataset lack", 200,
      [&m](const Context& c, HttpRequest& r) { return Answer(c, RefreshAll(m, c, r.path_params.at("dataset"))); });
  all.description = "What is committed becomes searchable by itself, moments later; this is for who does not want to wait.";
  all.params.push_back(net::PathText("dataset", "that the corpora are over", "workers"));
  all.timeout_ms = kRefreshTimeoutMs;
  routes.push_back(std::move(all));
  return routes;
}

}  // namespace lakehouse::matrix
