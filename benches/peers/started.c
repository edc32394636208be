/* Starts a program and passes it the time of the start: started PROGRAM [ARGUMENT…] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec time;
  char text[32];
  if (argc < 2) return 2;
  clock_gettime(CLOCK_MONOTONIC, &time);
  snprintf(text, sizeof text, "%" PRId64, time.tv_sec * INT64_C(1000000000) + time.tv_nsec);
  setenv("BENCH_STARTED_NS", text, 1);
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return 1;
}
