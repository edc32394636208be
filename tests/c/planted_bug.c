/* Proves that the sanitizers work: each argument selects a bug that they must find, except "hands-over". */
#include <autoshares_reset.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static asr_client *client_of(const char *base_url, const char *key) {
  asr_config *config = asr_config_new(base_url, key);
  asr_client *made = asr_client_new(config, NULL);
  asr_config_free(config);
  return made;
}

static asr_client *client(void) { return client_of("http://127.0.0.1:1", "key"); }

static int shared;

static void *program_races(void *unused) {
  ++shared;
  return unused;
}

static void *library_races(void *config) {
  asr_config_set_timeout_ms(config, 1);
  return NULL;
}

/* Uses the client in the thread that comes first, then in the other. Only the library orders what they do with it. */
static void *hands_over(void *used) {
  static atomic_int threads, turn;
  int mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed);
  asr_result *result;
  while (atomic_load_explicit(&turn, memory_order_relaxed) != mine) usleep(1000);
  result = asr_secret_question(used, "hello@autoshares.com", NULL);
  if (result->code != ASR_OK) abort();
  asr_result_free(result);
  atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed);
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
  } else if (strcmp(bug, "hands-over") == 0) {
    asr_client *used = client_of(getenv("AUTOSHARES_BASE_URL"), getenv("AUTOSHARES_APP_KEY"));
    twice(hands_over, used);
    asr_client_free(used);
  }
  return 0;
}
