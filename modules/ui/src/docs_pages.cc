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

/// The text of the OpenAPI document, and its rendering, which is made once.
struct ApiDocument {
  JsonDocument document;
};

std::string TextAt(JsonView view, std::string_view key) {
  const auto found = view.Find(key);
  return found ? std::string(found->AsString().value_or("")) : "";
}

void ShowOperation(View& view, const std::string& path, const std::string& method, JsonView operation) {
  std::string id = method + path;
  for (char& c : id)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '-';
  std::string upper = method;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  view.Set("method", upper).Set("path", path).Set("summary", TextAt(operation, "summary")).Show("id", id);
  const std::string description = TextAt(operation, "description");
  view.ShowFlag("described", !description.empty()).Show("description", description);
  view.ShowFlag("changes", method != "get");
  if (const auto parameters = operation.Find("parameters"))
    static_cast<void>(parameters->ForEachElement([&](JsonView parameter) -> Status {
      View& one = view.Add("parameters");
      one.Set("name", TextAt(parameter, "name")).Set("in", TextAt(parameter, "in")).Set("description", TextAt(parameter, "description"));
      one.SetFlag("required", parameter.Find("required").value_or(JsonView()).AsBool().value_or(false));
      return Ok{};
    }));
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

net::HttpResponse ApiPage(const ApiDocument& api, House& house, const Context& context, net::HttpRequest& request) {
  View view;
  ShowMenu(view, "api");
  std::vector<std::pair<std::string, View*>> groups;
  const auto paths = api.document.root().Find("paths");
  if (paths)
    static_cast<void>(paths->ForEachMember([&](std::string_view path, JsonView methods) {
      return methods.ForEachMember([&](std::string_view method, JsonView operation) -> Status {
        std::string tag = "other";
        if (const auto tags = operation.Find("tags"))
          static_cast<void>(tags->ForEachElement([&](JsonView one) -> Status {
            tag = std::string(one.AsString().value_or(tag));
            return Ok{};
          }));
        View* group = nullptr;
        for (auto& [name, there] : groups)
          if (name == tag) group = there;
        if (group == nullptr) {
          group = &view.Add("groups");
          group->Set("tag", tag);
          groups.emplace_back(tag, group);
        }
        ShowOperation(group->Add("operations"), std::string(path), std::string(method), operation);
        return Ok{};
      });
    }));
  view.Include("article_piece", "api");
  return AnswerPage(house, context, request, {"docs", "API reference", "API reference", "docs"}, std::move(view));
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
  return routes;
}

}  // namespace lakehouse::ui
