/* To be preloaded: counts a process's calls of the C library, and at the end writes the counts to the file
 * COUNTERS_REPORT, as one line of JSON. With COUNTERS_ADDRESS every host name has that address. */
#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <sys/socket.h>

static atomic_ulong blocks, bytes, lookups, connects, started_threads;

/* glibc's own names for its allocator: asking dlsym for it would allocate. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void count(size_t size) {
  atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
  atomic_fetch_add_explicit(&bytes, size, memory_order_relaxed);
}

void *malloc(size_t size) {
  count(size);
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  count(number * size);
  return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size) {
  count(size);
  return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
  count(size);
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = memalign(alignment, size);
  return *block ? 0 : ENOMEM;
}

/* The next library's function of the same name and type. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result) {
  const char *address = getenv("COUNTERS_ADDRESS");
  atomic_fetch_add(&lookups, 1);
  return NEXT(getaddrinfo)(address ? address : node, service, hints, result);
}

int connect(int socket, const struct sockaddr *address, socklen_t length) {
  if (address->sa_family != AF_UNIX) atomic_fetch_add(&connects, 1);
  return NEXT(connect)(socket, address, length);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  atomic_fetch_add(&started_threads, 1);
  return NEXT(pthread_create)(thread, attributes, start, argument);
}

unsigned long counted_allocations(void) {
  return atomic_load(&blocks);
}

__attribute__((destructor)) static void report(void) {
  const char *path = getenv("COUNTERS_REPORT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) return;
  fprintf(file, "{\"allocations\": %lu, \"bytes\": %lu, \"lookups\": %lu, \"connects\": %lu, \"threads\": %lu}\n",
          blocks, bytes, lookups, connects, started_threads);
  fclose(file);
}
