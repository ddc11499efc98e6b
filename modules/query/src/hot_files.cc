#include "hot_files.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <vector>

#include "hot_wire.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/random.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/engine/functions.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/query/table_view.h"

namespace lakehouse::query {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kBuilder = "system:hot";
constexpr std::string_view kHotSuffix = ".duckdb";
constexpr std::string_view kHotSource = "hot:source";
constexpr std::string_view kHotTable = "rows";
constexpr std::int64_t kPinWaitMs = 20'000;
constexpr std::int64_t kRestPerBuild = 10;  // a build of 1 s is followed by 10 s without one of that dataset
constexpr std::int64_t kRestAfterFailureNs = 30'000'000'000;

std::string IdOfSnapshot(const catalog::ResolvedTable& table) { return IdOfDerived({"hot 1", engine::kDuckDbVersion}, table); }

Error NoPlace() {
  return Error(ErrorCode::kUnprocessable, "this process keeps no hot datasets: it has no directory for them").Named("hot_cache_off");
}

}  // namespace

HotFiles::HotFiles(catalog::Catalog& catalog, storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log,
                   Options options, const Clock& clock)
    : catalog_(catalog),
      cache_(cache),
      workers_(workers),
      log_(log),
      options_(std::move(options)),
      clock_(clock),
      built_(metrics.counter("lakehouse_query_hot_files_total", "Snapshots that were written as native files.")),
      damaged_(metrics.counter("lakehouse_query_hot_damaged_total", "Such files that were not as written any more, or gone.")),
      statements_(metrics.counter("lakehouse_query_hot_statements_total", "Statements that read a native file.")),
      rerun_(metrics.counter("lakehouse_query_hot_rerun_total", "Statements that began with a native file and ended with Parquet.")) {
  if (options_.directory.empty()) return;
  LoadPins();
  threads_.Start("hot-builder", [this](std::stop_token stop) { Work(std::move(stop)); });
}

HotFiles::~HotFiles() { threads_.StopAndJoin(); }

std::string HotFiles::CreateView(std::string_view view, const catalog::ResolvedTable& table, const std::string& linked) {
  // Attached files belong to the whole worker. There is one per dataset: the worker lets go of the one before.
  const std::string database = QuoteName("hot:" + catalog::FoldName(table.name));
  std::string columns;
  for (const catalog::Column& column : table.snapshot.schema.columns) columns += (columns.empty() ? "" : ", ") + QuoteName(column.name);
  return "ATTACH OR REPLACE " + QuoteText(engine::AttachPath(linked)) + " AS " + database + " (READ_ONLY);\nCREATE TEMP VIEW " +
         QuoteName(view) + " AS SELECT " + columns + " FROM " + database + ".main." + std::string(kHotTable) + ";\n";
}

std::optional<std::string> HotFiles::Find(const catalog::ResolvedTable& table) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(catalog::FoldName(table.name));
  if (found == entries_.end() || !found->second.stamp) return std::nullopt;
  Entry& entry = found->second;
  if (entry.id != IdOfSnapshot(table)) return std::nullopt;
  if (StampOf(entry.path) == entry.stamp) {
    ++entry.table.statements;
    return entry.path;
  }
  Distrust(entry);
  WakeBuilder();
  return std::nullopt;
}

void HotFiles::Distrust(Entry& entry) {
  entry.stamp.reset();
  if (entry.table.state == "ready") entry.table.state = "waiting";
}

void HotFiles::BookRerun(const std::vector<std::string>& paths, const Error& why) {
  rerun_.Add();
  // A worker that was lost says nothing of the files: whoever knows how to lose one must not take them from others.
  if (why.code() != ErrorCode::kCorruption && why.reason() != "io") return;
  const std::scoped_lock lock(mutex_);
  for (auto& [key, entry] : entries_)
    if (std::ranges::find(paths, entry.path) != paths.end()) Distrust(entry);
  WakeBuilder();
}

Result<std::int64_t> HotFiles::Check(const std::function<Status(std::int64_t bytes)>& spend) {
  if (options_.directory.empty()) return 0;
  const DamagedFiles found = LH_TRY(FindDamaged(options_.directory, kHotSuffix, spend));
  const std::scoped_lock lock(mutex_);
  for (const std::string& path : found) {
    unlink(path.c_str());
    for (auto& [key, entry] : entries_)
      if (entry.path == path) Distrust(entry);
  }
  if (!found.empty()) WakeBuilder();  // who counts them, and says so
  return std::ssize(found);
}

void HotFiles::WakeBuilder() {
  look_now_ = true;
  changed_.notify_all();
}

Result<HotTable> HotFiles::Pin(const Context& context, const PinRequest& request) {
  LH_TRY(context.Check());
  if (options_.directory.empty()) return NoPlace();
  const auto resolved = LH_TRY(catalog_.Resolve(context, {.tables = {{request.dataset, {.version = request.version}}}}));
  if (resolved.tables.size() != 1) return Error(ErrorCode::kInternal, "the catalog answered for another number of datasets");
  const catalog::ResolvedTable& table = resolved.tables[0];
  if (table.snapshot.schema.columns.empty())
    return Error(ErrorCode::kUnprocessable,
                 "dataset \"" + table.name + "\" was registered by its fingerprint alone: it has no rows to keep")
        .Named("no_columns");
  const std::string key = catalog::FoldName(table.name);
  const Deadline end = context.deadline.Or(Deadline::After(kPinWaitMs));
  std::unique_lock lock(mutex_);
  Entry& entry = entries_[key];
  entry.table.dataset = table.name;
  entry.table.version = request.version;
  entry.table.pinned_micros = clock_.WallMicros();
  entry.table.state = "waiting";
  entry.table.message.clear();
  entry.attempts = 0;
  entry.not_before_ns = 0;
  const std::int64_t pin = entry.pin = ++pins_;
  WakeBuilder();
  lock.unlock();
  SavePins();
  lock.lock();
  while (true) {
    const auto now = entries_.find(key);
    if (now == entries_.end() || now->second.pin != pin)
      return Error(ErrorCode::kConflict, "dataset \"" + table.name + "\" was evicted, or pinned otherwise, meanwhile")
          .Named("pin_replaced");
    if (now->second.attempts > 0 || end.RemainingMs() == 0 || context.cancel.stop_requested()) return now->second.table;
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
}

Result<EvictResponse> HotFiles::Evict(const Context& context, const EvictRequest& request) {
  LH_TRY(context.Check());
  if (request.dataset.empty()) return Error(ErrorCode::kInvalidArgument, "dataset: there is no name in it; say which dataset to let go of");
  EvictResponse response;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(catalog::FoldName(request.dataset));
    if (found == entries_.end()) return response;
    response.evicted = true;
    if (!found->second.path.empty() && unlink(found->second.path.c_str()) == 0) response.freed_bytes = found->second.table.bytes;
    entries_.erase(found);
    changed_.notify_all();
  }
  SavePins();
  return response;
}

std::int64_t HotFiles::UsedBytes() const {
  std::int64_t used = 0;
  for (const auto& [key, entry] : entries_) used += entry.table.bytes;
  return used;
}

Result<HotStats> HotFiles::LoadHotStats(const Context& context, const HotStatsRequest&) {
  LH_TRY(context.Check());
  HotStats stats;
  stats.max_bytes = options_.directory.empty() ? 0 : static_cast<std::int64_t>(options_.max_bytes);
  stats.statements = static_cast<std::int64_t>(statements_.value());
  stats.built = static_cast<std::int64_t>(built_.value());
  stats.damaged = static_cast<std::int64_t>(damaged_.value());
  stats.rerun = static_cast<std::int64_t>(rerun_.value());
  const std::scoped_lock lock(mutex_);
  stats.used_bytes = UsedBytes();
  for (const auto& [key, entry] : entries_) stats.datasets.push_back(entry.table);
  return stats;
}

void HotFiles::Work(std::stop_token stop) {
  while (!stop.stop_requested()) {
    std::vector<std::pair<std::string, std::int64_t>> pinned;
    {
      std::unique_lock lock(mutex_);
      if (entries_.empty())
        changed_.wait(lock, stop, [this] { return look_now_; });
      else
        changed_.wait_for(lock, stop, std::chrono::milliseconds(options_.poll_ms), [this] { return look_now_; });
      look_now_ = false;
      for (const auto& [key, entry] : entries_) pinned.emplace_back(key, entry.pin);
    }
    for (const auto& [key, pin] : pinned)
      if (!stop.stop_requested()) Serve(stop, key, pin);
    if (!stop.stop_requested()) Sweep();
  }
}

void HotFiles::SetState(const std::string& key, std::int64_t pin, std::string state, std::string message) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.pin != pin) return;
  if (state == "failed" && found->second.table.message != message)
    log_.Warning("a dataset cannot be kept hot", {{"dataset", found->second.table.dataset}, {"error", message}});
  found->second.table.state = std::move(state);
  found->second.table.message = std::move(message);
  ++found->second.attempts;
  changed_.notify_all();
}

/// One look at one pin: is its file the right one, and whole?
void HotFiles::Serve(std::stop_token stop, const std::string& key, std::int64_t pin) {
  Context context{.principal = std::string(kBuilder), .trace = "", .deadline = Deadline::After(options_.build_timeout_ms), .cancel = stop};
  catalog::ResolveRequest wanted;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.pin != pin) return;
    wanted.tables.push_back({found->second.table.dataset, {.version = found->second.table.version}});
  }
  const auto resolved = catalog_.Resolve(context, wanted);
  if (!resolved && resolved.error().code() != ErrorCode::kNotFound)  // the catalog is away: what there is stays
    return SetState(key, pin, "failed", resolved.error().message());
  std::optional<std::string> id;
  if (resolved) id = IdOfSnapshot(resolved->tables.at(0));
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second.pin != pin) return;
    Entry& entry = found->second;
    if (entry.stamp && StampOf(entry.path) != entry.stamp) Distrust(entry);
    if (entry.stamp && entry.id == id) {
      ++entry.attempts;
      entry.table.state = "ready";
      entry.table.ready_version = resolved->tables.at(0).snapshot.version;
      changed_.notify_all();
      return;
    }
    const bool is_repair = !entry.path.empty() && entry.id == id;
    // Rows that the dataset has no longer are not kept: they may have been erased.
    if (!entry.path.empty() && !is_repair) {
      unlink(entry.path.c_str());
      entry.path.clear();
      entry.table.bytes = entry.table.rows = entry.table.ready_version = 0;
    }
    Distrust(entry);
    entry.id = id.value_or("");
    if (id && !is_repair && clock_.SteadyNanos() < entry.not_before_ns) return;
  }
  if (!id) return SetState(key, pin, "failed", resolved.error().message());

  const std::int64_t began_ns = clock_.SteadyNanos();
  const auto path = FindOrBuild(context, *id, resolved->tables.at(0));
  if (stop.stop_requested()) return;
  Status adopted = path ? Adopt(key, *id, *path, resolved->tables.at(0)) : Status(path.error());
  const std::int64_t took_ns = clock_.SteadyNanos() - began_ns;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(key);
    const std::int64_t rest_ns = adopted ? kRestPerBuild * took_ns : std::max(kRestPerBuild * took_ns, kRestAfterFailureNs);
    if (found != entries_.end() && found->second.pin == pin) {
      found->second.not_before_ns = clock_.SteadyNanos() + rest_ns;
      if (!adopted) {
        found->second.path.clear();
        found->second.table.bytes = 0;
      }
    }
  }
  if (!adopted) return SetState(key, pin, "failed", adopted.error().message());
  SetState(key, pin, "ready", "");
}

Status HotFiles::Adopt(const std::string& key, const std::string& id, const std::string& path, const catalog::ResolvedTable& table) {
  const auto stamp = StampOf(path);
  if (!stamp) return Error(ErrorCode::kUnavailable, "the file is gone");
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.id != id) {  // evicted meanwhile
    unlink(path.c_str());
    return Ok{};
  }
  Entry& entry = found->second;
  entry.table.bytes = 0;
  if (const std::int64_t all = UsedBytes() + stamp->size; all > static_cast<std::int64_t>(options_.max_bytes)) {
    unlink(path.c_str());
    return Error(ErrorCode::kResourceExhausted, "with this file of " + std::to_string(stamp->size) + " octets all would have " +
                                                    std::to_string(all) + ", and they may have " + std::to_string(options_.max_bytes));
  }
  entry.path = path;
  entry.stamp = stamp;
  entry.table.bytes = stamp->size;
  entry.table.rows = table.snapshot.rows;
  entry.table.ready_version = table.snapshot.version;
  return Ok{};
}

std::optional<std::string> HotFiles::FindWhole(const std::string& id) {
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(options_.directory, ignored)) {
    const auto said = ReadDerivedName(file.path().filename().string(), kHotSuffix);
    if (!said || said->id != id) continue;
    const std::string path = file.path().string();
    const auto before = StampOf(path);
    const auto sha256 = Sha256HexOfFile(path);
    if (before && sha256 && *sha256 == said->sha256 && StampOf(path) == before) return path;
    unlink(path.c_str());
  }
  return std::nullopt;
}

Result<std::string> HotFiles::FindOrBuild(const Context& context, const std::string& id, const catalog::ResolvedTable& table) {
  bool was_there = false;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = entries_.find(catalog::FoldName(table.name));
    was_there = found != entries_.end() && found->second.id == id && !found->second.path.empty();
  }
  if (auto whole = FindWhole(id)) return *std::move(whole);
  if (was_there) {
    damaged_.Add();
    log_.Warning("a hot dataset is not as it was written; it is made again", {{"dataset", table.name}});
  }
  return Build(context, id, table);
}

Result<std::string> HotFiles::Build(const Context& context, const std::string& id, const catalog::ResolvedTable& table) {
  LH_TRY(CreateDirectories(options_.directory));
  const std::string made = options_.directory + "/" + SystemRandom().Hex(16) + ".tmp";
  if (Status written = Write(context, made, table); !written) {
    unlink(made.c_str());
    return std::move(written).TakeError().While("write dataset \"" + table.name + "\" as a native file");
  }
  std::string path = LH_TRY(PublishDerived(made, id, kHotSuffix));
  built_.Add();
  return path;
}

Status HotFiles::Write(const Context& context, const std::string& path, const catalog::ResolvedTable& table) {
  std::vector<storage::ExpectedObject> objects;
  for (const catalog::DataFile& file : table.files) objects.push_back({file.key, file.size_bytes, file.sha256});
  const auto files = LH_TRY(cache_.FetchAll(context, objects));
  auto lease = LH_TRY(workers_.Acquire(context, kBuilder));
  FileNames names;
  for (std::size_t i = 0; i < objects.size(); ++i) names[objects[i].key] = LH_TRY(lease.worker().Link(files[i].path()));
  const std::string product = "tmp/" + SystemRandom().Hex(16) + std::string(kHotSuffix);
  engine::Session session(lease.worker());
  const auto step = [&](std::string prelude, std::string statement) {
    return session.RunToEnd(
        context,
        {.prelude = std::move(prelude), .statement = std::move(statement), .format = engine::Format::kNone, .keep_connection = true});
  };
  Status made = [&]() -> Status {
    // Row groups as short as ours in Parquet: a point lookup reads one of them.
    LH_TRY(step(CreateTableView(kHotSource, table, names),
                "ATTACH " + QuoteText(engine::AttachPath(product)) + " AS made (ROW_GROUP_SIZE 20480)"));
    LH_TRY(step("", "CREATE TABLE made.main." + std::string(kHotTable) + " AS FROM " + QuoteName(kHotSource)));
    LH_TRY(step("", "CHECKPOINT made"));
    LH_TRY(step("", "DETACH made"));
    LH_TRY(session.EndConnection(context));
    return lease.worker().Take(product, path);
  }();
  if (!made) lease.MarkUnhealthy();  // it may still have the file open
  lease.worker().UnlinkAll();
  return made;
}

/// What no pin needs: files of another start, halves of files.
void HotFiles::Sweep() {
  std::set<std::string> needed;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (entry.path.empty() && entry.table.state != "ready") return;  // perhaps its file is there, and the catalog is not
      needed.insert(entry.path);
    }
  }
  std::error_code ignored;
  for (const auto& file : fs::directory_iterator(options_.directory, ignored)) {
    const std::string path = file.path().string();
    if ((path.ends_with(kHotSuffix) || path.ends_with(".tmp")) && !needed.contains(path)) unlink(path.c_str());
  }
}

void HotFiles::LoadPins() {
  const auto text = ReadFile(options_.directory + "/pins.json");
  if (!text) return;
  const auto pins = DecodeJson<SavedPins>(*text);
  if (!pins) return;  // a cache: what cannot be read is forgotten
  for (const PinRequest& pin : pins->pins) {
    Entry& entry = entries_[catalog::FoldName(pin.dataset)];
    entry.table.dataset = pin.dataset;
    entry.table.version = pin.version;
    entry.table.pinned_micros = clock_.WallMicros();
    entry.table.state = "waiting";
    entry.pin = ++pins_;
  }
  look_now_ = !entries_.empty();
}

void HotFiles::SavePins() {
  SavedPins saved;
  const std::scoped_lock lock(mutex_);
  for (const auto& [key, entry] : entries_) saved.pins.push_back({entry.table.dataset, entry.table.version});
  const Status made = CreateDirectories(options_.directory);
  const Status written = made ? ReplaceFile(options_.directory + "/pins.json", EncodeJson(saved)) : made;
  if (!written)
    log_.Warning("the list of hot datasets could not be written; a restart forgets it", {{"error", written.error().ToString()}});
}

}  // namespace lakehouse::query
