/* Runs one client and prints its cost, as one line of JSON.
 *
 *   warm WARMUP CALLS             one kept connection
 *   cold TIMES                    a new client each time, to its first response
 *   threads COUNT WARMUP CALLS    COUNT threads with CALLS calls each
 *   first                         from BENCH_STARTED_NS (CLOCK_MONOTONIC) to the first response
 *   once                          the first call of a client that is made
 *   ahead                         the same, with the connection made ahead
 *   memory CALLS                  private memory afterwards
 *   idle CALLS                    calls that end before the network
 *
* The service and the user come from BENCH_URL, BENCH_APP_KEY, BENCH_USERNAME and SSL_CERT_FILE. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "peer.h"

static struct target target;

/* Defined if counters.so is preloaded; see counters.c. */
__attribute__((weak)) extern unsigned long counted_allocations(void);

static void fail(const char *what) {
  fprintf(stderr, "error: %s\n", what);
  exit(1);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* CPU time of the process, in microseconds. */
static int64_t cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

static unsigned long allocations(void) {
  return counted_allocations ? counted_allocations() : 0;
}

static void ask(void *client) {
  if (!peer_ask(client)) fail("a call did not bring the question");
}

/* A measured call; a separate function, so that a profiler can look at these alone. */
__attribute__((noinline)) static void measured(void *client) {
  ask(client);
}

static void *opened(void) {
  void *client = peer_open(&target);
  if (!client) fail("the client cannot be made");
  return client;
}

static int by_size(const void *left, const void *right) {
  int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
  return (a > b) - (a < b);
}

static void report(int64_t *times, size_t count, double cpu_us, double allocated) {
  qsort(times, count, sizeof *times, by_size);
  printf("{\"p50_us\": %.3f, \"p90_us\": %.3f, \"cpu_us\": %.3f, \"allocations\": %.2f}\n", times[count / 2] / 1e3,
         times[count * 9 / 10] / 1e3, cpu_us, allocated);
}

static void warm(size_t warmup, size_t calls) {
  void *client = opened();
  int64_t *times = calloc(calls, sizeof *times);
  if (!times) fail("out of memory");
  for (size_t i = 0; i < warmup; i++) ask(client);
  int64_t cpu_before = cpu();
  unsigned long allocated = allocations();
  for (size_t i = 0; i < calls; i++) {
    int64_t start = now();
    measured(client);
    times[i] = now() - start;
  }
  allocated = allocations() - allocated;
  report(times, calls, (double)(cpu() - cpu_before) / (double)calls, (double)allocated / (double)calls);
  free(times);
  peer_close(client);
}

static void cold(size_t count) {
  int64_t *times = calloc(count, sizeof *times);
  if (!times) fail("out of memory");
  int64_t cpu_before = cpu();
  for (size_t i = 0; i < count; i++) {
    int64_t start = now();
    void *client = opened();
    ask(client);
    times[i] = now() - start;
    peer_close(client);
  }
  report(times, count, (double)(cpu() - cpu_before) / (double)count, 0);
  free(times);
}

struct crew {
  void *shared;
  size_t warmup, calls;
  pthread_barrier_t together;
};

static void *member(void *argument) {
  struct crew *crew = argument;
  void *client = crew->shared ? crew->shared : opened();
  for (size_t i = 0; i < crew->warmup; i++) ask(client);
  pthread_barrier_wait(&crew->together); /* warm */
  pthread_barrier_wait(&crew->together); /* go */
  for (size_t i = 0; i < crew->calls; i++) ask(client);
  pthread_barrier_wait(&crew->together); /* done */
  if (!crew->shared) peer_close(client);
  return NULL;
}

static void threads(size_t count, size_t warmup, size_t calls) {
  struct crew crew = {.shared = peer_is_shared ? opened() : NULL, .warmup = warmup, .calls = calls};
  pthread_t *members = calloc(count, sizeof *members);
  if (!members) fail("out of memory");
  pthread_barrier_init(&crew.together, NULL, (unsigned)count + 1);
  for (size_t i = 0; i < count; i++)
    if (pthread_create(&members[i], NULL, member, &crew)) fail("no thread");
  pthread_barrier_wait(&crew.together);
  int64_t start = now();
  pthread_barrier_wait(&crew.together);
  pthread_barrier_wait(&crew.together);
  double seconds = (double)(now() - start) / 1e9;
  for (size_t i = 0; i < count; i++) pthread_join(members[i], NULL);
  printf("{\"calls_per_s\": %.0f}\n", (double)(count * calls) / seconds);
  free(members);
  if (crew.shared) peer_close(crew.shared);
}

static void first(void) {
  const char *started = getenv("BENCH_STARTED_NS");
  if (!started) fail("BENCH_STARTED_NS is not set");
  void *client = opened();
  ask(client);
  printf("{\"first_us\": %.1f}\n", (double)(now() - strtoll(started, NULL, 10)) / 1e3);
  peer_close(client);
}

static void once(bool is_ahead) {
  void *client = opened();
  if (is_ahead && !(peer_connect && peer_connect(client))) fail("no connection can be made ahead");
  if (is_ahead) nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL); /* the user types */
  int64_t start = now();
  ask(client);
  printf("{\"call_us\": %.1f}\n", (double)(now() - start) / 1e3);
  peer_close(client);
}

/* The private pages that this process has written to, in KiB. Not Private_Dirty, which also counts pages of a library that
 * was just built. */
static long private_memory(void) {
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  if (!file) fail("no /proc/self/smaps_rollup");
  char line[256];
  long kib = -1;
  while (fgets(line, sizeof line, file) && sscanf(line, "Anonymous: %ld", &kib) != 1) continue;
  fclose(file);
  return kib;
}

static void memory(size_t calls) {
  void *client = opened();
  for (size_t i = 0; i < calls; i++) ask(client);
  printf("{\"private_kib\": %ld}\n", private_memory());
  peer_close(client);
}

static void idle(size_t calls) {
  if (!peer_idle) fail("this client has no call without network");
  void *client = opened();
  peer_idle(client);
  unsigned long allocated = allocations();
  int64_t start = now();
  for (size_t i = 0; i < calls; i++) peer_idle(client);
  double us = (double)(now() - start) / 1e3 / (double)calls;
  allocated = allocations() - allocated;
  printf("{\"idle_us\": %.4f, \"allocations\": %.2f}\n", us, (double)allocated / (double)calls);
  peer_close(client);
}

static const char *setting(const char *name) {
  const char *value = getenv(name);
  if (!value) fail(name);
  return value;
}

int main(int argc, char **argv) {
  size_t number[3] = {0};
  for (int i = 2; i < argc && i < 5; i++) number[i - 2] = strtoul(argv[i], NULL, 10);
  const char *mode = argc > 1 ? argv[1] : "";
  target = (struct target){.base_url = setting("BENCH_URL"),
                           .app_key = setting("BENCH_APP_KEY"),
                           .username = setting("BENCH_USERNAME"),
                           .ca_file = setting("SSL_CERT_FILE")};
  if (!strcmp(mode, "warm") && number[1]) warm(number[0], number[1]);
  else if (!strcmp(mode, "cold") && number[0]) cold(number[0]);
  else if (!strcmp(mode, "threads") && number[0]) threads(number[0], number[1], number[2]);
  else if (!strcmp(mode, "first")) first();
  else if (!strcmp(mode, "once")) once(false);
  else if (!strcmp(mode, "ahead")) once(true);
  else if (!strcmp(mode, "memory")) memory(number[0]);
  else if (!strcmp(mode, "idle") && number[0]) idle(number[0]);
  else fail("how to measure? see the top of measure.c");
  return 0;
}
