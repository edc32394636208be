/* Proves that the sanitizers work: each argument selects a bug that they must find. */
#include <autoshares_reset.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static asr_client *client(void) {
  asr_config *config = asr_config_new("http://127.0.0.1:1", "key");
  asr_client *made = asr_client_new(config, NULL);
  asr_config_free(config);
  return made;
}

static int shared;

static void *program_races(void *unused) {
  ++shared;
  return unused;
}

static void *library_races(void *config) {
  asr_config_set_timeout_ms(config, 1);
  return NULL;
}

/* Does the same in two threads at once. */
static void twice(void *(*work)(void *), void *argument) {
  pthread_t other;
  if (pthread_create(&other, NULL, work, argument) != 0) abort();
  work(argument);
  pthread_join(other, NULL);
}

int main(int argc, char **argv) {
  const char *bug = argc == 2 ? argv[1] : "";
  asr_client *freed = client();
  asr_client_free(freed);
  if (strcmp(bug, "library-reads-freed-memory") == 0) {
    asr_result_free(asr_secret_question(freed, "user", NULL));
  } else if (strcmp(bug, "library-memory-is-lost") == 0) {
    int i; /* several, because a register may still hold the last one */
    for (i = 0; i < 10; ++i) freed = client();
    freed = NULL;
  } else if (strcmp(bug, "program-overflows") == 0) {
    volatile int most = INT_MAX;
    return most + argc == 0;
  } else if (strcmp(bug, "program-races") == 0) {
    twice(program_races, NULL);
  } else if (strcmp(bug, "library-races") == 0) {
    asr_config *config = asr_config_new("http://127.0.0.1:1", "key");
    twice(library_races, config);
    asr_config_free(config);
  }
  return 0;
}
