/* What a host does to its process, where the kernel offers no knob for it: a wall clock that is off, and a slow disk.
 *
 * Loaded with LD_PRELOAD. Both numbers stand in a small file (HOST_SHIM) that is mapped into the process: the offset of
 * CLOCK_REALTIME in microseconds, and the microseconds by which each fsync, fdatasync and write to a regular file is
 * late. Chaos changes them while the process runs. CLOCK_MONOTONIC and CLOCK_BOOTTIME, on which leases run, are left alone: a
 * real host's wall clock is set, its uptime never is.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct knobs {
  volatile int64_t clock_offset_us;
  volatile int64_t disk_delay_us;
};

static const struct knobs kNone;
static const struct knobs* knobs = &kNone;

__attribute__((constructor)) static void map_knobs(void) {
  const char* path = getenv("HOST_SHIM");
  int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  void* mapped = mmap(NULL, sizeof(struct knobs), PROT_READ, MAP_SHARED, file, 0);
  if (mapped != MAP_FAILED) knobs = mapped;
  close(file);
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void shift(struct timespec* time) {
  int64_t ns = time->tv_nsec + knobs->clock_offset_us % 1000000 * 1000;
  time->tv_sec += knobs->clock_offset_us / 1000000;
  if (ns >= 1000000000) ns -= 1000000000, ++time->tv_sec;
  if (ns < 0) ns += 1000000000, --time->tv_sec;
  time->tv_nsec = ns;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  static __typeof__(&clock_gettime) real;
  if (real == NULL) real = REAL(clock_gettime);
  int result = real(clock, time);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(time);
  return result;
}

int gettimeofday(struct timeval* restrict time, void* restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time->tv_sec = now.tv_sec;
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL) *out = now.tv_sec;
  return now.tv_sec;
}

static void wait_for_disk(int file) {
  struct stat about;
  if (knobs->disk_delay_us > 0 && fstat(file, &about) == 0 && S_ISREG(about.st_mode)) usleep(knobs->disk_delay_us);
}

#define SLOW(result, name, parameters, arguments)     \
  result name parameters {                            \
    static __typeof__(&name) real;                    \
    if (real == NULL) real = REAL(name);              \
    wait_for_disk(file);                              \
    return real arguments;                            \
  }

SLOW(int, fsync, (int file), (file))
SLOW(int, fdatasync, (int file), (file))
SLOW(ssize_t, write, (int file, const void* data, size_t size), (file, data, size))
SLOW(ssize_t, writev, (int file, const struct iovec* parts, int count), (file, parts, count))
SLOW(ssize_t, pwrite, (int file, const void* data, size_t size, off_t at), (file, data, size, at))
SLOW(ssize_t, pwrite64, (int file, const void* data, size_t size, off64_t at), (file, data, size, at))
