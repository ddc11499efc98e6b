#include <algorithm>
#include <memory>

#include "embedded_lakehouse_ui.h"
#include "format.h"
#include "lakehouse/base/json_view.h"
#include "markdown.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

struct Article {
  std::string_view name, title, text;
};
const Article kArticles[] = {{"first-five-minutes", "The first five minutes", kFirstFiveMinutesMd},
                             {"files", "Bring files in", kFilesMd},
                             {"sql", "Ask in SQL", kSqlMd},
                             {"history", "Look back, restore", kHistoryMd},
                             {"programs", "From a program", kProgramsMd},
                             {"operate", "Run it", kOperateMd},
                             {"pages", "These pages", kPagesMd}};

constexpr std::string_view kUpkeepTag = "operation";

/// The text of the OpenAPI document, and its rendering, which is made once.
struct ApiDocument {
  JsonDocument document;
};

std::string TextAt(JsonView view, std::string_view key) {
  const auto found = view.Find(key);
  return found ? std::string(found->AsString().value_or("")) : "";
}

/// What names an operation in an address: "get-v1-datasets--name-".
std::string OperationId(std::string_view method, std::string_view path) {
  std::string id(method);
  id += path;
  for (char& c : id)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  return id;
}

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

/// Its line in the reference, and in the twin its parameters too.
void ShowOperation(View& view, const std::string& path, const std::string& method, JsonView operation) {
  view.Set("method", UpperCase(method)).Set("path", path).Set("summary", TextAt(operation, "summary"));
  view.Show("id", OperationId(method, path)).ShowFlag("changes", method != "get");
  if (const auto parameters = operation.Find("parameters"))
    static_cast<void>(parameters->ForEachElement([&](JsonView parameter) -> Status {
      View& one = view.Add("parameters");
      one.Set("name", TextAt(parameter, "name")).Set("in", TextAt(parameter, "in")).Set("description", TextAt(parameter, "description"));
      one.SetFlag("required", parameter.Find("required").value_or(JsonView()).AsBool().value_or(false));
      return Ok{};
    }));
}

/// What opens below the line: parameters to try, examples of body and answer.
void ShowDetails(View& view, const std::string& path, const std::string& method, JsonView operation) {
  const std::string upper = UpperCase(method), description = TextAt(operation, "description");
  view.ShowFlag("described", !description.empty()).Set("description", description);
  const auto content = operation.Find("requestBody") ? operation.Find("requestBody")->Find("content") : std::nullopt;
  const auto json = content ? content->Find("application/json") : std::nullopt;
  const auto form = content ? content->Find("multipart/form-data") : std::nullopt;
  view.ShowFlag("takes_json", json.has_value()).ShowFlag("takes_form", form.has_value());
  if (json) view.Show("example", json->Find("example") ? json->Find("example")->ToJson() : "{}");
  const auto responses = operation.Find("responses");
  std::optional<JsonView> good;
  if (responses)
    static_cast<void>(responses->ForEachMember([&](std::string_view status, JsonView response) -> Status {
      if (!good && status.starts_with('2')) good = response;
      return Ok{};
    }));
  const auto answer = good && good->Find("content") ? good->Find("content")->Find("application/json") : std::nullopt;
  view.ShowFlag("answers", answer.has_value() && answer->Find("example").has_value());
  if (answer && answer->Find("example")) view.Show("answer", answer->Find("example")->ToJson());
  std::string curl = "curl -s" + std::string(upper == "GET" ? "" : " -X " + upper) + " '" + path + "'";
  if (json) curl += " -H 'Content-Type: application/json' -d '" + (json->Find("example") ? json->Find("example")->ToJson() : "{}") + "'";
  view.Show("curl", curl);
}

void ShowMenu(View& view, std::string_view open) {
  for (const Article& article : kArticles)
    view.ShowAdd("article")
        .Show("words", article.title)
        .Show("href", "/docs/" + std::string(article.name))
        .ShowFlag("open", article.name == open);
  view.ShowAdd("article").Show("words", "API reference").Show("href", "/docs/api").ShowFlag("open", open == "api");
}

std::string TagOf(JsonView operation) {
  std::string tag = "other";
  if (const auto tags = operation.Find("tags"))
    static_cast<void>(tags->ForEachElement([&](JsonView one) -> Status {
      tag = std::string(one.AsString().value_or(tag));
      return Ok{};
    }));
  return tag;
}

/// Calls `take(path, method, operation)` for each.
template <typename Take>
void EachOperation(const ApiDocument& api, const Take& take) {
  const auto paths = api.document.root().Find("paths");
  if (!paths) return;
  static_cast<void>(paths->ForEachMember([&](std::string_view path, JsonView methods) {
    return methods.ForEachMember([&](std::string_view method, JsonView operation) -> Status {
      take(std::string(path), std::string(method), operation);
      return Ok{};
    });
  }));
}

/// All operations, a line each: what opens below it is asked for when it opens, or is a page of its own.
net::HttpResponse ApiPage(const ApiDocument& api, House& house, const Context& context, net::HttpRequest& request) {
  View view;
  ShowMenu(view, "api");
  std::vector<std::pair<std::string, View*>> groups;
  // What programs are written against first, what keeps a server running last.
  for (const bool is_upkeep : {false, true})
    EachOperation(api, [&](const std::string& path, const std::string& method, JsonView operation) {
      const std::string tag = TagOf(operation);
      if ((tag == kUpkeepTag) != is_upkeep) return;
      auto group = std::find_if(groups.begin(), groups.end(), [&](const auto& one) { return one.first == tag; });
      if (group == groups.end()) {
        group = groups.emplace(group, tag, &view.Add("groups"));
        group->second->Set("tag", tag);
      }
      ShowOperation(group->second->Add("operations"), path, method, operation);
    });
  for (const auto& [tag, group] : groups) view.ShowAdd("jump").Show("to", tag);
  view.Include("article_piece", "api");
  return AnswerPage(house, context, request, {"docs", "API reference", "API reference", "docs"}, std::move(view));
}

net::HttpResponse OperationPage(const ApiDocument& api, House& house, const Context& context, net::HttpRequest& request) {
  std::string id = request.path_params["id"];
  if (id.ends_with(".json")) id.resize(id.size() - 5);
  View view;
  std::string title;
  EachOperation(api, [&](const std::string& path, const std::string& method, JsonView operation) {
    if (!title.empty() || OperationId(method, path) != id) return;
    ShowOperation(view, path, method, operation);
    ShowDetails(view, path, method, operation);
    title = UpperCase(method) + " " + path;
  });
  if (title.empty())
    return AnswerFault(house, context, request, "docs",
                       Error(ErrorCode::kNotFound, "there is no operation \"" + Cut(id, 100) + "\" in the API").Named("unknown_page"));
  const bool is_piece = request.FindQuery("piece").has_value();
  view.ShowFlag("alone", !is_piece);
  if (is_piece) return AnswerPiece(house, "operation", view);
  ShowMenu(view, "api");
  view.Include("article_piece", "operation");
  return AnswerPage(house, context, request, {"docs", title, title, "docs"}, std::move(view));
}

net::HttpResponse DocsPage(const ApiDocument& api, House& house, const Context& context, net::HttpRequest& request) {
  std::string name = request.path_params.contains("name") ? request.path_params["name"] : std::string(kArticles[0].name);
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  if (name == "api") return ApiPage(api, house, context, request);
  for (const Article& article : kArticles) {
    if (article.name != name) continue;
    View view;
    ShowMenu(view, name);
    view.Set("title", article.title).Set("text", article.text).Show("article_piece", RenderMarkdown(article.text));
    return AnswerPage(house, context, request, {"docs", std::string(article.title), std::string(article.title), "docs"}, std::move(view));
  }
  return AnswerFault(house, context, request, "docs",
                     Error(ErrorCode::kNotFound, "there is no page \"" + Cut(name, 100) + "\" in the docs").Named("unknown_page"));
}

}  // namespace

std::vector<net::Route> DocsRoutes(House& house, const std::string& openapi) {
  auto parsed = JsonDocument::Parse(openapi);
  if (!parsed) parsed = JsonDocument::Parse("{}");
  const auto api = std::make_shared<const ApiDocument>(std::move(parsed).Take());
  const auto page = [api](House& h, const Context& context, net::HttpRequest& request) { return DocsPage(*api, h, context, request); };
  std::vector<net::Route> routes;
  for (const char* pattern : {"/docs", "/docs.json", "/docs/{name}"}) routes.push_back(PageRoute(house, "GET", pattern, page));
  routes.push_back(PageRoute(house, "GET", "/docs/api/{id}", [api](House& h, const Context& context, net::HttpRequest& request) {
    return OperationPage(*api, h, context, request);
  }));
  return routes;
}

}  // namespace lakehouse::ui
