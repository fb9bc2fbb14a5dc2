/* SPDX-License-Identifier: Apache-2.0
 * Fails, or kills at, the n-th call of one kind: LD_PRELOAD=libfault_shim.so PUPIL_FAULT_...=... PROGRAM.
 *
 *   PUPIL_FAULT_TABLE    a file that exists, at least sizeof(struct Table) bytes of zeros: what was counted and done (walk.py reads
 *                        it). Shared by all processes that inherit the environment. Without it nothing is counted or failed.
 *   PUPIL_FAULT_PROGRAM  counts only in the program of this file name, while it is in its main().
 *   PUPIL_FAULT_UNDER    counts calls on files only where the file's path begins with one of these (absolute, without links,
 *                        divided by colons).
 *   PUPIL_FAULT_KIND     write, sync, rename, resize, map, memory, open, read, folder, remove, fwrite, fread
 *   PUPIL_FAULT_CALL     n, from 1; 0: only counts
 *   PUPIL_FAULT_REASON   ENOSPC, EIO, EINTR, ENOMEM, EMFILE: the call fails so; short: half of the bytes are taken;
 *                        kill: SIGKILL in place of the call; torn: SIGKILL after half of the bytes
 *   PUPIL_FAULT_STAYS    1: every later call of the kind fails too (a disk that stays full)
 *
 * Memory is not refused while dlopen() loads a library, nor to libsoxr and libcrypto themselves: they use what they did not get,
 * and end the program.
 *
 * Not seen: what libc calls inside itself, so that of stdio whole fwrite(), fflush() and fread() calls fail, or are killed at.
 * (std::fstream's writing and reading are seen: libstdc++ calls write and read.) */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum Kind {
  kWrite,
  kSync,
  kRename,
  kResize,
  kMap,
  kMemory,
  kOpen,
  kRead,
  kFolder,
  kRemove,
  kFwrite,
  kFread,
  kKinds
};
static const char* const kNames[kKinds] = {"write", "sync", "rename", "resize", "map",    "memory",
                                           "open",  "read", "folder", "remove", "fwrite", "fread"};

enum Act { kPass, kFail, kShort };

struct Table {
  long long calls[kKinds];
  long long fired; /* how many calls were failed */
  char path[1024]; /* of the first of them, where it has one */
};

static struct Table* table; /* null before and after main(), and where nothing is asked */
static int kind_asked = -1;
static long long call_asked;
static int reason_asked; /* an errno; 0: short; -1: kill; -2: torn */
static int stays;
static char under[1024];

static int reason_of(const char* name) {
  static const struct {
    const char* name;
    int value;
  } kReasons[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EINTR", EINTR}, {"ENOMEM", ENOMEM},
                  {"EMFILE", EMFILE}, {"short", 0}, {"kill", -1},     {"torn", -2}};
  for (size_t i = 0; i < sizeof kReasons / sizeof *kReasons; ++i)
    if (strcmp(name, kReasons[i].name) == 0) return kReasons[i].value;
  abort();
}

static const char* value_of(const char* name) {
  const char* value = getenv(name);
  return value != NULL ? value : "";
}

/* Where the code lies that memory is not refused to. */
static struct { uintptr_t begin, end; } spared[2];
static int spared_count;

static int find_spared(struct dl_phdr_info* library, size_t size, void* unused) {
  (void)size, (void)unused;
  if (strstr(library->dlpi_name, "/libsoxr.so") == NULL &&
      strstr(library->dlpi_name, "/libcrypto.so") == NULL)
    return 0;
  for (int i = 0; i < library->dlpi_phnum && spared_count < 2; ++i) {
    const ElfW(Phdr)* part = &library->dlpi_phdr[i];
    if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0) continue;
    spared[spared_count].begin = library->dlpi_addr + part->p_vaddr;
    spared[spared_count].end = spared[spared_count].begin + part->p_memsz;
    ++spared_count;
  }
  return 0;
}

static void begin(void) {
  char program[1024];
  const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  const char* wanted = value_of("PUPIL_FAULT_PROGRAM");
  const char* file = value_of("PUPIL_FAULT_TABLE");
  if (length < 0 || *file == 0) return;
  program[length] = 0;
  const char* slash = strrchr(program, '/');
  if (*wanted != 0 && (slash == NULL || strcmp(slash + 1, wanted) != 0)) return;
  const int handle = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
  if (handle < 0) abort();
  void* mapped =
      (void*)syscall(SYS_mmap, NULL, sizeof(struct Table), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
  if (mapped == MAP_FAILED) abort();
  syscall(SYS_close, handle);
  for (int kind = 0; kind < kKinds; ++kind)
    if (strcmp(kNames[kind], value_of("PUPIL_FAULT_KIND")) == 0) kind_asked = kind;
  call_asked = atoll(value_of("PUPIL_FAULT_CALL"));
  if (call_asked > 0) reason_asked = reason_of(value_of("PUPIL_FAULT_REASON"));
  stays = *value_of("PUPIL_FAULT_STAYS") == '1';
  snprintf(under, sizeof under, "%s", value_of("PUPIL_FAULT_UNDER"));
  dl_iterate_phdr(find_spared, NULL);
  table = mapped;
}

static int (*real_main)(int, char**, char**);

static int main_from_here(int count, char** words, char** environment) {
  begin();
  const int code = real_main(count, words, environment);
  table = NULL; /* the rest is destructors of libraries, some of which throw where memory is refused */
  return code;
}

int __libc_start_main(int (*program_main)(int, char**, char**), int count, char** words, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void* stack_end) {
  int (*next)(int (*)(int, char**, char**), int, char**, void (*)(void), void (*)(void), void (*)(void),
              void*);
  *(void**)&next = dlsym(RTLD_NEXT, "__libc_start_main");
  real_main = program_main;
  return next(main_from_here, count, words, init, fini, rtld_fini, stack_end);
}

static int is_under(const char* path) {
  for (const char* begin = under; *begin != 0;) {
    const size_t length = strcspn(begin, ":");
    if (strncmp(path, begin, length) == 0) return 1;
    begin += length + (begin[length] == ':');
  }
  return 0;
}

/* Counts one call; what is to be done with it. */
static enum Act count(enum Kind kind, const char* path) {
  const long long number = __atomic_add_fetch(&table->calls[kind], 1, __ATOMIC_RELAXED);
  if ((int)kind != kind_asked || call_asked == 0) return kPass;
  if (stays ? number < call_asked : number != call_asked) return kPass;
  if (__atomic_fetch_add(&table->fired, 1, __ATOMIC_RELAXED) == 0 && path != NULL) {
    strncpy(table->path, path, sizeof table->path - 1);
  }
  if (reason_asked == -1) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
  }
  if (reason_asked <= 0) return kShort;
  errno = reason_asked;
  return kFail;
}

static enum Act count_path(enum Kind kind, const char* path) {
  char whole[2048];
  if (table == NULL) return kPass;
  if (path[0] != '/') {
    if (syscall(SYS_getcwd, whole, sizeof whole / 2) < 0) return kPass;
    const size_t length = strlen(whole);
    snprintf(whole + length, sizeof whole - length, "/%s", path);
    path = whole;
  }
  return is_under(path) ? count(kind, path) : kPass;
}

static enum Act count_file(enum Kind kind, int file) {
  char link[64], path[1024];
  if (table == NULL) return kPass;
  const int kept = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t length = syscall(SYS_readlink, link, path, sizeof path - 1);
  errno = kept;
  if (length < 0) return kPass;
  path[length] = 0;
  return is_under(path) ? count(kind, path) : kPass;
}

/* After half of the bytes. */
static void die_if_torn(void) {
  if (reason_asked != -2) return;
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

static size_t half_of(size_t bytes) {
  return bytes > 1 ? bytes / 2 : bytes;
}

/* ---- write */

ssize_t write(int file, const void* bytes, size_t size) {
  const enum Act act = count_file(kWrite, file);
  if (act == kFail) return -1;
  if (act == kPass) return syscall(SYS_write, file, bytes, size);
  const ssize_t done = syscall(SYS_write, file, bytes, half_of(size));
  die_if_torn();
  return done;
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  const enum Act act = count_file(kWrite, file);
  if (act == kFail) return -1;
  if (act == kPass) return syscall(SYS_pwrite64, file, bytes, size, offset);
  const ssize_t done = syscall(SYS_pwrite64, file, bytes, half_of(size), offset);
  die_if_torn();
  return done;
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return pwrite64(file, bytes, size, offset);
}

ssize_t writev(int file, const struct iovec* parts, int part_count) {
  const enum Act act = count_file(kWrite, file);
  if (act == kFail) return -1;
  if (act == kPass) return syscall(SYS_writev, file, parts, part_count);
  int first = 0;
  while (first < part_count - 1 && parts[first].iov_len == 0) ++first;
  const ssize_t done = syscall(SYS_write, file, parts[first].iov_base, half_of(parts[first].iov_len));
  die_if_torn();
  return done;
}

ssize_t sendfile64(int to, int from, off64_t* offset, size_t size) {
  const enum Act act = count_file(kWrite, to);
  if (act == kFail) return -1;
  const ssize_t done = syscall(SYS_sendfile, to, from, offset, act == kPass ? size : half_of(size));
  if (act == kShort) die_if_torn();
  return done;
}

ssize_t sendfile(int to, int from, off_t* offset, size_t size) {
  return sendfile64(to, from, offset, size);
}

/* ---- sync, rename, resize: a short count means nothing of them */

static int failed(enum Act act) {
  return act == kFail ? -1 : 0;
}

int fsync(int file) {
  return failed(count_file(kSync, file)) != 0 ? -1 : (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
  return failed(count_file(kSync, file)) != 0 ? -1 : (int)syscall(SYS_fdatasync, file);
}

int rename(const char* from, const char* to) {
  return failed(count_path(kRename, to)) != 0 ? -1 : (int)syscall(SYS_rename, from, to);
}

int ftruncate64(int file, off64_t size) {
  return failed(count_file(kResize, file)) != 0 ? -1 : (int)syscall(SYS_ftruncate, file, size);
}

int ftruncate(int file, off_t size) {
  return ftruncate64(file, size);
}

int fallocate64(int file, int mode, off64_t offset, off64_t size) {
  return failed(count_file(kResize, file)) != 0 ? -1 : (int)syscall(SYS_fallocate, file, mode, offset, size);
}

int fallocate(int file, int mode, off_t offset, off_t size) {
  return fallocate64(file, mode, offset, size);
}

int posix_fallocate64(int file, off64_t offset, off64_t size) {
  return failed(count_file(kResize, file)) != 0               ? errno
         : syscall(SYS_fallocate, file, 0, offset, size) != 0 ? errno
                                                              : 0;
}

int posix_fallocate(int file, off_t offset, off_t size) {
  return posix_fallocate64(file, offset, size);
}

int mkdir(const char* path, mode_t mode) {
  return failed(count_path(kFolder, path)) != 0 ? -1 : (int)syscall(SYS_mkdir, path, mode);
}

int unlink(const char* path) {
  return failed(count_path(kRemove, path)) != 0 ? -1 : (int)syscall(SYS_unlink, path);
}

int unlinkat(int folder, const char* path, int flags) {
  return failed(path[0] == '/' ? count_path(kRemove, path) : count_file(kRemove, folder)) != 0
             ? -1
             : (int)syscall(SYS_unlinkat, folder, path, flags);
}

int remove(const char* path) {
  if (failed(count_path(kRemove, path)) != 0) return -1;
  const int code = (int)syscall(SYS_unlink, path);
  return code != 0 && errno == EISDIR ? (int)syscall(SYS_rmdir, path) : code;
}

/* ---- read */

ssize_t read(int file, void* bytes, size_t size) {
  const enum Act act = count_file(kRead, file);
  if (act == kFail) return -1;
  return syscall(SYS_read, file, bytes, act == kPass ? size : half_of(size));
}

ssize_t pread64(int file, void* bytes, size_t size, off64_t offset) {
  const enum Act act = count_file(kRead, file);
  if (act == kFail) return -1;
  return syscall(SYS_pread64, file, bytes, act == kPass ? size : half_of(size), offset);
}

ssize_t pread(int file, void* bytes, size_t size, off_t offset) {
  return pread64(file, bytes, size, offset);
}

/* ---- open */

static mode_t mode_of(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

int openat64(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  if (folder == AT_FDCWD && count_path(kOpen, path) == kFail) return -1;
  return (int)syscall(SYS_openat, folder, path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return openat64(folder, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return openat64(AT_FDCWD, path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return openat64(AT_FDCWD, path, flags, mode);
}

FILE* fopen64(const char* path, const char* mode) {
  static FILE* (*next)(const char*, const char*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "fopen64");
  return count_path(kOpen, path) == kFail ? NULL : next(path, mode);
}

FILE* fopen(const char* path, const char* mode) {
  return fopen64(path, mode);
}

/* ---- stdio */

/* What glibc sets where a stream's write or read has failed. */
static void mark_failed(FILE* stream) {
  stream->_flags |= 0x20;
}

size_t fwrite(const void* items, size_t size, size_t count_, FILE* stream) {
  static size_t (*next)(const void*, size_t, size_t, FILE*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "fwrite");
  if (count_file(kFwrite, fileno(stream)) != kFail) return next(items, size, count_, stream);
  mark_failed(stream);
  return 0;
}

int fflush(FILE* stream) {
  static int (*next)(FILE*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "fflush");
  if (stream == NULL || count_file(kFwrite, fileno(stream)) != kFail) return next(stream);
  mark_failed(stream);
  return EOF;
}

size_t fread(void* items, size_t size, size_t count_, FILE* stream) {
  static size_t (*next)(void*, size_t, size_t, FILE*);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "fread");
  if (count_file(kFread, fileno(stream)) != kFail) return next(items, size, count_, stream);
  mark_failed(stream);
  return 0;
}

/* ---- libraries, map and memory */

static __thread int loading __attribute__((tls_model("initial-exec")));

void* dlopen(const char* file, int mode) {
  static void* (*next)(const char*, int);
  if (next == NULL) *(void**)&next = dlsym(RTLD_NEXT, "dlopen");
  ++loading;
  void* library = next(file, mode);
  --loading;
  return library;
}

void* mmap64(void* place, size_t size, int protection, int flags, int file, off64_t offset) {
  if (file >= 0 && count_file(kMap, file) == kFail) return MAP_FAILED;
  return (void*)syscall(SYS_mmap, place, size, protection, flags, file, offset);
}

void* mmap(void* place, size_t size, int protection, int flags, int file, off_t offset) {
  return mmap64(place, size, protection, flags, file, offset);
}

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);

static int refused(const void* caller) {
  if (table == NULL || loading) return 0;
  for (int i = 0; i < spared_count; ++i)
    if ((uintptr_t)caller >= spared[i].begin && (uintptr_t)caller < spared[i].end) return 0;
  return count(kMemory, NULL) == kFail;
}

void* malloc(size_t size) {
  return refused(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void* calloc(size_t count_, size_t size) {
  return refused(__builtin_return_address(0)) ? NULL : __libc_calloc(count_, size);
}

void* realloc(void* block, size_t size) {
  return refused(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

void* memalign(size_t alignment, size_t size) {
  return refused(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

void* aligned_alloc(size_t alignment, size_t size) {
  return refused(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void** block, size_t alignment, size_t size) {
  void* got = refused(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
  if (got == NULL) return ENOMEM;
  *block = got;
  return 0;
}
