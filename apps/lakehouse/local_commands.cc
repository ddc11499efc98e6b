#include "local_commands.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <iostream>
#include <thread>

#include "catalog_tools.h"
#include "lake_store.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/catalog/inspect.h"
#include "lakehouse/engine/functions.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/sandbox/worker.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/quarantine.h"
#include "lakehouse/storage/s3_object_store.h"
#include "listen_address.h"

namespace lakehouse::app {
namespace {

struct Finding {
  std::string what;
  bool good = false;
  std::string found;
  std::string advice;  ///< what to do when it is not good
};

Finding CheckDirectory(const std::string& what, const std::string& path) {
  Finding finding{what, false, path, "choose a directory that this user may write, with --" + what + " or in the settings"};
  if (const auto made = CreateDirectories(path); !made) {
    finding.found = made.error().ToString();
    return finding;
  }
  auto probe = TemporaryDirectory::Create(path, "doctor-");
  if (!probe) {
    finding.found = probe.error().ToString();
    return finding;
  }
  struct statvfs space{};
  constexpr double kGB = 1e9;
  const double free_gb =
      statvfs(path.c_str(), &space) == 0 ? static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize) / kGB : 0;
  finding.good = free_gb >= 1;
  finding.found = path + ", writable, " + std::to_string(static_cast<long>(free_gb)) + " GB free";
  if (!finding.good) finding.advice = "less than 1 GB is free: make room, or choose another disk";
  return finding;
}

Finding CheckBucket(const Settings& settings) {
  Finding finding{"data", false, settings.Text("data"), "mend what the message says; see the settings storage.*"};
  Metrics metrics;
  Log log("doctor", LogLevel::kError, StandardErrorSink());
  const Context context{.principal = "doctor", .trace = "doctor", .deadline = Deadline::After(30'000), .cancel = {}};
  const auto store = OpenLakeStore(context, settings, metrics, log);
  finding.good = store.ok();
  finding.found += !store                                   ? ": " + store.error().ToString()
                   : settings.Bool("storage.single_writer") ? ", reachable; its conditional writes are not relied on"
                                                            : ", reachable, enforces conditional writes";
  return finding;
}

/// Which lake there is, in a layout that this program knows, and what is known to be damaged in it.
Finding CheckLake(const Settings& settings) {
  Finding finding{"lake", true, "none yet: the first start makes one", "mend what the message says; lakehouse fsck looks at all of it"};
  const std::string data = settings.Text("data");
  if (!storage::IsS3Url(data) && !FileSize(data + "/_catalog/format.json")) return finding;
  Metrics metrics;
  Log log("doctor", LogLevel::kError, StandardErrorSink());
  const Context context{.principal = "doctor", .trace = "doctor", .deadline = Deadline::After(30'000), .cancel = {}};
  const auto examine = [&]() -> Result<std::string> {
    const auto store = LH_TRY(OpenLakeStore(context, settings, metrics, log));
    const std::string key = "_catalog/format.json";
    const auto octets = store->Get(context, key);
    if (!octets && octets.error().code() == ErrorCode::kNotFound) return finding.found;
    if (!octets) return octets.error();
    const CatalogTools tools = LH_TRY(CatalogTools::Open());
    std::string text = LH_TRY(catalog::InspectCatalogObject(context, *tools.codec, key, *octets));
    std::replace(text.begin(), text.end(), '\n', ' ');
    const std::size_t marks =
        LH_TRY(store->List(context, std::string(storage::kQuarantinePrefix), "", storage::kMaxListPage)).objects.size();
    if (marks > 0)
      return Error(ErrorCode::kCorruption, text + "in quarantine: " + std::to_string(marks) +
                                               (marks == storage::kMaxListPage ? " objects or more" : " objects") +
                                               "; GET /v1/storage/scrub names them, a backup has good copies");
    return text + "nothing in quarantine";
  };
  const auto found = examine();
  finding.good = found.ok();
  finding.found = found ? *found : found.error().message();
  return finding;
}

/// The buckets of the lake besides primary, each tried now. None before the lake has any.
std::vector<Finding> CheckBuckets(const Settings& settings) {
  std::vector<Finding> findings;
  const std::string data = settings.Text("data");
  struct stat there{};
  const bool has_rescue = !settings.Text("storage.rescue").empty();
  if (!has_rescue)
    findings.push_back({"rescue", true, "none: uploads are refused while the store is away; the setting storage.rescue names one", ""});
  if (!has_rescue && !storage::IsS3Url(data) && stat((data + "/_buckets").c_str(), &there) != 0) return findings;
  Metrics metrics;
  Log log("doctor", LogLevel::kError, StandardErrorSink());
  const Context context{.principal = "doctor", .trace = "doctor", .deadline = Deadline::After(30'000), .cancel = {}};
  auto store = OpenLakeStore(context, settings, metrics, log);
  if (!store) return findings;  // said where the data are
  const auto buckets = (*store)->ListBuckets(context, true);
  if (!buckets) return {{"buckets", false, buckets.error().ToString(), "mend what the message says"}};
  for (const storage::BucketInfo& bucket : *buckets) {
    if (bucket.role == storage::kPrimaryBucket) continue;
    const bool is_rescue = bucket.role == storage::kRescueBucket;
    Finding finding{is_rescue ? "rescue" : "bucket " + bucket.record.name, bucket.health.reachable, bucket.record.url, ""};
    finding.found +=
        bucket.health.reachable ? ", takes writes in " + std::to_string(bucket.health.latency_ms) + " ms" : ": " + bucket.health.last_error;
    if (!bucket.health.reachable)
      finding.advice = is_rescue ? "without it uploads are refused while the store is away: mend what the message says"
                                 : "its files cannot be read: mount it, or mend what the message says";
    findings.push_back(std::move(finding));
  }
  return findings;
}

/// Starts a real worker and reports what its jail holds.
std::vector<Finding> CheckWorker(const std::string& state) {
  sandbox::WorkerOptions options;
  auto root = AbsolutePath(state + "/workers/doctor");
  if (!root || !CreateDirectories(*root)) return {{"worker", false, "its directory cannot be made", "see state"}};
  options.root = *root;
  const Context context{.principal = "doctor", .trace = "doctor", .deadline = Deadline::After(10'000), .cancel = {}};
  auto worker = sandbox::Worker::Start(context, engine::EngineWorkers(options, {}), "probe", 0);
  if (!worker) return {{"worker", false, worker.error().ToString(), "queries cannot run; see the message"}};
  const sandbox::JailReport& jail = (*worker)->jail();
  std::vector<Finding> findings{{"worker", true, "starts, " + std::string(engine::kDuckDbVersion), ""}};
  findings.push_back({"landlock", jail.landlock_abi > 0, jail.landlock_abi > 0 ? "ABI " + std::to_string(jail.landlock_abi) : "missing",
                      "the other walls hold; a kernel from 5.13 with Landlock enabled adds this one"});
  findings.push_back(
      {"seccomp", jail.seccomp, jail.seccomp ? "on" : "missing", "the other walls hold; a kernel with seccomp filters adds this one"});
  findings.push_back(
      {"own user", jail.own_uid, jail.own_uid ? "on" : "workers run as this user", "started as root, each worker gets a user of its own"});
  return findings;
}

std::string JsonOf(const std::vector<Finding>& findings) {
  JsonWriter writer;
  writer.Open('[');
  for (const Finding& finding : findings) {
    writer.Open('{');
    writer.Key("what");
    writer.String(finding.what);
    writer.Key("good");
    writer.Bool(finding.good);
    writer.Key("found");
    writer.String(finding.found);
    if (!finding.good) {
      writer.Key("advice");
      writer.String(finding.advice);
    }
    writer.Close('}');
  }
  writer.Close(']');
  return std::move(writer).Take();
}

std::vector<Finding> Examine(const Settings& settings) {
  std::vector<Finding> findings;
  findings.push_back({"processors", std::thread::hardware_concurrency() >= 1, std::to_string(std::thread::hardware_concurrency()), ""});
  const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGE_SIZE);
  const long memory_mb = pages > 0 && page > 0 ? pages / 1024 * page / 1024 : 0;
  findings.push_back({"memory", memory_mb >= 1024, std::to_string(memory_mb) + " MB", "below 1 GB lower query.memory and query.workers"});
  const std::string data = settings.Text("data");
  findings.push_back(storage::IsS3Url(data) ? CheckBucket(settings) : CheckDirectory("data", data));
  findings.push_back(CheckLake(settings));
  for (Finding& finding : CheckBuckets(settings)) findings.push_back(std::move(finding));
  findings.push_back(CheckDirectory("state", settings.Text("state")));
  for (Finding& finding : CheckWorker(settings.Text("state"))) findings.push_back(std::move(finding));
  return findings;
}

}  // namespace

Result<Secret> LoadToken(const std::string& path) {
  struct stat facts{};
  if (stat(path.c_str(), &facts) != 0) return FileError("read the token in", path, errno);
  if ((facts.st_mode & 077) != 0) return Error(ErrorCode::kPermissionDenied, path + " can be read by others; chmod 600 it first");
  std::string text = LH_TRY(ReadFile(path));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return Secret(std::move(text));
}

std::string EngineVersion() { return engine::LinkedDuckDbVersion(); }

std::string DoctorJson(const Settings& settings) { return JsonOf(Examine(settings)); }

Status RunDoctor(const SettingsOptions& options, bool json) {
  const Settings settings = LH_TRY(LoadSettings(options));
  const std::vector<Finding> findings = Examine(settings);
  if (json) {
    std::cout << JsonOf(findings) << "\n";
  } else {
    for (const Finding& finding : findings) {
      std::cout << (finding.good ? "ok    " : "LACKS ") << finding.what << ": " << finding.found << "\n";
      if (!finding.good) std::cout << "      " << finding.advice << "\n";
    }
  }
  return Ok{};
}

Status RunConfigShow(const SettingsOptions& options) {
  const Settings settings = LH_TRY(LoadSettings(options));
  for (const Settings::Shown& shown : settings.Show())
    std::cout << shown.key << " = " << (shown.value.empty() ? "\"\"" : shown.value) << "   # " << shown.source << ". " << shown.help
              << "\n";
  return Ok{};
}

}  // namespace lakehouse::app
