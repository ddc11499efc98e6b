#pragma once
#include <atomic>
#include <string>
#include <string_view>

#include "lake.h"
#include "lakehouse/net/http_message.h"
#include "lakehouse/ui/ui.h"
#include "reader.h"
#include "templates.h"
#include "view.h"

namespace lakehouse::ui {

/// The pages that listen. Each holds a worker of the server while it does, so they are few.
struct LiveStreams {
  static constexpr int kMost = 4;
  std::atomic<int> open{0};
  std::atomic<bool> closing{false};
};

/// What all pages share. Members outlive every request.
struct House {
  UiParts parts;
  Templates templates;
  Lake lake;
  Reader reader;
  std::string assets_version;
  LiveStreams live;

  House(UiParts given, std::uint64_t cache_bytes);
};

/// Where a page stands in the shell.
struct PageFrame {
  std::string section;    ///< "ask", "explore", "sql", "system", "docs"
  std::string title;      ///< of the browser's window
  std::string crumb;      ///< after the section's name; may be empty
  std::string file;       ///< the template of the middle
  bool scripted = false;  ///< loads Alpine.js and the editor
  int status = 200;
  bool live = false;  ///< loads itself again now and then where no script listens
};

/// The page as HTML, or its view as JSON when the request asked for the twin. Only same-origin, nothing inline.
net::HttpResponse AnswerPage(House& house, const Context& context, const net::HttpRequest& request, const PageFrame& frame, View view);
/// A piece of a page, for a swap.
net::HttpResponse AnswerPiece(House& house, std::string_view file, const View& view, int status = 200);
/// An error as a page, or as the API's JSON for the twin; recorded where /v1/errors finds it.
net::HttpResponse AnswerFault(House& house, const Context& context, const net::HttpRequest& request, std::string_view section,
                              const Error& error);
/// "dark", "light", or nothing: as the system has it.
std::string ThemeOf(const net::HttpRequest& request);
/// `back` when it is an address of ours, else the first page.
std::string SafeBack(std::string back);
/// 303: what a form answers after it changed something.
net::HttpResponse SeeOther(std::string location);
/// Takes the error into `view` under the names of the template "fault".
void ShowFault(View& view, const Context& context, const Error& error);
/// For System and /v1/errors; what is not there is no failure.
void Record(House& house, const Context& context, const net::HttpRequest& request, const Error& error);

/// Whether the path ends in ".json".
bool WantsTwin(const net::HttpRequest& request);
/// Fields of a form that came as application/x-www-form-urlencoded.
std::string FormField(const net::HttpRequest& request, std::string_view name);
std::int64_t IntegerQuery(const net::HttpRequest& request, std::string_view name, std::int64_t fallback);

}  // namespace lakehouse::ui
