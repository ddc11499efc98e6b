#include "shell.h"

#include <algorithm>
#include <charconv>

#include "format.h"
#include "lakehouse/net/http_status.h"

namespace lakehouse::ui {
namespace {

constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
constexpr std::size_t kRecentDatasets = 6;

void AddPageHeaders(net::HttpResponse& response) {
  response.headers.push_back({"Content-Security-Policy", std::string(kContentSecurityPolicy)});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  response.headers.push_back({"Referrer-Policy", "same-origin"});
  response.headers.push_back({"Cache-Control", "no-store"});
}

void ShowRecent(View& view, const LakeList& list) {
  std::vector<const catalog::Dataset*> recent = list.tables;
  const std::size_t shown = std::min(kRecentDatasets, recent.size());
  std::partial_sort(recent.begin(), recent.begin() + static_cast<std::ptrdiff_t>(shown), recent.end(),
                    [](const auto* a, const auto* b) { return a->head.time_micros > b->head.time_micros; });
  for (std::size_t i = 0; i < shown; ++i)
    view.ShowAdd("recent")
        .Show("name", recent[i]->name)
        .Show("rows", Compact(recent[i]->head.rows))
        .Show("href", "/explore/" + recent[i]->name);
}

void ShowFrame(House& house, const Context& context, const net::HttpRequest& request, const PageFrame& frame, View& view) {
  for (const std::string_view section : {"ask", "explore", "sql", "system", "docs"})
    view.ShowFlag("at_" + std::string(section), frame.section == section);
  view.Show("page_title", frame.title.empty() ? "Lakehouse" : frame.title + " · Lakehouse");
  std::string section = frame.section == "sql" ? "SQL" : frame.section;
  section[0] = static_cast<char>(section[0] >= 'a' ? section[0] - 32 : section[0]);
  view.Show("section_name", section).Show("section_href", frame.section == "ask" ? "/" : "/" + frame.section);
  view.ShowFlag("has_crumb", !frame.crumb.empty()).Show("crumb", frame.crumb);
  const std::string theme = ThemeOf(request);
  view.ShowFlag("has_theme", !theme.empty()).Show("theme", theme);
  view.ShowFlag("theme_is_dark", theme == "dark").ShowFlag("theme_is_light", theme == "light").ShowFlag("theme_is_auto", theme.empty());
  view.Show("back", request.target).ShowFlag("scripted", frame.scripted).ShowFlag("refreshes", frame.live);
  const net::Sessions* sessions = house.parts.sessions;
  view.ShowFlag("logged_in", sessions != nullptr && sessions->Admits(request.FindHeader("Cookie").value_or("")));
  view.Show("assets", house.assets_version).Show("version", house.parts.version);
  view.Show("find",
            request.FindQuery("q").value_or("").size() < 200 && frame.section == "explore" ? request.FindQuery("q").value_or("") : "");
  const std::size_t question = request.target.find('?');
  const std::string path = request.path == "/" ? "/ask" : request.target.substr(0, question);
  view.Show("twin_href", path + ".json" + (question == std::string::npos ? "" : request.target.substr(question)));
  view.Include("main", frame.file);
  const auto list = house.lake.Load(context);
  view.ShowFlag("lake_answers", list.ok());
  if (!list) return;
  view.Show("lake_sequence", std::to_string((*list)->sequence));
  ShowRecent(view, **list);
}

std::string AdviceFor(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable: return "Try again in a moment.";
    case ErrorCode::kDeadlineExceeded: return "It took longer than it may. Ask for less, or raise query.timeout.";
    case ErrorCode::kResourceExhausted: return "It needed more memory than it may have. Ask for less, or raise query.memory.";
    case ErrorCode::kInternal:
    case ErrorCode::kCorruption: return "This is a fault of the server. System shows it with its request id.";
    default: return "";
  }
}

}  // namespace

std::string ThemeOf(const net::HttpRequest& request) {
  const std::string cookies = request.FindHeader("Cookie").value_or("");
  if (cookies.find("theme=dark") != std::string::npos) return "dark";
  if (cookies.find("theme=light") != std::string::npos) return "light";
  return "";
}

std::string SafeBack(std::string back) {
  // "//elsewhere" and "/\\elsewhere" would be other hosts.
  if (!back.starts_with("/") || back.starts_with("//") || back.find_first_of("\r\n\\") != std::string::npos) return "/explore";
  return back;
}

House::House(UiParts given, std::uint64_t cache_bytes)
    : parts(std::move(given)), lake(parts.catalog, parts.sight_of), reader(parts.query, parts.clock, cache_bytes, parts.sight_of) {}

bool WantsTwin(const net::HttpRequest& request) { return request.path.ends_with(".json"); }

net::HttpResponse AnswerPage(House& house, const Context& context, const net::HttpRequest& request, const PageFrame& frame, View view) {
  if (WantsTwin(request)) {
    net::HttpResponse response = net::HttpResponse::Json(frame.status, view.ToJson());
    response.headers.push_back({"Cache-Control", "no-store"});
    response.headers.push_back({"X-Content-Type-Options", "nosniff"});
    return response;
  }
  ShowFrame(house, context, request, frame, view);
  return AnswerPiece(house, "shell", view, frame.status);
}

net::HttpResponse AnswerPiece(House& house, std::string_view file, const View& view, int status) {
  net::HttpResponse response = net::HttpResponse::Text(status, house.templates.Render(file, view), "text/html; charset=utf-8");
  AddPageHeaders(response);
  return response;
}

void ShowFault(View& view, const Context& context, const Error& error) {
  view.ShowFlag("fault", true);
  view.Show("fault_status", std::to_string(net::HttpStatusOf(error.code()))).Show("fault_code", error.reason());
  view.Show("fault_message", error.message()).Show("fault_request", context.trace);
  const std::string advice = AdviceFor(error.code());
  view.ShowFlag("fault_advised", !advice.empty()).Show("fault_advice", advice);
}

void Record(House& house, const Context& context, const net::HttpRequest& request, const Error& error) {
  if (error.code() == ErrorCode::kNotFound) return;  // a wrong address is no failure
  house.parts.errors.Record(context, "ui", request.method + " " + request.path, error);
}

net::HttpResponse AnswerFault(House& house, const Context& context, const net::HttpRequest& request, std::string_view section,
                              const Error& error) {
  Record(house, context, request, error);
  if (WantsTwin(request)) return net::HttpResponse::FromError(error, context.trace);
  View view;
  ShowFault(view, context, error);
  PageFrame frame{std::string(section), "Error", "", "fault", false, net::HttpStatusOf(error.code())};
  return AnswerPage(house, context, request, frame, std::move(view));
}

net::HttpResponse SeeOther(std::string location) {
  net::HttpResponse response = net::HttpResponse::Text(303, "See " + location + "\n");
  response.headers.push_back({"Location", std::move(location)});
  return response;
}

std::string FormField(const net::HttpRequest& request, std::string_view name) {
  std::string_view body = request.body;
  while (!body.empty()) {
    const std::string_view pair = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(body.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    std::string value;
    if (equals == std::string_view::npos) return value;
    const std::string_view text = pair.substr(equals + 1);
    for (std::size_t i = 0; i < text.size(); ++i) {
      unsigned octet = 0;
      if (text[i] == '+') {
        value += ' ';
      } else if (text[i] == '%' && i + 2 < text.size() && std::from_chars(&text[i + 1], &text[i + 3], octet, 16).ptr == &text[i + 3]) {
        value += static_cast<char>(octet);
        i += 2;
      } else {
        value += text[i];
      }
    }
    return value;
  }
  return "";
}

std::int64_t IntegerQuery(const net::HttpRequest& request, std::string_view name, std::int64_t fallback) {
  const auto text = request.FindQuery(name);
  if (!text) return fallback;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc() && end == text->data() + text->size() ? number : fallback;
}

}  // namespace lakehouse::ui
