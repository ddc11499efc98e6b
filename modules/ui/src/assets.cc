#include <array>

#include "embedded_lakehouse_ui.h"
#include "lakehouse/base/hash.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

struct Asset {
  std::string_view path, content, type;
};
const std::array kAssets = {Asset{"/assets/lakehouse.css", kLakehouseCss, "text/css; charset=utf-8"},
                            Asset{"/assets/ui.js", kUiJs, "text/javascript; charset=utf-8"},
                            Asset{"/assets/ask.js", kAskJs, "text/javascript; charset=utf-8"},
                            Asset{"/assets/upload.js", kUploadJs, "text/javascript; charset=utf-8"},
                            Asset{"/assets/sql.js", kSqlJs, "text/javascript; charset=utf-8"},
                            Asset{"/assets/htmx.js", kHtmxMinJs, "text/javascript; charset=utf-8"},
                            Asset{"/assets/alpine.js", kAlpineMinJs, "text/javascript; charset=utf-8"},
                            Asset{"/assets/icon.svg", kIconSvg, "image/svg+xml"}};

/// The theme is the browser's own: a cookie, nothing here.
net::HttpResponse SetTheme(House&, const Context&, net::HttpRequest& request) {
  const std::string theme = FormField(request, "set");
  net::HttpResponse response = SeeOther(SafeBack(FormField(request, "back")));
  const bool is_known = theme == "dark" || theme == "light";
  response.headers.push_back({"Set-Cookie", is_known ? "theme=" + theme + "; Path=/; Max-Age=31536000; SameSite=Strict"
                                                     : "theme=auto; Path=/; Max-Age=0; SameSite=Strict"});
  return response;
}

}  // namespace

std::vector<net::Route> AssetRoutes(House& house) {
  std::string all;
  for (const Asset& asset : kAssets) all += asset.content;
  house.assets_version = Sha256Hex(all).substr(0, 12);
  std::vector<net::Route> routes;
  for (const Asset& asset : kAssets) {
    routes.push_back(PageRoute(house, "GET", std::string(asset.path), [asset](House&, const Context&, net::HttpRequest& request) {
      net::HttpResponse response = net::HttpResponse::Text(200, std::string(asset.content), std::string(asset.type));
      const bool is_versioned = request.FindQuery("v").has_value();
      response.headers = {{"Cache-Control", is_versioned ? "public, max-age=31536000, immutable" : "no-cache"},
                          {"X-Content-Type-Options", "nosniff"},
                          {"Content-Security-Policy", "default-src 'none'; style-src 'self'"}};
      return response;
    }));
    routes.back().open = true;  // the form to log in is dressed too
  }
  routes.push_back(PageRoute(house, "POST", "/theme", SetTheme));
  return routes;
}

}  // namespace lakehouse::ui
