/* Prints the secret question of an AutoShares account.
 *
 *     cc secret_question.c -lautoshares_reset -o secret_question
 *     AUTOSHARES_APP_KEY=… ./secret_question [BASE_URL] USERNAME
 *
 * BASE_URL may come from AUTOSHARES_BASE_URL instead. The app key comes from AUTOSHARES_APP_KEY
 * alone, because arguments are seen by everyone who can list processes. AUTOSHARES_CA_FILE may name
 * a PEM file with the only certificates to trust, such as the emulator's.
 *
 * Exit status: 0 done, 1 any other failure, 2 wrong usage, 3 app key rejected, 4 the service said
 * no, 5 the network failed. */
#include <autoshares_reset.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints the outcome of the call; returns the exit status. */
static int report(const asr_result *result) {
  if (!ASR_FAILED(result->code)) { /* a success; without a question, no answer is needed */
    puts(result->question ? result->question : "This account has no secret question.");
    return 0;
  }

  switch (result->code) {
  case ASR_APP_KEY_REJECTED: /* the user can do nothing: the broker gives out keys */
    fprintf(stderr, "%s\n", result->message);
    return 3;

  case ASR_RATE_LIMITED: /* wait, then try again */
    if (result->retry_after_s != 0) {
      fprintf(stderr, "%s (Wait for %u s.)\n", result->message, (unsigned)result->retry_after_s);
      return 4;
    }
    /* fall through */
  case ASR_REJECTED: /* the message has the service's own text, fit to show */
  case ASR_ANSWER_INCORRECT:
    fprintf(stderr, "%s\n", result->message);
    return 4;

  case ASR_RESOLVE_FAILED: /* it may work later, or on another network */
  case ASR_CONNECT_FAILED:
  case ASR_TLS_FAILED:
  case ASR_TIMEOUT:
  case ASR_CONNECTION_LOST:
    fprintf(stderr, "%s\n", result->message);
    return 5;

  case ASR_INVALID_ARGUMENT: /* this program or its settings are wrong; the message names the fault */
  case ASR_INSECURE_URL:
  case ASR_CANCELLED:        /* cannot happen here: the call was given no asr_cancel */
  case ASR_SERVER_ERROR:     /* the service failed: it may work later */
  case ASR_INVALID_RESPONSE: /* another server than the service responds at the base URL */
  case ASR_INTERNAL:         /* a bug in the library */
  default:                   /* a failure that a newer library may add */
    fprintf(stderr, "%s\n", result->message);
    return 1;
  }
}

int main(int argc, char **argv) {
  const char *base_url = argc == 3 ? argv[1] : getenv("AUTOSHARES_BASE_URL");
  const char *app_key = getenv("AUTOSHARES_APP_KEY");
  if (argc < 2 || argc > 3 || !base_url || !app_key) {
    fprintf(stderr, "usage: AUTOSHARES_APP_KEY=KEY %s [BASE_URL] USERNAME"
                    " (BASE_URL else from AUTOSHARES_BASE_URL)\n", argv[0]);
    return 2;
  }

  if (asr_abi_version() < ASR_ABI_VERSION) {
    fprintf(stderr, "The autoshares_reset library is older than this program: install the newer one.\n");
    return 1;
  }

  asr_config *config = asr_config_new(base_url, app_key);
  asr_config_set_ca_file(config, getenv("AUTOSHARES_CA_FILE")); /* NULL: the system's */

  asr_result *error;
  asr_client *client = asr_client_new(config, &error);
  asr_config_free(config);
  if (!client) {
    int status = report(error);
    asr_result_free(error);
    return status;
  }

  asr_result *result = asr_secret_question(client, argv[argc - 1], NULL);
  int status = report(result);
  asr_result_free(result);
  asr_client_free(client);
  return status;
}
