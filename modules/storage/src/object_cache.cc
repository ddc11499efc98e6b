#include "lakehouse/storage/object_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <set>
#include <thread>

#include "cached_copies.h"
#include "checked_files.h"
#include "lakehouse/base/file.h"

namespace lakehouse::storage {
namespace {

DamagedObject Missing(const ExpectedObject& object) { return {object.key, object.size_bytes, object.sha256, -1, {}, 0}; }

std::optional<DamagedObject> Compare(const ExpectedObject& object, const FileDigest& found) {
  if (found.identity.size_bytes == object.size_bytes && found.sha256 == object.sha256) return std::nullopt;
  return DamagedObject{object.key, object.size_bytes, object.sha256, found.identity.size_bytes, found.sha256, 0};
}

}  // namespace

struct ObjectCache::State {
  State(ObjectStore& object_store, Options all, Metrics& metrics, Log& service_log)
      : store(object_store),
        options(std::move(all)),
        log(service_log),
        copies(options.directory, options.max_bytes),
        slots(std::max(1u, options.parallel_checks)),
        hits(metrics.counter("lakehouse_storage_cache_hits_total", "Objects that were found checked and ready.")),
        checks(metrics.counter("lakehouse_storage_cache_checks_total", "Objects whose digest was taken.")),
        downloads(metrics.counter("lakehouse_storage_cache_downloads_total", "Objects that were copied to this machine.")),
        failures(metrics.counter("lakehouse_storage_cache_corrupt_total", "Objects that were not what the manifest says.")),
        copy_bytes(metrics.gauge("lakehouse_storage_cache_bytes", "Octets of all copies.")) {}

  Result<File> InPlace(const Context& context, const ExpectedObject& object, const std::string& path);
  Result<File> Copy(const Context& context, const ExpectedObject& object);
  Status Download(const Context& context, const ExpectedObject& object);
  /// What is wrong with what came; nothing: it is in its place.
  Result<std::optional<DamagedObject>> DownloadOnce(const Context& context, const ExpectedObject& object);
  Result<FileDigest> Check(const Context& context, const std::string& path);
  Error Corrupt(const Context& context, DamagedObject damage);
  Status CheckQuarantine(const ExpectedObject& object) const;

  ObjectStore& store;
  const Options options;
  Log& log;
  CachedCopies copies;
  CheckedFiles checked;
  CheckSlots slots;
  Counter& hits;
  Counter& checks;
  Counter& downloads;
  Counter& failures;
  Gauge& copy_bytes;

  // Objects somebody is fetching or checking right now; the others wait and then find it done.
  std::mutex busy_mutex;
  std::condition_variable_any busy_changed;
  std::set<std::string> busy;
};

namespace {

/// The right to work on one key, while it lives.
class BusyKey {
 public:
  BusyKey(std::mutex& mutex, std::condition_variable_any& changed, std::set<std::string>& busy, std::string key)
      : mutex_(mutex), changed_(changed), busy_(busy), key_(std::move(key)) {}
  BusyKey(const BusyKey&) = delete;
  ~BusyKey() {
    if (!taken_) return;
    {
      const std::scoped_lock lock(mutex_);
      busy_.erase(key_);
    }
    changed_.notify_all();
  }
  Status Take(const Context& context) {
    std::unique_lock lock(mutex_);
    LH_TRY(WaitFor(context, lock, changed_, [&] { return !busy_.contains(key_); }));
    busy_.insert(key_);
    taken_ = true;
    return Ok{};
  }

 private:
  std::mutex& mutex_;
  std::condition_variable_any& changed_;
  std::set<std::string>& busy_;
  const std::string key_;
  bool taken_ = false;
};

}  // namespace

ObjectCache::ObjectCache(std::unique_ptr<State> state) : state_(std::move(state)) {}
ObjectCache::~ObjectCache() = default;

Result<std::unique_ptr<ObjectCache>> ObjectCache::Open(ObjectStore& store, Options options, Metrics& metrics, Log& log) {
  auto state = std::make_unique<State>(store, std::move(options), metrics, log);
  LH_TRY_WHILE(state->copies.Load(), "open the object cache in " + state->options.directory);
  state->copy_bytes.Set(static_cast<std::int64_t>(state->copies.bytes()));
  return std::unique_ptr<ObjectCache>(new ObjectCache(std::move(state)));
}

Error ObjectCache::State::Corrupt(const Context& context, DamagedObject damage) {
  failures.Add();
  log.Error("an object is not what its manifest says", {{"key", damage.key}});
  Error error = DamageError(damage);
  if (options.quarantine != nullptr) options.quarantine->Mark(context, std::move(damage));
  return error;
}

Status ObjectCache::State::CheckQuarantine(const ExpectedObject& object) const {
  if (options.quarantine == nullptr) return Ok{};
  const auto damage = options.quarantine->Find(object.key);
  if (damage && damage->expected_sha256 == object.sha256) return DamageError(*damage);
  return Ok{};
}

Result<FileDigest> ObjectCache::State::Check(const Context& context, const std::string& path) {
  const auto slot = LH_TRY(slots.Acquire(context));
  checks.Add();
  return DigestFile(context, path);
}

Result<ObjectCache::File> ObjectCache::State::InPlace(const Context& context, const ExpectedObject& object, const std::string& path) {
  File file;
  file.path_ = path;
  LH_TRY(CheckQuarantine(object));  // first of all: a disk may rot below a file that looks as it did when it was checked
  const auto known = [&] {
    const auto identity = FileIdentity::OfPath(path);
    return identity && checked.Knows(path, *identity, object.sha256);
  };
  if (known()) {
    hits.Add();
    return file;
  }
  BusyKey turn(busy_mutex, busy_changed, busy, object.key);
  LH_TRY(turn.Take(context));
  if (known()) return file;
  auto digest = Check(context, path);
  if (!digest && digest.error().code() == ErrorCode::kNotFound) return Corrupt(context, Missing(object));
  if (!digest) return std::move(digest).TakeError();
  if (auto damage = Compare(object, *digest)) return Corrupt(context, std::move(*damage));
  checked.Remember(path, digest->identity, object.sha256);
  return file;
}

Result<ObjectCache::File> ObjectCache::State::Copy(const Context& context, const ExpectedObject& object) {
  File file;
  const std::string name = CachedCopies::NameOf(object.key, object.sha256);
  file.path_ = copies.PathOf(name);
  file.in_use_ = copies.Hold(name);  // first of all, so that it cannot go between the look and the use
  const auto known = [&] {
    const auto identity = FileIdentity::OfPath(file.path_);
    return identity && checked.Knows(file.path_, *identity, object.sha256);
  };
  if (known()) {
    hits.Add();
    return file;
  }
  BusyKey turn(busy_mutex, busy_changed, busy, name);
  LH_TRY(turn.Take(context));
  if (known()) return file;
  if (FileIdentity::OfPath(file.path_)) {  // of an earlier run, or touched by somebody
    const FileDigest digest = LH_TRY(Check(context, file.path_));
    if (!Compare(object, digest)) {
      checked.Remember(file.path_, digest.identity, object.sha256);
      return file;
    }
    log.Warning("a cached copy was damaged and is fetched again", {{"key", object.key}});
  }
  copies.Remove(name);
  LH_TRY(CheckQuarantine(object));
  LH_TRY(Download(context, object));
  return file;
}

Status ObjectCache::State::Download(const Context& context, const ExpectedObject& object) {
  auto damage = DownloadOnce(context, object);
  if (!damage && damage.error().reason() == "disk_full") {
    log.Warning("the disk of the object cache is full: copies that are not in use go", {{"directory", options.directory}});
    copies.Clear();
    damage = DownloadOnce(context, object);
  }
  if (damage && *damage) {
    log.Warning("an object came other than it was committed: it is fetched once more", {{"key", object.key}});
    damage = DownloadOnce(context, object);
  }
  if (!damage) return std::move(damage).TakeError();
  if (*damage) return Corrupt(context, std::move(**damage));
  return Ok{};
}

Result<std::optional<DamagedObject>> ObjectCache::State::DownloadOnce(const Context& context, const ExpectedObject& object) {
  const std::string temporary = copies.TemporaryPath();
  struct Unfinished {
    ~Unfinished() { unlink(path.c_str()); }
    const std::string& path;
  } unfinished{temporary};
  downloads.Add();
  auto got = store.GetToFile(context, object.key, temporary);
  if (!got && got.error().code() == ErrorCode::kNotFound) return std::optional(Missing(object));
  if (!got) return std::move(got).TakeError();
  const FileDigest digest = LH_TRY(Check(context, temporary));
  if (auto damage = Compare(object, digest)) return damage;
  const std::string name = CachedCopies::NameOf(object.key, object.sha256);
  const std::string path = copies.PathOf(name);
  if (chmod(temporary.c_str(), 0444) != 0) return FileError("protect", temporary, errno);
  if (rename(temporary.c_str(), path.c_str()) != 0) return FileError("rename", temporary, errno);
  copies.Add(name, object.size_bytes);
  copy_bytes.Set(static_cast<std::int64_t>(copies.bytes()));
  checked.Remember(path, digest.identity, object.sha256);  // a rename changes neither inode nor time
  return std::optional<DamagedObject>();
}

Result<ObjectCache::File> ObjectCache::Fetch(const Context& context, const ExpectedObject& object) {
  LH_TRY(context.Check());
  const auto path = state_->store.LocalPath(object.key);
  return path ? state_->InPlace(context, object, *path) : state_->Copy(context, object);
}

Result<std::vector<ObjectCache::File>> ObjectCache::FetchAll(const Context& context, const std::vector<ExpectedObject>& objects) {
  std::vector<std::optional<Result<File>>> results(objects.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    for (std::size_t i = next++; i < objects.size() && !failed; i = next++) {
      results[i] = Fetch(context, objects[i]);
      if (!*results[i]) failed = true;
    }
  };
  {
    // Known files cost microseconds: threads are worth their start only when there may be something to read.
    std::vector<std::jthread> helpers;
    const std::size_t wanted = std::min<std::size_t>(state_->options.parallel_checks, objects.size());
    std::size_t known = 0;
    for (; known < objects.size(); ++known) {
      const auto path = state_->store.LocalPath(objects[known].key)
                            .value_or(state_->copies.PathOf(CachedCopies::NameOf(objects[known].key, objects[known].sha256)));
      const auto identity = FileIdentity::OfPath(path);
      if (!identity || !state_->checked.Knows(path, *identity, objects[known].sha256)) break;
    }
    if (known < objects.size())
      for (std::size_t i = 1; i < wanted; ++i) helpers.emplace_back(work);
    work();
  }
  std::vector<File> files;
  for (auto& result : results)
    if (result && !*result) return std::move(*result).TakeError();
  for (auto& result : results) files.push_back(std::move(**result));
  return files;
}

bool ObjectCache::Forget(const std::vector<std::string>& keys) {
  const bool all = state_->copies.Forget(keys);
  state_->copy_bytes.Set(static_cast<std::int64_t>(state_->copies.bytes()));
  return all;
}

Result<std::int64_t> ObjectCache::CheckCopies(const Context& context, const std::function<Status(std::int64_t bytes)>& spend) {
  std::int64_t damaged = 0;
  for (const std::string& name : state_->copies.Names()) {
    const auto digest = state_->Check(context, state_->copies.PathOf(name));
    LH_TRY(context.Check());
    if (!digest && digest.error().code() == ErrorCode::kNotFound) continue;
    if (digest) LH_TRY(spend(digest->identity.size_bytes));
    if (digest && CachedCopies::IsOf(name, digest->sha256)) continue;
    ++damaged;
    state_->failures.Add();
    state_->log.Warning("a cached copy was damaged and is fetched again when it is wanted", {{"copy", name}});
    state_->copies.Remove(name);
  }
  return damaged;
}

void ObjectCache::ForgetAll() {
  state_->copies.Clear();
  state_->copy_bytes.Set(static_cast<std::int64_t>(state_->copies.bytes()));
}

}  // namespace lakehouse::storage
