#include "masked_files.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/random.h"
#include "lakehouse/query/table_view.h"
#include "masked_select.h"

namespace lakehouse::query {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMasker = "system:masks";  // its workers see raw rows, and never serve anybody else
constexpr std::string_view kSource = "masked:source";
constexpr std::string_view kProduct = "masked.parquet";
constexpr std::string_view kSuffix = ".parquet";

/// What the engine says may hold values of the data: it is for the log of the administrator.
Error CannotMask(const std::string& dataset, const Error& error) {
  if (error.code() == ErrorCode::kCorruption)
    return Error(ErrorCode::kCorruption,
                 "dataset \"" + dataset + "\" cannot be shown: a file of it is damaged; the administrator finds which")
        .Named("corrupt_object");
  const bool ours = error.reason() == "profile_view_failed";
  const std::string why = ours ? error.message() : "the view could not be computed; the administrator finds the reason in the log";
  const bool temporary = error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kResourceExhausted ||
                         error.code() == ErrorCode::kDeadlineExceeded || error.code() == ErrorCode::kCancelled;
  return Error(temporary ? error.code() : ErrorCode::kUnprocessable,
               "dataset \"" + dataset + "\" cannot be shown as the profile says: " + why)
      .Named(temporary ? std::string(error.reason()) : "profile_view_failed");
}

}  // namespace

MaskedFiles::MaskedFiles(storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log, Options options)
    : cache_(cache),
      workers_(workers),
      log_(log),
      options_(std::move(options)),
      built_(metrics.counter("lakehouse_query_masked_files_total", "Snapshots that were written as a profile shows them.")),
      damaged_(metrics.counter("lakehouse_query_masked_damaged_total", "Such files that were not as written, and were made again.")) {}

std::string MaskedFiles::IdOf(const catalog::ResolvedTable& table, const catalog::DatasetRule& rule) const {
  return IdOfDerived({"masked 1", Sha256Hex(options_.key.Reveal()), TextOfRule(rule)}, table);
}

std::optional<std::string> MaskedFiles::Find(const catalog::ResolvedTable& table, const catalog::DatasetRule& rule) {
  return FindById(IdOf(table, rule));
}

std::optional<std::string> MaskedFiles::FindById(const std::string& id) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = known_.find(id); found != known_.end()) {
      if (StampOf(found->second.path) == found->second.stamp) {
        found->second.used = ++uses_;
        return found->second.path;
      }
      known_.erase(found);
    }
  }
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.directory, ignored)) {
    const std::string name = entry.path().filename().string();
    const auto said = ReadDerivedName(name, kSuffix);
    if (!said || said->id != id) continue;
    const std::string path = entry.path().string();
    if (IsForgotten(path)) continue;
    const auto stamp = StampOf(path);
    const auto sha256 = stamp ? Sha256HexOfFile(path) : Result<std::string>(std::string());
    if (sha256 && *sha256 == said->sha256) {
      const std::scoped_lock lock(mutex_);
      known_[id] = {path, *stamp, ++uses_};
      return path;
    }
    damaged_.Add();
    log_.Warning("a masked file is not as it was written; it is made again", {{"file", name}});
    unlink(path.c_str());
  }
  return std::nullopt;
}

Result<std::string> MaskedFiles::Make(const Context& context, const catalog::ResolvedTable& table, const catalog::DatasetRule& rule) {
  if (options_.directory.empty())
    return Error(ErrorCode::kUnprocessable, "this process has no place for masked files").Named("profile_view_failed");
  const std::string id = IdOf(table, rule);
  while (true) {
    if (auto path = FindById(id)) return *std::move(path);
    std::unique_lock lock(mutex_);
    if (building_.insert(id).second) break;
    done_.wait_for(lock, std::chrono::milliseconds(50));
    lock.unlock();
    LH_TRY(context.Check());
  }
  auto built = Build(context, id, table, rule);
  {
    const std::scoped_lock lock(mutex_);
    building_.erase(id);
    if (outdated_.erase(id) > 0 && built) Forget(*built);
  }
  done_.notify_all();
  if (built) return built;
  log_.Error("a view of a profile cannot be made", {{"dataset", table.name}, {"error", built.error().ToString()}});
  return CannotMask(table.name, built.error());
}

Result<std::string> MaskedFiles::Build(const Context& context, const std::string& id, const catalog::ResolvedTable& table,
                                       const catalog::DatasetRule& rule) {
  LH_TRY(CreateDirectories(options_.directory));
  // Whoever asked may give up; the file is wanted all the same.
  Context own{
      .principal = std::string(kMasker), .trace = context.trace, .deadline = Deadline::After(options_.build_timeout_ms), .cancel = {}};
  const std::string made = options_.directory + "/" + SystemRandom().Hex(16) + ".tmp";
  const Status written = Write(own, made, table, rule);
  if (!written) {
    unlink(made.c_str());
    return written.error();
  }
  const std::string path = LH_TRY(PublishDerived(made, id, kSuffix));
  const auto stamp = StampOf(path);
  if (!stamp) return Error(ErrorCode::kUnavailable, "find " + path + ": it is gone");
  built_.Add();
  {
    const std::scoped_lock lock(mutex_);
    known_[id] = {path, *stamp, ++uses_};
  }
  Evict(path);
  return path;
}

Status MaskedFiles::Write(const Context& context, const std::string& path, const catalog::ResolvedTable& table,
                          const catalog::DatasetRule& rule) {
  const std::string select = LH_TRY(MaskedSelect(kSource, table.snapshot.schema, rule, options_.key));
  std::vector<storage::ExpectedObject> objects;
  for (const catalog::DataFile& file : table.files) objects.push_back({file.key, file.size_bytes, file.sha256});
  const auto files = LH_TRY(cache_.FetchAll(context, objects));
  auto lease = LH_TRY(workers_.Acquire(context, kMasker));
  FileNames names;
  for (std::size_t i = 0; i < objects.size(); ++i) names[objects[i].key] = LH_TRY(lease.worker().Link(files[i].path()));
  engine::Session session(lease.worker());
  for (const std::string& filter : rule.row_filters) LH_TRY(CheckRowFilter(context, session, filter));
  engine::RunRequest run;
  run.prelude = CreateTableView(kSource, table, names);
  run.statement =
      "COPY (" + select + ") TO " + QuoteText("tmp/" + std::string(kProduct)) + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)";
  run.format = engine::Format::kNone;
  LH_TRY(session.RunToEnd(context, std::move(run)));
  const Status taken = lease.worker().Take("tmp/" + std::string(kProduct), path);
  unlink((lease.worker().directory() + "/tmp/" + std::string(kProduct)).c_str());
  lease.worker().UnlinkAll();
  return taken;
}

bool MaskedFiles::IsForgotten(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  return forgotten_.contains(path);
}

/// Under the lock.
void MaskedFiles::Forget(const std::string& path) {
  constexpr std::int64_t kLinkedByThenNs = 10'000'000'000;
  forgotten_.emplace(path, SystemClock().SteadyNanos() + kLinkedByThenNs);
  std::erase_if(known_, [&](const auto& known) { return known.second.path == path; });
}

void MaskedFiles::ForgetAll() {
  const std::scoped_lock lock(mutex_);
  outdated_ = building_;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.directory, ignored))
    if (ReadDerivedName(entry.path().filename().string(), kSuffix)) Forget(entry.path().string());
}

bool MaskedFiles::SweepForgotten() {
  const std::scoped_lock lock(mutex_);
  const std::int64_t now = SystemClock().SteadyNanos();
  std::erase_if(forgotten_, [now](const auto& one) { return one.second <= now && (unlink(one.first.c_str()) == 0 || errno == ENOENT); });
  return forgotten_.empty() && outdated_.empty();
}

Result<std::int64_t> MaskedFiles::Check(const std::function<Status(std::int64_t bytes)>& spend) {
  const DamagedFiles found = LH_TRY(FindDamaged(options_.directory, kSuffix, spend));
  for (const std::string& path : found) {
    damaged_.Add();
    log_.Warning("a masked file is not as it was written; it is made again", {{"file", path}});
    unlink(path.c_str());
    const std::scoped_lock lock(mutex_);
    std::erase_if(known_, [&](const auto& known) { return known.second.path == path; });
  }
  return std::ssize(found);
}

/// The least recently used first; what a worker has linked stays its own. Files that this process never used are the oldest.
void MaskedFiles::Evict(const std::string& keep) {
  struct Candidate {
    std::uint64_t used = 0;
    std::int64_t changed_ns = 0;
    std::int64_t size = 0;
    std::string path;
  };
  const std::scoped_lock lock(mutex_);
  std::map<std::string, std::uint64_t> used;
  for (const auto& [id, known] : known_) used[known.path] = known.used;
  std::vector<Candidate> candidates;
  std::uint64_t total = 0;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(options_.directory, ignored)) {
    const auto stamp = StampOf(entry.path().string());
    if (!stamp || !ReadDerivedName(entry.path().filename().string(), kSuffix)) continue;
    candidates.push_back({used[entry.path().string()], stamp->changed_ns, stamp->size, entry.path().string()});
    total += static_cast<std::uint64_t>(stamp->size);
  }
  std::ranges::sort(
      candidates, [](const Candidate& a, const Candidate& b) { return std::pair(a.used, a.changed_ns) < std::pair(b.used, b.changed_ns); });
  for (const Candidate& candidate : candidates) {
    if (total <= options_.max_bytes) return;
    if (candidate.path == keep) continue;
    unlink(candidate.path.c_str());
    total -= static_cast<std::uint64_t>(candidate.size);
  }
}

}  // namespace lakehouse::query
