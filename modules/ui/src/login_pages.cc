#include "lakehouse/net/http_status.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr const char* kLoginPath = "/login";

bool IsLoggedIn(House& house, const net::HttpRequest& request) {
  return house.parts.sessions != nullptr && house.parts.sessions->Admits(request.FindHeader("Cookie").value_or(""));
}

/// What stands in front of us, if anything, says how the browser came.
bool CameByHttps(const net::HttpRequest& request) { return request.FindHeader("X-Forwarded-Proto").value_or("") == "https"; }

net::HttpResponse ShowForm(House& house, const net::HttpRequest& request, const std::string& next, const Error* error, int status) {
  View view;
  const std::string theme = ThemeOf(request);
  view.ShowFlag("has_theme", !theme.empty()).Show("theme", theme).Show("assets", house.assets_version).Show("version", house.parts.version);
  view.Show("next", next).ShowFlag("refused", error != nullptr).Show("why", error != nullptr ? std::string(error->message()) : "");
  net::HttpResponse response = AnswerPiece(house, "login", view, status);
  if (status == 429) response.headers.push_back({"Retry-After", "60"});
  return response;
}

net::HttpResponse LoginPage(House& house, const Context&, net::HttpRequest& request) {
  const std::string next = SafeBack(request.FindQuery("next").value_or("/explore"));
  if (house.parts.sessions == nullptr || IsLoggedIn(house, request)) return SeeOther(next);
  return ShowForm(house, request, next, nullptr, 200);
}

net::HttpResponse LogIn(House& house, const Context& context, net::HttpRequest& request) {
  const std::string next = SafeBack(FormField(request, "next"));
  if (house.parts.sessions == nullptr) return SeeOther(next);
  const auto session = house.parts.sessions->LogIn(FormField(request, "token"), request.peer_address);
  if (!session) {
    Record(house, context, request, session.error());
    return ShowForm(house, request, next, &session.error(), net::HttpStatusOf(session.error().code()));
  }
  net::HttpResponse response = SeeOther(next);
  response.headers.push_back({"Set-Cookie", house.parts.sessions->SetCookie(*session, CameByHttps(request))});
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

net::HttpResponse LogOut(House& house, const Context&, net::HttpRequest& request) {
  net::HttpResponse response = SeeOther(kLoginPath);
  if (house.parts.sessions == nullptr) return response;
  house.parts.sessions->LogOut(request.FindHeader("Cookie").value_or(""));
  response.headers.push_back({"Set-Cookie", house.parts.sessions->SetCookie("", CameByHttps(request))});
  return response;
}

}  // namespace

std::vector<net::Route> LoginRoutes(House& house) {
  std::vector<net::Route> routes;
  routes.push_back(PageRoute(house, "GET", kLoginPath, LoginPage));
  routes.push_back(PageRoute(house, "POST", kLoginPath, LogIn));
  routes.push_back(PageRoute(house, "POST", "/logout", LogOut));
  for (net::Route& route : routes) {
    route.open = true;
    route.max_body_bytes = 16 << 10;
  }
  return routes;
}

}  // namespace lakehouse::ui
