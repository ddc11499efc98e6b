// Preloaded into a process, fails its nth change below one directory. The test that started it shares a page with it: there it
// writes what is to fail, and there it reads how many changes there were. Calls that read are not touched.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum Kind { kNone, kKillBefore, kKillAfter, kIoError, kNoSpace, kShortWrite };

struct Page {
  _Atomic unsigned long armed;     // 0: nothing is counted
  _Atomic unsigned long kind;      // enum Kind
  _Atomic unsigned long nth;       // the change that fails, from 1
  _Atomic unsigned long times;     // so many of them
  _Atomic unsigned long count;     // changes since it was armed
  _Atomic unsigned long happened;  // faults since it was armed
  char directory[2048];            // without a slash at its end
  char last[1024];                 // name and path of the last change that failed
};

static struct Page* page;

__attribute__((constructor)) static void Begin(void) {
  const char* path = getenv("FAULT_INJECTOR_PAGE");
  char command[4096] = {0};
  const int self = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (self >= 0) {
    if (read(self, command, sizeof command - 1) < 0) command[0] = 0;
    close(self);
  }
  // A jailed worker changes nothing below the lake, and may not even ask.
  if (path == NULL || strcmp(command + strlen(command) + 1, "worker") == 0) return;
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void* mapped = mmap(NULL, sizeof(struct Page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (mapped != MAP_FAILED) page = mapped;
}

static int IsBelow(const char* path) {
  const size_t length = strlen(page->directory);
  return strncmp(path, page->directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int PathOf(int fd, const char* name, char* out, size_t size) {
  if (name != NULL && name[0] == '/') return snprintf(out, size, "%s", name) < (int)size;
  char link[64];
  snprintf(link, sizeof link, fd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, out, size - 1);
  if (length < 0) return 0;
  out[length] = 0;
  if (name == NULL || name[0] == 0) return 1;
  return snprintf(out + length, size - (size_t)length, "/%s", name) < (int)(size - (size_t)length);
}

// What befalls this change. kKillBefore does not return.
static enum Kind Meet(const char* call, int fd, const char* name) {
  if (page == NULL || atomic_load(&page->armed) == 0) return kNone;
  const int saved = errno;
  char path[PATH_MAX * 2];
  const int is_ours = PathOf(fd, name, path, sizeof path) && IsBelow(path);
  errno = saved;
  if (!is_ours) return kNone;
  const unsigned long count = atomic_fetch_add(&page->count, 1) + 1;
  const unsigned long nth = atomic_load(&page->nth);
  if (nth == 0 || count < nth || count - nth >= atomic_load(&page->times)) return kNone;
  atomic_fetch_add(&page->happened, 1);
  snprintf(page->last, sizeof page->last, "%s %s", call, path + strlen(page->directory));
  const enum Kind kind = (enum Kind)atomic_load(&page->kind);
  if (kind == kKillBefore) kill(getpid(), SIGKILL);
  return kind;
}

static long After(enum Kind kind, long result) {
  if (kind == kKillAfter) kill(getpid(), SIGKILL);
  return result;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_WITH(kind, space)                                                       \
  do {                                                                               \
    if ((kind) == kIoError) return errno = EIO, -1;                                  \
    if ((kind) == kNoSpace && (space)) return errno = ENOSPC, -1;                    \
  } while (0)

ssize_t write(int fd, const void* data, size_t size) {
  static __typeof__(&write) real;
  if (real == NULL) real = REAL(write);
  const enum Kind kind = Meet("write", fd, NULL);
  FAIL_WITH(kind, 1);
  if (kind == kShortWrite && size > 1) return real(fd, data, size / 2);
  return After(kind, real(fd, data, size));
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  const enum Kind kind = Meet("pwrite", fd, NULL);
  FAIL_WITH(kind, 1);
  if (kind == kShortWrite && size > 1) size /= 2;
  return After(kind, REAL(pwrite)(fd, data, size, offset));
}

int fsync(int fd) {
  const enum Kind kind = Meet("fsync", fd, NULL);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(fsync)(fd));
}

int fdatasync(int fd) {
  const enum Kind kind = Meet("fdatasync", fd, NULL);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(fdatasync)(fd));
}

int syncfs(int fd) {
  const enum Kind kind = Meet("syncfs", fd, NULL);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(syncfs)(fd));
}

int ftruncate(int fd, off_t length) {
  const enum Kind kind = Meet("ftruncate", fd, NULL);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(ftruncate)(fd, length));
}

int fchmod(int fd, mode_t mode) {
  const enum Kind kind = Meet("fchmod", fd, NULL);
  FAIL_WITH(kind, 0);
  return (int)After(kind, REAL(fchmod)(fd, mode));
}

int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) {
  const enum Kind kind = Meet("linkat", to_fd, to);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(linkat)(from_fd, from, to_fd, to, flags));
}

int renameat(int from_fd, const char* from, int to_fd, const char* to) {
  const enum Kind kind = Meet("renameat", to_fd, to);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(renameat)(from_fd, from, to_fd, to));
}

int rename(const char* from, const char* to) {
  const enum Kind kind = Meet("rename", AT_FDCWD, to);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(rename)(from, to));
}

int unlinkat(int fd, const char* name, int flags) {
  const enum Kind kind = Meet("unlinkat", fd, name);
  FAIL_WITH(kind, 0);
  return (int)After(kind, REAL(unlinkat)(fd, name, flags));
}

int unlink(const char* path) {
  const enum Kind kind = Meet("unlink", AT_FDCWD, path);
  FAIL_WITH(kind, 0);
  return (int)After(kind, REAL(unlink)(path));
}

int mkdirat(int fd, const char* name, mode_t mode) {
  const enum Kind kind = Meet("mkdirat", fd, name);
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(mkdirat)(fd, name, mode));
}

static int OpenNew(const char* call, int fd, const char* name, int flags, mode_t mode) {
  const int makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  const enum Kind kind = makes ? Meet(call, fd, name) : kNone;
  FAIL_WITH(kind, 1);
  return (int)After(kind, REAL(openat)(fd, name, flags, mode));
}

#define MODE_ARGUMENT()                                                \
  mode_t mode = 0;                                                     \
  if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {    \
    va_list arguments;                                                 \
    va_start(arguments, flags);                                        \
    mode = va_arg(arguments, mode_t);                                  \
    va_end(arguments);                                                 \
  }

int open(const char* name, int flags, ...) {
  MODE_ARGUMENT()
  return OpenNew("open", AT_FDCWD, name, flags, mode);
}

int openat(int fd, const char* name, int flags, ...) {
  MODE_ARGUMENT()
  return OpenNew("openat", fd, name, flags, mode);
}

// What programs call that were built for files of any length; the same here.
int open64(const char* name, int flags, ...) __attribute__((alias("open")));
int openat64(int fd, const char* name, int flags, ...) __attribute__((alias("openat")));
ssize_t pwrite64(int fd, const void* data, size_t size, off_t offset) __attribute__((alias("pwrite")));
int ftruncate64(int fd, off_t length) __attribute__((alias("ftruncate")));
