/* Shows that the sanitizers are in: each word stands for a bug that they must find. */
#include <autoshares_reset.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static asr_client *client(void) {
  asr_config *config = asr_config_new("http://127.0.0.1:1", "key");
  asr_client *made = asr_client_new(config, NULL);
  asr_config_free(config);
  return made;
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
  }
  return 0;
}
