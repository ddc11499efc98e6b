#include "rules_routes.h"

#include <boost/describe/class.hpp>

#include "ingest_wire.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::ingest {
namespace {

using net::HttpRequest;
using net::HttpResponse;

struct RulesBody {
  std::optional<std::string> drift;
  std::optional<std::string> expectations;
};
BOOST_DESCRIBE_STRUCT(RulesBody, (), (drift, expectations))

HttpResponse Answer(const Context& context, const Result<LoadRulesResponse>& response) {
  return response ? HttpResponse::Json(200, EncodeJson(*response)) : HttpResponse::FromError(response.error(), context.trace);
}

net::Route RouteFor(std::string method, std::string summary) {
  net::Route route = net::RouteOf(std::move(method), "/datasets/{name}/rules", std::move(summary), "ingest", "ingest");
  route.params = {net::PathText("name", "of the dataset", "workers")};
  route.answers = {{200, "The rules, and what came of them last", SchemaOf<LoadRulesResponse>()}};
  route.faults = {{400, {"invalid_name"}}, {404, {"dataset_not_found"}}};
  return route;
}

}  // namespace

std::vector<net::Route> RulesRoutes(Ingest& ingest) {
  net::Route load = RouteFor("GET", "What a dataset says about other columns and expects of its rows, and what came of it last");
  load.handle = [&ingest](const Context& context, HttpRequest& request) {
    return Answer(context, ingest.LoadRules(context, {request.path_params.at("name")}));
  };
  net::Route put = RouteFor("PUT", "Says what happens to files with other columns, and what is expected of rows");
  put.description =
      "drift: refuse (409 with the differences), add (new columns are added; older rows have null there), widen (a column gets a type that "
      "holds both), any (both); such a change is a version one can diff and restore. expectations: TOML, one [[expect]] each with rule "
      "(not_null, unique, range, regex, foreign_key, row_count), column, mostly (share that has to pass), on_failure (refuse or warn), "
      "min, "
      "max, pattern, references (dataset.column). They are checked before rows are committed; results are in the answer of the upload, in "
      "the version's summary and in system.expectations. What is absent stays as it is.";
  put.body = net::BodyKind::kSmall;
  put.params.push_back({"drift", "body", false, "of files with other columns", R"({"enum":["refuse","add","widen","any",null]})"});
  put.params.push_back({"expectations", "body", false, "TOML; \"\" takes them away"});
  put.request_schema = SchemaOf<RulesBody>();
  put.request_example = R"({"drift":"add","expectations":"[[expect]]\nrule = \"row_count\"\nmin = 1\non_failure = \"warn\"\n"})";
  put.faults.push_back({400, {"bad_drift", "bad_expectations"}});
  put.handle = [&ingest](const Context& context, HttpRequest& request) {
    auto body = DecodeJson<RulesBody>(request.body);
    if (!body) return HttpResponse::FromError(body.error(), context.trace);
    return Answer(context,
                  ingest.PutRules(context, {request.path_params.at("name"), std::move(body->drift), std::move(body->expectations)}));
  };
  return {load, put};
}

}  // namespace lakehouse::ingest
