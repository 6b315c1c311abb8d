// Gives a process another wall clock than the machine's: libfaketime leaves the kernel's packet timestamps alone, which
// chronyd uses, and redis-server hangs under it. CLOCK_REALTIME and everything that follows it is shifted by what the file
// $CLOCK_SHIM says at that moment; monotonic clocks stay right.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// As clock-shim.ts writes it: offset in nanoseconds, drift in parts per billion, monotonic instant that the drift starts at.
struct shift {
  int64_t offset;
  int64_t drift;
  int64_t since;
};

static const int64_t second = 1000000000;

// The C library reads clocks without a call into the kernel, which is a hundred times as fast. While it is being looked for, whoever
// allocates memory for that may ask for the time already.
static int (*unshifted)(clockid_t, struct timespec *);

__attribute__((constructor)) static void find_unshifted(void) {
  unshifted = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
}

static int read_clock(clockid_t id, struct timespec *time) {
  return unshifted ? unshifted(id, time) : (int)syscall(SYS_clock_gettime, id, time);
}

static const volatile struct shift *shift(void) {
  static const volatile struct shift *mapped;
  static const struct shift none;
  if (mapped) return mapped;
  const char *path = getenv("CLOCK_SHIM");
  int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  void *memory = file < 0 ? MAP_FAILED : mmap(NULL, sizeof none, PROT_READ, MAP_SHARED, file, 0);
  if (file >= 0) close(file);
  mapped = memory == MAP_FAILED ? &none : memory;
  return mapped;
}

static int64_t shifted_by(void) {
  const volatile struct shift *by = shift();
  struct timespec now;
  read_clock(CLOCK_MONOTONIC, &now);
  int64_t passed = now.tv_sec * second + now.tv_nsec - by->since;
  return by->offset + (int64_t)((__int128)passed * by->drift / second);
}

static void move(struct timespec *time) {
  int64_t total = time->tv_sec * second + time->tv_nsec + shifted_by();
  time->tv_sec = total / second;
  time->tv_nsec = total % second;
}

static int follows_wall_clock(clockid_t id) {
  return id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE || id == CLOCK_TAI;
}

int clock_gettime(clockid_t id, struct timespec *time) {
  int result = read_clock(id, time);
  if (result == 0 && follows_wall_clock(id)) move(time);
  return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *into) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *time, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, time) == 0 ? base : 0;
}

// When the kernel received or sent a packet.
static void move_timestamps(struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET) continue;
    if (part->cmsg_type == SCM_TIMESTAMP) {
      struct timeval value;
      memcpy(&value, CMSG_DATA(part), sizeof value);
      struct timespec precise = {value.tv_sec, value.tv_usec * 1000};
      move(&precise);
      value = (struct timeval){precise.tv_sec, precise.tv_nsec / 1000};
      memcpy(CMSG_DATA(part), &value, sizeof value);
    }
    if (part->cmsg_type == SCM_TIMESTAMPNS || part->cmsg_type == SCM_TIMESTAMPING) {
      struct timespec value;
      memcpy(&value, CMSG_DATA(part), sizeof value);
      if (value.tv_sec == 0 && value.tv_nsec == 0) continue;
      move(&value);
      memcpy(CMSG_DATA(part), &value, sizeof value);
    }
  }
}

ssize_t recvmsg(int socket, struct msghdr *message, int flags) {
  ssize_t result = syscall(SYS_recvmsg, socket, message, flags);
  if (result >= 0) move_timestamps(message);
  return result;
}

int recvmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *timeout) {
  int result = syscall(SYS_recvmmsg, socket, messages, count, flags, timeout);
  for (int i = 0; i < result; i++) move_timestamps(&messages[i].msg_hdr);
  return result;
}
