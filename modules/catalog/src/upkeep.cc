#include "lakehouse/catalog/upkeep.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "byte_pacer.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/net/route_of.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/sealed_json.h"
#include "scrub.h"
#include "store_access.h"
#include "upkeep_keys.h"
#include "upkeep_wire.h"

namespace lakehouse::catalog {
namespace {

class RunningUpkeep final : public LocalUpkeep {
 public:
  RunningUpkeep(Parts parts, Options options)
      : parts_(std::move(parts)),
        options_(options),
        objects_(parts_.metrics.counter("lakehouse_scrub_objects_total", "Objects that the scrubber read.")),
        bytes_(parts_.metrics.counter("lakehouse_scrub_bytes_total", "Octets that the scrubber read.")),
        damaged_(parts_.metrics.gauge("lakehouse_quarantined_objects", "Objects in quarantine.")) {
    tasks_.Start("scrub", [this](std::stop_token stop) { Work(stop); });
    if (options_.collect_interval_ms > 0) tasks_.Start("collect", [this](std::stop_token stop) { CollectWhenDue(stop); });
  }

  Result<UpkeepState> LoadState(const Context& context, const LoadUpkeepRequest&) override {
    LH_TRY(context.Check());
    LoadLast(context);
    UpkeepState state;
    state.scrub_bytes_per_second = options_.scrub_bytes_per_second;
    state.scrub_interval_ms = options_.scrub_interval_ms;
    {
      const std::lock_guard lock(mutex_);
      state.scrub = at_work_;
      state.last_scrub = last_;
      state.collection = collecting_;
      state.last_collection = last_collection_;
    }
    state.collect_interval_ms = options_.collect_interval_ms;
    for (storage::DamagedObject& object : parts_.quarantine.List())
      state.quarantine.push_back({std::move(object.key), object.expected_bytes, std::move(object.expected_sha256), object.found_bytes,
                                  std::move(object.found_sha256), object.since_micros});
    return state;
  }

  Result<UpkeepState> StartScrub(const Context& context, const ScrubRequest& request) override {
    if (request.bytes_per_second && *request.bytes_per_second < 0)
      return Error(ErrorCode::kInvalidArgument, "bytes_per_second is negative; 0 is as fast as it goes");
    LH_TRY(context.Check());
    {
      const std::lock_guard lock(mutex_);
      if (!at_work_) {
        asked_ = request;
        at_work_ = ScrubRun{};
        at_work_->started_micros = parts_.clock.WallMicros();
        wake_.notify_all();
      }
    }
    return LoadState(context, {});
  }

  Result<CollectionRun> Collect(const Context& context) override {
    const std::lock_guard one_at_a_time(collect_mutex_);
    if (LH_TRY(parts_.catalog.LoadStatus(context, {})).role != Role::kWriter)
      return Error(ErrorCode::kUnavailable, "another process writes to this lake and looks after it").Named("not_writer");
    CollectionRun run;
    run.started_micros = parts_.clock.WallMicros();
    {
      const std::lock_guard lock(mutex_);
      collecting_ = run;
    }
    const Status done = CollectInto(context, run);
    run.finished_micros = parts_.clock.WallMicros();
    if (!done) run.failed = done.error().ToString();
    if (const auto kept = parts_.store.Put(context, kLastCollectionKey, storage::SealJson(EncodeJson(run))); !kept)
      parts_.log.Warning("that garbage was collected could not be written down", {{"error", kept.error().ToString()}});
    const std::lock_guard lock(mutex_);
    last_collection_ = run;
    collecting_.reset();
    if (!done) return done.error();
    return run;
  }

  Result<ScrubRun> Scrub(const Context& context, const ScrubRequest& request) override {
    const std::lock_guard one_at_a_time(scrub_mutex_);
    LH_TRY_WHILE(parts_.quarantine.Load(context), "read the quarantine");
    const std::int64_t rate = request.bytes_per_second.value_or(options_.scrub_bytes_per_second);
    LakeScrub scrub(parts_, rate, [this](const ScrubRun& run) {
      const std::lock_guard lock(mutex_);
      if (at_work_) {
        objects_.Add(static_cast<std::uint64_t>(run.objects - at_work_->objects));
        bytes_.Add(static_cast<std::uint64_t>(run.bytes - at_work_->bytes));
      }
      at_work_ = run;
    });
    {
      const std::lock_guard lock(mutex_);
      at_work_ = ScrubRun{};
      at_work_->started_micros = parts_.clock.WallMicros();
    }
    auto run = scrub.Run(context);
    if (run) {
      const auto damaged = ScrubCaches(context, rate);
      if (damaged)
        run->caches_damaged = *damaged;
      else
        run = damaged.error();
    }
    damaged_.Set(static_cast<std::int64_t>(parts_.quarantine.List().size()));
    if (run)
      if (const auto kept = parts_.store.Put(context, kLastScrubKey, storage::SealJson(EncodeJson(*run))); !kept)
        parts_.log.Warning("that a scrub came to its end could not be written down", {{"error", kept.error().ToString()}});
    const std::lock_guard lock(mutex_);
    if (run) {
      last_ = *run;
    } else {
      last_ = at_work_;
      last_->finished_micros = parts_.clock.WallMicros();
      last_->failed = run.error().ToString();
    }
    at_work_.reset();
    return run;
  }

  void ScrubAlso(MachineCaches* caches) override {
    caches_change_ = true;
    const std::lock_guard lock(caches_mutex_);
    caches_change_ = false;
    caches_ = caches;
  }

 private:
  Result<std::optional<std::int64_t>> ScrubCaches(const Context& context, std::int64_t bytes_per_second) {
    const std::lock_guard lock(caches_mutex_);
    if (caches_ == nullptr) return std::optional<std::int64_t>();
    BytePacer pacer(bytes_per_second);
    const auto spend = [&](std::int64_t bytes) -> Status {
      constexpr std::int64_t kStep = 1 << 20;
      for (; bytes > 0; bytes -= kStep) {
        if (caches_change_) return Error(ErrorCode::kCancelled, "the process ends");
        LH_TRY(pacer.Spend(context, std::min(bytes, kStep)));
      }
      return Ok{};
    };
    return std::optional(LH_TRY_WHILE(caches_->Check(context, spend), "check the caches"));
  }

  /// Of a process before. What cannot be read is no reason to fail: it is a date.
  void LoadLast(const Context& context) {
    {
      const std::lock_guard lock(mutex_);
      if (is_loaded_) return;
    }
    auto scrub = LoadRun<ScrubRun>(context, kLastScrubKey);
    auto collection = LoadRun<CollectionRun>(context, kLastCollectionKey);
    if (!scrub || !collection) return;
    const std::lock_guard lock(mutex_);
    is_loaded_ = true;
    if (!last_) last_ = std::move(scrub).Take();
    if (!last_collection_) last_collection_ = std::move(collection).Take();
  }

  /// Nothing when there is none, or none that is sound. Errors are the store's.
  template <typename Run>
  Result<std::optional<Run>> LoadRun(const Context& context, const char* key) {
    const auto octets = LH_TRY(FindOctets(context, parts_.store, key, {.attempts = 1, .pause_ms = 0}));
    const auto json = octets ? storage::UnsealJson(*octets) : Result<std::string>(std::string());
    auto run = json ? DecodeJson<Run>(*json) : Result<Run>(json.error());
    return run ? std::optional<Run>(std::move(run).Take()) : std::nullopt;
  }

  Status CollectInto(const Context& context, CollectionRun& run) {
    const auto collected = LH_TRY_WHILE(parts_.catalog.CollectGarbage(context, {.run = true}), "collect garbage");
    run.expired_versions = collected.expired_versions;
    run.objects = collected.objects;
    run.size_bytes = collected.size_bytes;
    for (const std::string& log : options_.error_logs) {
      auto tidied = TidyLog(context, log);
      if (!tidied && (tidied.error().reason() == "unknown_bucket" || tidied.error().reason() == "bucket_away")) continue;
      run.log_objects += LH_TRY_WHILE(std::move(tidied), "tidy " + log);
    }
    return Ok{};
  }

  Result<std::int64_t> TidyLog(const Context& context, const std::string& log) {
    std::int64_t removed = 0;
    if (options_.keep_errors_ms > 0)
      removed = LH_TRY(storage::TrimAppendLog(context, parts_.store, log, parts_.clock.WallMicros() - options_.keep_errors_ms * 1000));
    LH_TRY(storage::CompactAppendLog(context, parts_.store, log));
    return removed;
  }

  void CollectWhenDue(const std::stop_token& stop) {
    Context context;
    context.principal = "system:collect";
    context.trace = "collect";
    context.cancel = stop;
    std::int64_t wait_ms = std::min(options_.first_collect_ms, options_.collect_interval_ms);
    while (true) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, std::chrono::milliseconds(wait_ms), [] { return false; });
      }
      if (stop.stop_requested()) return;
      LoadLast(context);
      wait_ms = LeftOfCollectInterval();
      if (wait_ms > 0) continue;
      wait_ms = options_.collect_interval_ms;  // also for a follower, which may be the writer by then
      if (const auto run = Collect(context); !run && run.error().reason() != "not_writer" && !stop.stop_requested())
        parts_.log.Error("garbage could not be collected; it is tried again when it is due", {{"error", run.error().ToString()}});
    }
  }

  /// Since the last one ended, in whichever process.
  std::int64_t LeftOfCollectInterval() {
    const std::lock_guard lock(mutex_);
    if (!last_collection_) return 0;
    return std::clamp<std::int64_t>(
        last_collection_->finished_micros / 1000 + options_.collect_interval_ms - parts_.clock.WallMicros() / 1000, 0,
        options_.collect_interval_ms);
  }

  /// Milliseconds until one begins by itself.
  std::optional<std::int64_t> DueInMs(std::int64_t running_ms) {
    if (options_.scrub_bytes_per_second <= 0) return std::nullopt;
    std::int64_t due_ms = options_.first_scrub_ms - running_ms;
    const std::lock_guard lock(mutex_);
    if (last_) due_ms = std::max(due_ms, last_->finished_micros / 1000 + options_.scrub_interval_ms - parts_.clock.WallMicros() / 1000);
    return std::clamp<std::int64_t>(due_ms, 0, options_.scrub_interval_ms);
  }

  void Work(const std::stop_token& stop) {
    Context context;
    context.principal = "system:scrub";
    context.cancel = stop;
    if (const auto loaded = parts_.quarantine.Load(context); !loaded)
      parts_.log.Warning("the quarantine could not be read yet", {{"error", loaded.error().ToString()}});
    damaged_.Set(static_cast<std::int64_t>(parts_.quarantine.List().size()));
    LoadLast(context);
    const std::int64_t started_ns = parts_.clock.SteadyNanos();
    while (!stop.stop_requested()) {
      const auto due_ms = DueInMs((parts_.clock.SteadyNanos() - started_ns) / 1'000'000);
      ScrubRequest request;
      {
        std::unique_lock lock(mutex_);
        const auto asked = [&] { return asked_.has_value(); };
        if (due_ms)
          wake_.wait_for(lock, stop, std::chrono::milliseconds(*due_ms), asked);
        else
          wake_.wait(lock, stop, asked);
        if (stop.stop_requested()) return;
        if (asked_) request = *asked_;
        asked_.reset();
      }
      const auto run = Scrub(context, request);
      if (stop.stop_requested()) return;
      if (run)
        parts_.log.Info("scrub ended",
                        {{"objects", run->objects}, {"bytes", run->bytes}, {"damaged", run->damaged}, {"healed", run->healed}});
      else
        parts_.log.Error("a scrub did not come to its end", {{"error", run.error().ToString()}});
    }
  }

  const Parts parts_;
  const Options options_;
  Counter& objects_;
  Counter& bytes_;
  Gauge& damaged_;
  std::mutex scrub_mutex_;
  std::mutex collect_mutex_;
  std::mutex caches_mutex_;
  MachineCaches* caches_ = nullptr;  ///< guarded by caches_mutex_
  std::atomic<bool> caches_change_ = false;
  std::mutex mutex_;  ///< guards the rest
  std::condition_variable_any wake_;
  std::optional<ScrubRequest> asked_;
  std::optional<ScrubRun> at_work_, last_;
  std::optional<CollectionRun> collecting_, last_collection_;
  bool is_loaded_ = false;
  TaskGroup tasks_;
};

class RemoteUpkeep final : public Upkeep, net::Remote<UpkeepMethods> {
 public:
  explicit RemoteUpkeep(net::Transport& transport) : Remote(transport) {}
  Result<UpkeepState> LoadState(const Context& c, const LoadUpkeepRequest& r) override { return Call<&Upkeep::LoadState>(c, r); }
  Result<UpkeepState> StartScrub(const Context& c, const ScrubRequest& r) override { return Call<&Upkeep::StartScrub>(c, r); }
};

net::HttpResponse AnswerState(const Context& context, const Result<UpkeepState>& state, int status) {
  if (!state) return net::HttpResponse::FromError(state.error(), context.trace);
  return net::HttpResponse::Json(status, EncodeJson(*state));
}

}  // namespace

std::unique_ptr<LocalUpkeep> LocalUpkeep::Start(Parts parts, Options options) {
  return std::make_unique<RunningUpkeep>(std::move(parts), options);
}
std::unique_ptr<Upkeep> ConnectUpkeep(net::Transport& transport) { return std::make_unique<RemoteUpkeep>(transport); }
net::Service ServeUpkeep(Upkeep& upkeep) { return net::Serve<UpkeepMethods>(upkeep); }

std::vector<net::Route> UpkeepRoutes(Upkeep& upkeep) {
  net::Route show = net::RouteOf("GET", "/storage/scrub", "The scrubber: at work, last run, objects in quarantine", "storage", "catalogd");
  show.scope = net::RouteScope::kAdmin;  // keys of every dataset, and the disks' time
  show.answers = {{200, "", SchemaOf<UpkeepState>()}};
  show.handle = [&upkeep](const Context& context, net::HttpRequest&) { return AnswerState(context, upkeep.LoadState(context, {}), 200); };
  net::Route start = show;
  start.method = "POST";
  start.summary = "Read every object of the lake now and compare it with its digest";
  start.body = net::BodyKind::kSmall;
  start.body_optional = true;
  start.request_schema = SchemaOf<ScrubRequest>();
  start.answers = {{202, "It is at work", SchemaOf<UpkeepState>()}};
  start.request_example = R"({"bytes_per_second":0})";
  start.handle = [&upkeep](const Context& context, net::HttpRequest& request) {
    const auto body = request.body.empty() ? Result<ScrubRequest>(ScrubRequest{}) : DecodeJson<ScrubRequest>(request.body);
    if (!body) return net::HttpResponse::FromError(body.error(), context.trace);
    return AnswerState(context, upkeep.StartScrub(context, *body), 202);
  };
  return {show, start};
}

}  // namespace lakehouse::catalog
