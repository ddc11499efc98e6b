#include <algorithm>
#include <chrono>
#include <thread>

#include "format.h"
#include "server_event.h"
#include "system_parts.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kFailuresShown = 50;
constexpr const char* kLivePath = "/system/live";
constexpr const char* kSwapsPath = "/explore/live/swaps";  // asked by every open page, every few seconds
constexpr int kLookEveryMs = 1'000, kSliceMs = 100, kSilentLooks = 10;

/// Which query it was says nothing to a reader that the request's id does not: "… (while run query 01a2…)".
std::string WithoutQueryId(std::string message) {
  constexpr std::string_view kFrame = " (while run query ";
  const std::size_t from = message.rfind(kFrame);
  if (from != std::string::npos && message.find(')', from) == message.size() - 1) message.resize(from);
  return message;
}

/// One page that listens. Next holds a worker; it looks every second, so a client that reads slowly gets the newest state, never a
/// backlog.
class LiveSource final : public net::BodySource {
 public:
  LiveSource(House& house, Context context) : house_(house), context_(std::move(context)) {}
  ~LiveSource() override { --house_.live.open; }

  Result<bool> Next(std::string& chunk) override {
    chunk.clear();
    if (!is_begun_) chunk = "retry: 3000\n\n";
    for (int silent = 0; chunk.empty() || !is_begun_;) {
      if (is_begun_ && !Rest()) return false;
      is_begun_ = true;
      Look(chunk);
      if (chunk.empty() && ++silent == kSilentLooks) chunk = ": still here\n\n";
    }
    return true;
  }

 private:
  /// False when it is over.
  bool Rest() const {
    for (int ms = 0; ms < kLookEveryMs; ms += kSliceMs) {
      if (house_.live.closing || !context_.Check()) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(kSliceMs));
    }
    return !house_.live.closing && context_.Check().ok();
  }

  void Look(std::string& chunk) {
    View view;
    ShowFailures(view, house_);
    ShowJobs(view, house_, context_);
    ShowRequests(view, house_);
    for (std::size_t i = 0; i < std::size(kPieces); ++i) {
      std::string html = house_.templates.Render(kPieces[i], view);
      if (html == last_[i]) continue;
      chunk += ServerEvent(kPieces[i], html);
      last_[i] = std::move(html);
    }
  }

  static constexpr const char* kPieces[] = {"failures", "jobs", "requests"};
  House& house_;
  const Context context_;
  bool is_begun_ = false;
  std::string last_[std::size(kPieces)];
};

}  // namespace

void ShowFailures(View& view, House& house) {
  const std::int64_t now = house.parts.clock.WallMicros();
  auto records = house.parts.errors.Find({});
  const std::size_t from = records.size() > kFailuresShown ? records.size() - kFailuresShown : 0;
  view.SetInteger("failure_count", house.parts.errors.count())
      .Show("failure_count_text", Grouped(house.parts.errors.count()))
      .List("failures");
  for (std::size_t i = records.size(); i-- > from;) {
    const storage::ErrorRecord& record = records[i];
    View& row = view.Add("failures");
    row.Set("kind", record.kind)
        .Set("service", record.service)
        .Set("object", record.object)
        .Set("message", Cut(WithoutQueryId(record.message), 600))
        .Set("request_id", record.request_id);
    row.SetInteger("time_micros", record.time_micros)
        .Show("clock", Second(record.time_micros))
        .Show("time_iso", FormatTime(record.time_micros))
        .Show("ago", Ago(now, record.time_micros));
    row.ShowFlag("is_ours", record.kind == "internal" || record.kind == "corruption" || record.kind == "disk_full");
  }
  view.ShowFlag("has_failures", !records.empty());
}

void ShowJobs(View& view, House& house, const Context& context) {
  const auto jobs = house.parts.ingest.ListJobs(context, {30});
  view.ShowFlag("jobs_answer", jobs.ok()).List("jobs");
  if (!jobs) return;
  view.ShowFlag("has_jobs", !jobs->jobs.empty());
  for (const ingest::Job& job : jobs->jobs) {
    const bool runs = job.state == ingest::JobState::kRunning || job.state == ingest::JobState::kQueued;
    View& row = view.Add("jobs");
    row.Set("id", job.id)
        .Set("state", ingest::WireName(job.state))
        .Set("file", job.file_name)
        .Set("dataset", job.name)
        .Set("stage", job.stage)
        .SetInteger("rows", job.rows_loaded);
    row.ShowFlag("runs", runs)
        .ShowFlag("is_good", job.state == ingest::JobState::kCommitted || job.state == ingest::JobState::kUnchanged)
        .ShowFlag("is_failed", job.error.has_value())
        .ShowFlag("is_other", !job.error && (job.state == ingest::JobState::kPreviewed || job.state == ingest::JobState::kCancelled));
    const double share = job.bytes_total > 0 ? 100.0 * static_cast<double>(job.bytes_done) / static_cast<double>(job.bytes_total) : 0;
    row.Show("share", Fixed(std::clamp(share, 0.0, 100.0), 0) + "%")
        .Show("rows_text", Counted(runs ? job.rows_read : job.rows_loaded, "row"));
    row.Show("left", job.eta_seconds && runs ? Fixed(*job.eta_seconds, 0) + " s left" : "")
        .Show("why", job.error ? job.error->message : "");
    row.Show("title", job.file_name.empty() ? job.name : job.file_name);
  }
}

void ShowRequests(View& view, House& house) {
  const auto document = JsonDocument::Parse(house.parts.requests.ToJson());
  view.List("requests");
  if (!document) return;
  std::int64_t shown = 0;
  for (const auto& [list, runs] : {std::pair("in_flight", true), {"recent", false}}) {
    const auto entries = document->root().Find(list);
    if (!entries) continue;
    static_cast<void>(entries->ForEachElement([&, runs = runs](JsonView entry) -> Status {
      const std::string path = TextOf(entry, "path");
      if (path.starts_with("/assets/") || path == kLivePath || path == kSwapsPath || ++shown > 14) return Ok{};
      View& row = view.Add("requests");
      row.Set("method", TextOf(entry, "method"))
          .Set("path", Cut(path, 80))
          .Set("principal", TextOf(entry, "principal"))
          .Set("request_id", TextOf(entry, "request_id"));
      row.SetFlag("runs", runs)
          .Show("ms_text", Milliseconds(NumberOf(entry, "elapsed_ms")))
          .Show("status", runs ? "running" : TextOf(entry, "status"));
      row.ShowFlag("went_wrong", !runs && NumberOf(entry, "status") >= 400);
      return Ok{};
    }));
  }
  const auto running = document->root().Find("in_flight");
  std::int64_t in_flight = 0;
  if (running)
    static_cast<void>(running->ForEachElement([&](JsonView entry) -> Status {
      in_flight += TextOf(entry, "path") != kLivePath ? 1 : 0;
      return Ok{};
    }));
  view.Show("in_flight_text", Counted(in_flight, "request"));
}

net::HttpResponse LivePage(House& house, const Context& context, net::HttpRequest&) {
  if (++house.live.open > LiveStreams::kMost || house.live.closing) {
    --house.live.open;
    return net::HttpResponse::FromError(
        Error(ErrorCode::kUnavailable, "enough pages listen already; ask for /system/jobs, /system/failures and /system/requests")
            .Named("too_many_streams"),
        context.trace);
  }
  net::HttpResponse response;
  response.content_type = "text/event-stream; charset=utf-8";
  response.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}, {"X-Content-Type-Options", "nosniff"}};
  response.stream = std::make_unique<LiveSource>(house, context);
  return response;
}

}  // namespace lakehouse::ui
