#include "lakehouse/matrix/hybrid.h"

#include "lakehouse/base/schema_of.h"
#include "lakehouse/base/sql_quote.h"
#include "lakehouse/net/route_of.h"
#include "matrix_wire.h"
#include "sql_rows.h"

namespace lakehouse::matrix {
namespace {

constexpr std::uint64_t kMostHybridBody = 1 << 20;
constexpr std::uint32_t kMostPassagesRead = 20;

Error Bad(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)); }

Status Check(const HybridRequest& request) {
  if (request.question.empty()) return Bad("question is empty; say what is looked for").Named("empty_query");
  if (request.top_k < 1 || request.top_k > kMostHits)
    return Bad("top_k is " + std::to_string(request.top_k) + "; expected 1 to 1,000").Named("bad_k");
  if (request.use_playbook_memory) return Bad("use_playbook_memory: there is no such memory here; leave it out").Named("no_playbooks");
  if (!request.sql_filter && (request.filter_dataset || request.id_column))
    return Bad("filter_dataset and id_column say what sql_filter is about; sql_filter is missing").Named("bad_request");
  return Ok{};
}

/// The corpus of that name, or whose vectors are in the index of that name.
Result<CorpusInfo> CorpusOf(const Context& context, Matrix& matrix, const std::string& name) {
  ListCorporaResponse listed = LH_TRY(matrix.ListCorpora(context, {}));
  for (CorpusInfo& corpus : listed.corpora)
    if (corpus.name == name || corpus.vector_index == name) return std::move(corpus);
  auto described = matrix.DescribeCorpus(context, {name});
  if (described || described.error().code() != ErrorCode::kNotFound) return described;
  return Error(ErrorCode::kNotFound, "index_name: " + described.error().message() +
                                         "; of a bare vector index nobody knows the texts, nor what made its vectors: declare a corpus "
                                         "over the dataset that has the texts")
      .Named("corpus_not_found");
}

/// On lines of its own: a comment at its end hides nothing of the statement.
std::string StatementOf(const HybridRequest& request, const CorpusInfo& corpus) {
  const std::string id = QuoteName(request.id_column.value_or(corpus.id_column));
  return "SELECT DISTINCT CAST(" + id + " AS VARCHAR) AS id FROM " + QuoteName(request.filter_dataset.value_or(corpus.dataset)) +
         " WHERE " + id + " IS NOT NULL AND (\n" + *request.sql_filter + "\n)";
}

HybridSource SourceOf(Hit hit, bool verified) {
  return {.doc_id = std::move(hit.id),
          .chunk_text = std::move(hit.passage.text),
          .score = hit.score,
          .distance = hit.distance,
          .sql_verified = verified,
          .chunk_id = std::move(hit.passage.chunk_id),
          .column = std::move(hit.passage.column),
          .begin = hit.passage.begin,
          .end = hit.passage.end,
          .title = std::move(hit.passage.title),
          .metadata = std::move(hit.metadata),
          .why = std::move(hit.why)};
}

/// As callers write it: what has a usual value may be left out.
struct HybridBody {
  std::string question, index_name;
  std::optional<std::string> sql_filter, filter_dataset, id_column;
  std::optional<std::uint32_t> top_k;
  std::optional<bool> generate, use_playbook_memory;
};
BOOST_DESCRIBE_STRUCT(HybridBody, (), (question, index_name, sql_filter, filter_dataset, id_column, top_k, generate, use_playbook_memory))

Result<HybridResponse> AnswerHybrid(const HybridParts& parts, const Context& context, const net::HttpRequest& request) {
  HybridBody body = LH_TRY(DecodeJson<HybridBody>(request.body));
  return SearchHybrid(context, parts,
                      {.question = std::move(body.question),
                       .index_name = std::move(body.index_name),
                       .sql_filter = std::move(body.sql_filter),
                       .filter_dataset = std::move(body.filter_dataset),
                       .id_column = std::move(body.id_column),
                       .top_k = body.top_k.value_or(HybridRequest().top_k),
                       .generate = body.generate.value_or(false),
                       .use_playbook_memory = body.use_playbook_memory.value_or(false)});
}

}  // namespace

Result<HybridResponse> SearchHybrid(const Context& context, const HybridParts& parts, const HybridRequest& request) {
  LH_TRY(Check(request));
  const CorpusInfo corpus = LH_TRY(CorpusOf(context, parts.matrix, request.index_name));
  HybridResponse response;
  response.index_name = corpus.name;
  std::optional<std::vector<std::string>> ids;
  if (request.sql_filter) {
    response.sql = StatementOf(request, corpus);
    const SqlRows rows = LH_TRY_WHILE(RunSql(context, parts.query, *response.sql), "find the rows of sql_filter");
    ids.emplace();
    for (const auto& row : rows.rows) ids->push_back(row.front());
    response.sql_matches = ids->size();
    if (const auto version = rows.versions.find(request.filter_dataset.value_or(corpus.dataset)); version != rows.versions.end())
      response.sql_version = version->second;
  }
  SearchRequest search;
  search.query_text = request.question;
  search.corpora = {corpus.name};
  search.k = request.top_k;
  search.only_ids = ids;
  SearchResponse found = LH_TRY(parts.matrix.Search(context, search));
  for (Hit& hit : found.results) response.sources.push_back(SourceOf(std::move(hit), ids.has_value()));
  response.searched = std::move(found.searched.front());
  response.warnings = std::move(found.warnings);
  if (!request.generate) return response;
  AskRequest ask;
  ask.question = request.question;
  ask.corpora = {corpus.name};
  ask.only_ids = std::move(ids);
  ask.passages = std::min(request.top_k, kMostPassagesRead);
  response.answer = LH_TRY(parts.answers.Ask(context, std::move(ask)));
  return response;
}

std::vector<net::Route> HybridRoutes(HybridParts parts) {
  net::Route route = net::RouteOf("POST", "/vectors/hybrid", "Search a corpus among the rows of a condition in SQL", "matrix", "matrix");
  route.answers = {{200, "", SchemaOf<HybridResponse>()}};
  route.faults = {{400, {"bad_k", "bad_request", "empty_query", "no_playbooks", "…"}},
                  {404, {"corpus_not_found", "…"}},
                  {413, {"too_large"}},
                  {503, {"corpus_building", "…"}}};
  route.description =
      "index_name: a corpus, or its vector index. sql_filter is what stands behind WHERE over filter_dataset (the corpus' dataset when "
      "absent), whose id_column has the corpus' ids; it runs through the gate under the caller's name, at the head. sources: "
      "min(top_k, rows of the corpus that it lets through), best first by words and meaning, each with sql_verified when there was a "
      "condition. sql_matches counts the ids it gave. generate: an answer, too, as /v1/rag gives, from those rows alone. "
      "use_playbook_memory must be absent or false.";
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMostHybridBody;
  route.request_schema = SchemaOf<HybridBody>();
  route.request_example = R"({"question":"worker 7","index_name":"notes","sql_filter":"city = 'Gary'","top_k":5})";
  route.handle = [parts](const Context& context, net::HttpRequest& request) {
    const auto answer = AnswerHybrid(parts, context, request);
    if (!answer) return net::HttpResponse::FromError(answer.error(), context.trace);
    return net::HttpResponse::Json(200, EncodeJson(*answer));
  };
  std::vector<net::Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::matrix
