#include <algorithm>

#include "format.h"
#include "pages.h"
#include "system_parts.h"

namespace lakehouse::ui {
namespace {

void ShowOne(View& row, const storage::BucketInfo& bucket, std::int64_t now) {
  const storage::BucketHealth& health = bucket.health;
  const bool seen = health.checked_micros != 0;
  row.Set("name", bucket.record.name).Set("role", bucket.role).Set("url", bucket.record.url);
  row.SetFlag("reachable", seen && health.reachable).SetFlag("away", seen && !health.reachable).Set("last_error", health.last_error);
  row.Show("latency", seen && health.reachable ? std::to_string(health.latency_ms) + " ms" : "")
      .Show("error_ago", health.last_error_micros != 0 ? Ago(now, health.last_error_micros) : "")
      .ShowFlag("has_error", !health.last_error.empty());
}

void ShowRescued(View& view, House& house, const Context& context, std::int64_t now) {
  view.List("rescued");
  const auto rescued = house.parts.ingest.ListRescued(context, {});
  const bool available = rescued && rescued->available;
  view.SetFlag("has_rescue", available);
  if (!available) return;
  const auto held = std::count_if(rescued->uploads.begin(), rescued->uploads.end(), [](const auto& upload) { return upload.held; });
  const auto pending = static_cast<std::int64_t>(rescued->uploads.size()) - held;
  view.SetInteger("rescue_pending", pending)
      .SetInteger("rescue_held", held)
      .Show("pending_text", Counted(pending, "upload"))
      .ShowFlag("any_rescued", !rescued->uploads.empty())
      .Set("rescue_error", rescued->error)
      .ShowFlag("rescue_failed", !rescued->error.empty());
  for (const ingest::RescuedUpload& upload : rescued->uploads) {
    View& row = view.Add("rescued");
    row.Set("id", upload.id).Set("dataset", upload.name).Set("file", upload.file_name).SetFlag("held", upload.held);
    row.Show("size", Bytes(upload.size_bytes))
        .Show("ago", Ago(now, upload.accepted_micros))
        .Show("why", upload.last_error.empty() ? upload.why : upload.last_error);
  }
}

}  // namespace

void ShowBuckets(View& view, House& house, const Context& context, bool look) {
  const std::int64_t now = house.parts.clock.WallMicros();
  view.List("buckets");
  if (house.parts.buckets == nullptr) return;
  const auto all = house.parts.buckets->ListBuckets(context, look);
  view.ShowFlag("buckets_answer", all.ok()).Show("buckets_error", all ? "" : all.error().message());
  if (all)
    for (const storage::BucketInfo& bucket : *all) ShowOne(view.Add("buckets"), bucket, now);
  ShowRescued(view, house, context, now);
}

net::HttpResponse BucketsPiece(House& house, const Context& context, net::HttpRequest&) {
  View view;
  ShowBuckets(view, house, context, true);
  return AnswerPiece(house, "buckets", view);
}

}  // namespace lakehouse::ui
