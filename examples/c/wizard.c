/* The way back into an AutoShares account, as a dialog at the terminal: asks for a reset, for the
 * answer to the secret question where the account has one, for the mailed code, and for the new
 * password. An empty line stops it anywhere.
 *
 *     cc wizard.c -lautoshares_reset -o wizard
 *     AUTOSHARES_APP_KEY=… ./wizard [BASE_URL] [USERNAME]
 *
 * Settings and exit status are those of secret_question.c. */
#include "terminal.h"
#include <autoshares_reset.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 1024 };
enum { DONE = 0, FAILED = 1, USAGE = 2, KEY_REJECTED = 3, SAID_NO = 4, NETWORK = 5 };

/* Frees the result of a step that came to its end, says what went wrong, and gives the exit status. */
static int finish(asr_result *result) {
  int status = FAILED;
  if (result->code < 10) status = DONE;
  else if (result->code == ASR_APP_KEY_REJECTED) status = KEY_REJECTED;
  else if (result->code >= ASR_RESOLVE_FAILED && result->code <= ASR_CONNECTION_LOST) status = NETWORK;
  else if (result->code >= ASR_REJECTED && result->code <= ASR_RATE_LIMITED) status = SAID_NO;

  if (result->message) fprintf(stderr, "%s\n", result->message);
  if (result->retry_after_s != 0)
    fprintf(stderr, "Please try again in %u s.\n", (unsigned)result->retry_after_s);
  asr_result_free(result);
  return status;
}

/* Whether other input may help: then says what was wrong, and frees the result. */
static bool try_again(asr_result *result) {
  if (result->code != ASR_REJECTED && result->code != ASR_ANSWER_INCORRECT &&
      result->code != ASR_INVALID_ARGUMENT)
    return false;
  fprintf(stderr, "%s\n", result->message);
  asr_result_free(result);
  return true;
}

static int stopped(void) {
  fprintf(stderr, "Stopped. The password is not changed.\n");
  return FAILED;
}

/* Has the service mail a code, which takes the answer to the secret question where there is one. */
static int request_reset(const asr_client *client, const char *user) {
  char answer[LINE_SIZE];
  asr_result *question, *result = asr_request_reset(client, user, NULL, NULL);
  if (result->code != ASR_ANSWER_INCORRECT) return finish(result);
  asr_result_free(result);

  question = asr_secret_question(client, user, NULL);
  if (question->code == ASR_NO_QUESTION) {
    fprintf(stderr, "The service wants an answer, but this account has no question.\n");
    asr_result_free(question);
    return SAID_NO;
  }
  if (question->code != ASR_OK) return finish(question);
  printf("%s\n", question->question);
  asr_result_free(question);

  do {
    if (!ask("Answer: ", answer, sizeof answer, true)) return stopped();
    result = asr_request_reset(client, user, answer, NULL);
    wipe(answer, sizeof answer);
  } while (try_again(result));
  return finish(result);
}

/* Trades the mailed code for a result that holds the token, to be freed; NULL: see `*status`. */
static asr_result *confirm_code(const asr_client *client, int *status) {
  char code[LINE_SIZE];
  asr_result *result;
  do {
    if (!ask("Code: ", code, sizeof code, true)) {
      *status = stopped();
      return NULL;
    }
    result = asr_confirm_code(client, code, NULL);
    wipe(code, sizeof code);
  } while (try_again(result));
  if (result->code == ASR_OK) return result;
  *status = finish(result);
  return NULL;
}

static int set_password(const asr_client *client, const char *token) {
  char password[LINE_SIZE], repeated[LINE_SIZE];
  asr_result *result = NULL;
  bool asked, same;
  do {
    asked = ask("New password: ", password, sizeof password, false) &&
            ask("Repeat it: ", repeated, sizeof repeated, false);
    same = asked && strcmp(password, repeated) == 0;
    if (same) result = asr_set_password(client, token, password, NULL);
    else if (asked) fprintf(stderr, "The two are not the same.\n");
    wipe(password, sizeof password);
    wipe(repeated, sizeof repeated);
  } while (asked && (!same || try_again(result)));
  return asked ? finish(result) : stopped();
}

static int reset(const asr_client *client, const char *user) {
  int status = request_reset(client, user);
  asr_result *confirmed;
  if (status != DONE) return status;
  printf("A code is on its way to you by mail.\n");

  confirmed = confirm_code(client, &status);
  if (!confirmed) return status;

  status = set_password(client, confirmed->token);
  asr_result_free(confirmed);
  if (status == DONE) printf("Your password is changed.\n");
  return status;
}

int main(int argc, char **argv) {
  const char *app_key = getenv("AUTOSHARES_APP_KEY"), *base_url = getenv("AUTOSHARES_BASE_URL");
  const char *user = NULL;
  char typed[LINE_SIZE];
  asr_config *config;
  asr_client *client;
  asr_result *error;
  int status, next = 1;

  if (next < argc && strstr(argv[next], "://")) base_url = argv[next++];
  if (next < argc) user = argv[next++];
  if (next < argc || !base_url || !app_key) {
    fprintf(stderr, "usage: AUTOSHARES_APP_KEY=KEY %s [BASE_URL] [USERNAME]"
                    " (BASE_URL else from AUTOSHARES_BASE_URL)\n", argv[0]);
    return USAGE;
  }

  config = asr_config_new(base_url, app_key);
  asr_config_set_ca_file(config, getenv("AUTOSHARES_CA_FILE"));
  client = asr_client_new(config, &error);
  asr_config_free(config);
  if (!client) return finish(error);

#ifdef _WIN32
  SetConsoleOutputCP(CP_UTF8);
#endif
  if (!user && ask("Username: ", typed, sizeof typed, true)) user = typed;
  status = user ? reset(client, user) : stopped();
  wipe(typed, sizeof typed);
  asr_client_free(client);
  return status;
}
