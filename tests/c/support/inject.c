#include "inject.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

const char *const system_call_names[SYSTEM_CALLS] = {
    "socket", "connect", "poll",  "send",       "recv",      "getaddrinfo", "pthread_create",
    "open",   "read",    "fcntl", "setsockopt", "getsockopt"};

const char *const manner_names[MANNERS] = {"fails", "keeps failing", "comes short", "stays short", "ends", "fails later"};

static atomic_bool active, happened;
static atomic_int counts[SYSTEM_CALLS];
static atomic_long bytes_sent;
static system_call planned_call;
static int planned_nth, planned_error;
static manner planned_manner;

void injection_begin(system_call call, int nth, manner how, int error) {
  int i;
  for (i = 0; i < SYSTEM_CALLS; ++i) counts[i] = 0;
  bytes_sent = 0;
  planned_call = call;
  planned_nth = nth;
  planned_manner = how;
  planned_error = error;
  happened = false;
  active = true;
}

bool injection_end(void) {
  active = false;
  return happened;
}

int injection_count(system_call call) { return counts[call]; }

long injection_bytes_sent(void) { return bytes_sent; }

static uintptr_t library_begin, library_end;

static int find_library(struct dl_phdr_info *object, size_t size, void *unused) {
  int i;
  (void)size;
  (void)unused;
  if (!strstr(object->dlpi_name, "libautoshares_reset")) return 0;
  for (i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[i];
    uintptr_t begin = object->dlpi_addr + part->p_vaddr, end = begin + part->p_memsz;
    if (part->p_type != PT_LOAD) continue;
    if (!library_begin || begin < library_begin) library_begin = begin;
    if (end > library_end) library_end = end;
  }
  return 1;
}

__attribute__((constructor)) static void find_the_library(void) {
  if (!dl_iterate_phdr(find_library, NULL)) {
    fputs("the library is not loaded\n", stderr);
    abort();
  }
}

/* True if the library made this call, which returns to `caller`, and it must fail. The test's own
 * calls and those inside libc return to other places. */
static bool goes_wrong(system_call call, const void *caller) {
  uintptr_t at = (uintptr_t)caller;
  int nth;
  if (!active || at < library_begin || at >= library_end) return false;
  nth = atomic_fetch_add(&counts[call], 1) + 1;
  if (call != planned_call || planned_nth == 0) return false;
  if (nth == planned_nth) {
    happened = true;
    return true;
  }
  return nth > planned_nth && (planned_manner == KEEPS_FAILING || planned_manner == STAYS_SHORT);
}

static bool fails(void) { return planned_manner == FAILS || planned_manner == KEEPS_FAILING; }

static bool is_short(void) { return planned_manner == COMES_SHORT || planned_manner == STAYS_SHORT; }

static int with_error(void) {
  errno = planned_error;
  return -1;
}

#define CALLER __builtin_return_address(0)

/* The function that this file's function of the same name replaces. */
#define REAL(name)                                                                                 \
  static __typeof__(&name) real;                                                                   \
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

int socket(int domain, int type, int protocol) {
  REAL(socket);
  if (goes_wrong(SOCKET, CALLER)) return with_error();
  return real(domain, type, protocol);
}

int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t size) {
  REAL(connect);
  if (goes_wrong(CONNECT, CALLER)) {
    /* A signal ends only the wait: the system continues the connect. */
    if (planned_error == EINTR) real(fd, address, size);
    return with_error();
  }
  return real(fd, address, size);
}

int poll(struct pollfd *fds, nfds_t count, int timeout) {
  REAL(poll);
  if (goes_wrong(POLL, CALLER)) return fails() ? with_error() : 0;
  return real(fds, count, timeout);
}

static ssize_t sent(ssize_t result, const void *caller) {
  uintptr_t at = (uintptr_t)caller;
  if (active && result > 0 && at >= library_begin && at < library_end) bytes_sent += result;
  return result;
}

static size_t shortened(size_t size) { return size > 1 ? 1 : size; }

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
  REAL(send);
  if (goes_wrong(SEND, CALLER)) {
    if (!is_short()) return with_error();
    size = shortened(size);
  }
  return sent(real(fd, bytes, size, flags), CALLER);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(write);
  if (goes_wrong(SEND, CALLER)) {
    if (!is_short()) return with_error();
    size = shortened(size);
  }
  return sent(real(fd, bytes, size), CALLER);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  REAL(writev);
  if (goes_wrong(SEND, CALLER)) {
    if (!is_short() || count < 1) return with_error();
    return sent(write(fd, pieces[0].iov_base, shortened(pieces[0].iov_len)), CALLER);
  }
  return sent(real(fd, pieces, count), CALLER);
}

ssize_t recv(int fd, void *bytes, size_t size, int flags) {
  REAL(recv);
  if (goes_wrong(RECV, CALLER)) {
    if (planned_manner == ENDS) return 0;
    if (!is_short()) return with_error();
    size = shortened(size);
  }
  return real(fd, bytes, size, flags);
}

/* Names below service.test are this machine's. No other name may reach a name server. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  static const char domain[] = ".service.test";
  size_t length = node ? strlen(node) : 0;
  REAL(getaddrinfo);
  if (goes_wrong(GETADDRINFO, CALLER)) {
    if (planned_error < 0) return planned_error;
    errno = planned_error;
    return EAI_SYSTEM;
  }
  if (length > strlen(domain) && strcmp(node + length - strlen(domain), domain) == 0) node = "127.0.0.1";
  else if (node && strcmp(node, "127.0.0.1") != 0) return EAI_NONAME;
  return real(node, service, hints, result);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  REAL(pthread_create);
  if (goes_wrong(PTHREAD_CREATE, CALLER)) return planned_error;
  return real(thread, attributes, start, argument);
}

#define OPENS(name)                                                                                \
  int name(const char *path, int flags, ...) {                                                     \
    va_list arguments;                                                                             \
    mode_t mode;                                                                                   \
    REAL(name);                                                                                    \
    va_start(arguments, flags);                                                                    \
    mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;                        \
    va_end(arguments);                                                                             \
    if (goes_wrong(OPEN, CALLER)) return with_error();                                             \
    return real(path, flags, mode);                                                                \
  }
OPENS(open)
OPENS(open64)

DIR *opendir(const char *path) {
  REAL(opendir);
  if (goes_wrong(OPEN, CALLER)) {
    errno = planned_error;
    return NULL;
  }
  return real(path);
}

ssize_t read(int fd, void *bytes, size_t size) {
  REAL(read);
  if (goes_wrong(READ, CALLER)) {
    if (!is_short()) return with_error();
    size = shortened(size);
  }
  return real(fd, bytes, size);
}

int fcntl(int fd, int command, ...) {
  va_list arguments;
  void *word;
  REAL(fcntl);
  va_start(arguments, command);
  word = va_arg(arguments, void *);
  va_end(arguments);
  if (goes_wrong(FCNTL, CALLER)) return with_error();
  return real(fd, command, word);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
  REAL(setsockopt);
  if (goes_wrong(SETSOCKOPT, CALLER)) return with_error();
  return real(fd, level, name, value, size);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict size) {
  REAL(getsockopt);
  if (goes_wrong(GETSOCKOPT, CALLER)) {
    if (planned_manner != FAILS_LATER) return with_error();
    if (level == SOL_SOCKET && name == SO_ERROR) {
      *(int *)value = planned_error;
      return 0;
    }
  }
  return real(fd, level, name, value, size);
}
