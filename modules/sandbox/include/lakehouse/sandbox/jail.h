#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::sandbox {

/// True when this binary was built with a sanitizer: its runtime needs address space and system calls that the jail takes away,
/// so such a build enters the jail without RLIMIT_AS and without seccomp, and thread sanitizer's own thread is not counted.
extern const bool kSanitized;

/// What a process may still do afterwards.
struct JailOptions {
  std::string read_directory = "in";               ///< files in it can be read; it cannot be listed
  std::string write_directory = "tmp";             ///< files in it can be made, read, written, listed and removed
  std::uint64_t address_space_bytes = 3ull << 30;  ///< 0: no limit
  std::uint64_t file_size_bytes = 4ull << 30;      ///< of one file
  unsigned uid = 0;                                ///< user and group to become; 0: stay
  bool landlock = true;
  bool seccomp = true;
  /// For a program that is started in place of this process: it may be executed, and read what a Debian system has for everybody
  /// (/usr, /lib, the dynamic linker's cache). Still no network, no other process, no file of a user.
  bool starts_program = false;
  std::uint64_t cpu_seconds = 0;  ///< of processor time, then it is killed; 0: no limit
};

/// What holds. Whatever this kernel lacks stands in `missing`; the rest holds nevertheless.
struct JailReport {
  int landlock_abi = 0;  ///< 0: none
  bool seccomp = false;
  bool own_uid = false;
  int threads = 0;
  std::vector<std::string> missing;
};

/// Puts the calling process, which must have one thread, behind resource limits, Landlock and seccomp, for good: a thread started
/// earlier would stay outside, so that is an error. Closes every descriptor above 4 and ends the reach of ptrace and core dumps.
/// kInternal: a step failed; the process is in an undefined state between free and jailed, and must end.
Result<JailReport> EnterJail(const JailOptions& options);

/// The files of this machine that open() must keep granting: the control group of this process and the limits it leads to.
/// Libraries look there at start, ask access() first, which Landlock lets through, and may abort when open() then fails.
std::vector<std::string> ControlGroupFiles(const std::string& self_cgroup);

}  // namespace lakehouse::sandbox
