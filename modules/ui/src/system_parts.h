#pragma once
#include <string>

#include "lakehouse/base/json_view.h"
#include "metrics_history.h"
#include "shell.h"

/// System is made of sections; each shows itself into the page's view, whose template has a place for it. A service's section is one
/// file src/system_<service>.cc with a Show… declared here, called by SystemPage, and a template included as "<service>_piece".
namespace lakehouse::ui {

void ShowMetrics(View& view, MetricsHistory& history);
void ShowServices(View& view, House& house, const Context& context);
void ShowStorage(View& view, House& house, const Context& context);
/// The buckets, how each was last seen, and what waits in rescue. With `look` each is tried first: seconds, while one is away.
void ShowBuckets(View& view, House& house, const Context& context, bool look);
net::HttpResponse BucketsPiece(House& house, const Context& context, net::HttpRequest& request);
/// When the lake was last looked after. With `check` it is checked now: every record, and that every file is there; writes nothing.
void ShowCare(View& view, House& house, const Context& context, bool check);
void ShowCommits(View& view, House& house, const Context& context);
void ShowConfiguration(View& view, House& house);
void ShowDoctor(View& view, House& house, bool asked);

/// What moves while one looks; system_live.cc.
void ShowFailures(View& view, House& house);
void ShowJobs(View& view, House& house, const Context& context);
void ShowRequests(View& view, House& house);
/// The pieces that move, as server-sent events: "jobs", "failures" and "requests", each when it has changed. 503 when enough pages
/// listen already: they ask for the pieces instead.
net::HttpResponse LivePage(House& house, const Context& context, net::HttpRequest& request);

std::string TextOf(JsonView view, std::string_view key);
double NumberOf(JsonView view, std::string_view key);

}  // namespace lakehouse::ui
