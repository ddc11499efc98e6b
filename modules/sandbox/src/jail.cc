#include "lakehouse/sandbox/jail.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "lakehouse/base/file.h"

namespace lakehouse::sandbox {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
const bool kSanitized = true;
#else
const bool kSanitized = false;
#endif

namespace {

// The kernel's ABI; <linux/landlock.h> of Debian 12 stops at version 2 of it.
constexpr std::uint64_t kLandlockExecute = 1 << 0;
constexpr std::uint64_t kLandlockWriteFile = 1 << 1;
constexpr std::uint64_t kLandlockReadFile = 1 << 2;
constexpr std::uint64_t kLandlockReadDir = 1 << 3;
constexpr std::uint64_t kLandlockRemoveFile = 1 << 5;
constexpr std::uint64_t kLandlockMakeReg = 1 << 8;
constexpr std::uint64_t kLandlockTruncate = 1 << 14;  // ABI 3
constexpr std::uint64_t kOpenFiles = 8'192;           // a dataset of many small files has all of them open in one scan
constexpr unsigned kLandlockVersionFlag = 1;
constexpr int kLandlockPathBeneath = 1;

struct LandlockRuleset {
  std::uint64_t fs;
  std::uint64_t net;
  std::uint64_t scoped;
};
struct __attribute__((packed)) LandlockPath {
  std::uint64_t access;
  std::int32_t fd;
};

// What a database needs to compute over files it may open, with threads, and nothing that reaches another process, the network or
// the names of files. Everything else answers EPERM.
constexpr int kAllowedCalls[] = {
    // files
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(openat),
    SCMP_SYS(open),
    SCMP_SYS(fstat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(fcntl),
    SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate),
    SCMP_SYS(fsync),
    SCMP_SYS(fdatasync),
    SCMP_SYS(unlink),
    SCMP_SYS(unlinkat),
    SCMP_SYS(getdents64),
    SCMP_SYS(getcwd),
    SCMP_SYS(statfs),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fadvise64),
    // memory and threads
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(membarrier),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    // time, chance, itself
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
};

// What it takes beside these to become another program: exec itself, and what the dynamic linker asks first.
constexpr int kCallsOfStart[] = {
    SCMP_SYS(execve),  SCMP_SYS(arch_prctl), SCMP_SYS(set_tid_address), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getegid), SCMP_SYS(getppid),    SCMP_SYS(readlinkat),      SCMP_SYS(pipe2),  SCMP_SYS(dup),     SCMP_SYS(umask),
};
// Everybody may read these, and nothing in them is a secret.
constexpr const char* kSystemPaths[] = {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives"};

Error StepFailed(std::string_view step, int error_number) {
  return Error(ErrorCode::kInternal, fmt::format("enter the jail: {}: {}", step, std::strerror(error_number)));
}

Status Limit(int resource, std::uint64_t value, std::string_view name) {
  const rlimit limit{value, value};
  if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return StepFailed(name, errno);
  return Ok{};
}

Status SetLimits(const JailOptions& options) {
  if (options.address_space_bytes != 0 && !kSanitized) LH_TRY(Limit(RLIMIT_AS, options.address_space_bytes, "RLIMIT_AS"));
  LH_TRY(Limit(RLIMIT_FSIZE, options.file_size_bytes, "RLIMIT_FSIZE"));
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  LH_TRY(Limit(RLIMIT_NOFILE, std::min<std::uint64_t>(files.rlim_max, kOpenFiles), "RLIMIT_NOFILE"));
  if (options.cpu_seconds != 0) LH_TRY(Limit(RLIMIT_CPU, options.cpu_seconds, "RLIMIT_CPU"));
  LH_TRY(Limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
  LH_TRY(Limit(RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK"));
  LH_TRY(Limit(RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE"));
  return Ok{};
}

Status Grant(int ruleset, const std::string& path, std::uint64_t access, bool may_be_missing) {
  const UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) {
    if (may_be_missing && (errno == ENOENT || errno == EACCES)) return Ok{};  // what cannot be opened now is not opened later either
    return StepFailed("open " + path, errno);
  }
  const LandlockPath rule{access, fd.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, kLandlockPathBeneath, &rule, 0) != 0) return StepFailed("landlock_add_rule " + path, errno);
  return Ok{};
}

/// The rules, opened while the user is still the parent's: the limit files may be readable by root only.
Result<UniqueFd> MakeRuleset(const JailOptions& options, int abi) {
  LandlockRuleset handled{(1ull << 13) - 1, 0, 0};
  std::size_t size = sizeof handled.fs;
  if (abi >= 2) handled.fs |= 1ull << 13;  // refer
  if (abi >= 3) handled.fs |= kLandlockTruncate;
  if (abi >= 4) {  // TCP bind and connect
    handled.net = 3;
    size = sizeof handled.fs + sizeof handled.net;
  }
  if (abi >= 5) handled.fs |= 1ull << 15;  // ioctl on devices
  if (abi >= 6) {                          // abstract unix sockets, signals
    handled.scoped = 3;
    size = sizeof handled;
  }
  UniqueFd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &handled, size, 0)));
  if (!ruleset) return StepFailed("landlock_create_ruleset", errno);
  // Without kLandlockReadDir the names in the directory, which are random, cannot be listed.
  LH_TRY(Grant(ruleset.get(), options.read_directory, kLandlockReadFile, false));
  const std::uint64_t write =
      kLandlockReadFile | kLandlockWriteFile | kLandlockReadDir | kLandlockRemoveFile | kLandlockMakeReg | (kLandlockTruncate & handled.fs);
  LH_TRY(Grant(ruleset.get(), options.write_directory, write, false));
  if (options.starts_program)
    for (const char* path : kSystemPaths) {
      struct stat facts{};
      const bool is_file = stat(path, &facts) == 0 && !S_ISDIR(facts.st_mode);
      LH_TRY(Grant(ruleset.get(), path, kLandlockReadFile | kLandlockExecute | (is_file ? 0 : kLandlockReadDir), true));
    }
  std::ifstream self("/proc/self/cgroup");
  const std::string text((std::istreambuf_iterator<char>(self)), std::istreambuf_iterator<char>());
  for (const std::string& path : ControlGroupFiles(text)) LH_TRY(Grant(ruleset.get(), path, kLandlockReadFile, true));
  return ruleset;
}

Status ChangeUser(unsigned uid) {
  if (setgroups(0, nullptr) != 0) return StepFailed("setgroups", errno);
  if (setresgid(uid, uid, uid) != 0) return StepFailed("setresgid", errno);
  if (setresuid(uid, uid, uid) != 0) return StepFailed("setresuid", errno);
  return Ok{};
}

/// False: this kernel has no seccomp filters.
Result<bool> LoadFilter(bool starts_program) {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
  if (!filter) return StepFailed("seccomp_init", ENOMEM);
  int failed = 0;
  const auto check = [&failed](int status) { failed = failed != 0 ? failed : status; };
  for (const int call : kAllowedCalls) check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0));
  if (starts_program)
    for (const int call : kCallsOfStart) check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0));
  // The flags of clone3 are out of a filter's sight. ENOSYS makes libc fall back to clone: threads yes, processes no.
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0));
  constexpr unsigned thread = CLONE_THREAD | CLONE_VM;
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread)));
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME)));
  // Limits may be read, never set.
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0)));
  if (failed != 0) return StepFailed("seccomp_rule_add", -failed);
  const int loaded = seccomp_load(filter.get());
  if (loaded == -EINVAL || loaded == -ENOSYS) return false;
  if (loaded != 0) return StepFailed("seccomp_load", -loaded);
  return true;
}

int CountEntries(DIR* directory) {
  int count = 0;
  while (const dirent* entry = readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  return count;
}

}  // namespace

std::vector<std::string> ControlGroupFiles(const std::string& self_cgroup) {
  std::vector<std::string> files{"/proc/self/cgroup"};
  std::size_t begin = 0;
  while (begin < self_cgroup.size()) {
    const std::size_t end = std::min(self_cgroup.find('\n', begin), self_cgroup.size());
    const std::string line = self_cgroup.substr(begin, end - begin);
    begin = end + 1;
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1) == "/" ? "" : line.substr(second + 1);
    if (controllers.empty()) {  // version 2
      files.push_back("/sys/fs/cgroup" + path + "/memory.max");
      files.push_back("/sys/fs/cgroup" + path + "/cpu.max");
    }
    if (controllers.find("memory") != std::string::npos) files.push_back("/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes");
    if (controllers.find("cpu") != std::string::npos) {
      files.push_back("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_quota_us");
      files.push_back("/sys/fs/cgroup/cpu" + path + "/cpu.cfs_period_us");
    }
  }
  return files;
}

Result<JailReport> EnterJail(const JailOptions& options) {
  JailReport report;
  if (syscall(SYS_close_range, 5u, ~0u, 0u) != 0) return StepFailed("close_range", errno);
  // /proc is out of reach afterwards; an open directory is not.
  const std::unique_ptr<DIR, int (*)(DIR*)> tasks(opendir("/proc/self/task"), closedir);
  if (!tasks) return StepFailed("open /proc/self/task", errno);
  LH_TRY(SetLimits(options));

  UniqueFd ruleset;
  if (options.landlock) {
    const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, kLandlockVersionFlag);
    if (abi >= 1) {
      report.landlock_abi = static_cast<int>(abi);
      ruleset = LH_TRY(MakeRuleset(options, report.landlock_abi));
    }
  }
  if (report.landlock_abi == 0) report.missing.emplace_back("landlock");
  if (options.uid != 0) {
    LH_TRY(ChangeUser(options.uid));
    report.own_uid = true;
  } else {
    report.missing.emplace_back("own user");
  }
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return StepFailed("PR_SET_DUMPABLE", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return StepFailed("PR_SET_NO_NEW_PRIVS", errno);
  if (ruleset && syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return StepFailed("landlock_restrict_self", errno);
  ruleset.Reset();
  if (options.seccomp && !kSanitized) report.seccomp = LH_TRY(LoadFilter(options.starts_program));
  if (!report.seccomp) report.missing.emplace_back("seccomp");

  report.threads = CountEntries(tasks.get());
  if (report.threads != 1 && !kSanitized)
    return Error(ErrorCode::kInternal,
                 fmt::format("enter the jail: the process has {} threads, and all but one of them would stay outside", report.threads));
  return report;
}

}  // namespace lakehouse::sandbox
