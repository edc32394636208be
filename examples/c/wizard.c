/* The password reset of an AutoShares account, as a dialog at the terminal: asks for a reset, for the
 * answer to the secret question where the account has one, for the mailed code, and for the new
 * password. An empty line stops it anywhere.
 *
 *     cc -pthread wizard.c -lautoshares_reset -o wizard
 *     AUTOSHARES_APP_KEY=… ./wizard [BASE_URL] [USERNAME]
 *
 * Settings and exit status are those of secret_question.c. */
#include "terminal.h"
#include <autoshares_reset.h>
#include <stdlib.h>
#include <string.h>

#ifndef _WIN32
#include <pthread.h>
#endif

enum { LINE_SIZE = 1024 };
/* The exit statuses, and two earlier steps to which a step may return. */
enum { DONE = 0, FAILED = 1, USAGE = 2, KEY_REJECTED = 3, SAID_NO = 4, NETWORK = 5, NEW_CODE, NEW_NAME };

/* The new password was sent, but no response arrived. */
static bool outcome_unknown;
/* A code was mailed, so the service knows the user. */
static bool user_known;

static void say(const asr_result *failure) {
  fprintf(stderr, "%s\n", failure->message);
  if (failure->retry_after_s != 0)
    fprintf(stderr, "Please try again in %u s.\n", (unsigned)failure->retry_after_s);
  if (failure->code == ASR_SERVER_ERROR && !user_known)
    fprintf(stderr, "Some services fail like this when they do not know the username.\n");
  if (outcome_unknown) fprintf(stderr, "It is not known whether the password was changed.\n");
}

static int stopped(void) {
  fprintf(stderr, outcome_unknown ? "Stopped. It is not known whether the password was changed.\n"
                                  : "Stopped. The password is not changed.\n");
  return FAILED;
}

static bool network_failed(asr_code code) {
  return code >= ASR_RESOLVE_FAILED && code <= ASR_CONNECTION_LOST;
}

/* Prints the failure, if there is one. True if it may pass and the person wants to wait for that:
 * then the caller repeats the call, and the result is freed. */
static bool try_again(asr_result *result) {
  char line[LINE_SIZE];
  if (!ASR_FAILED(result->code)) return false;
  say(result);
  if (result->code != ASR_RATE_LIMITED && !network_failed(result->code)) return false;
  if (!ask("Try again? [y/n] ", line, sizeof line, true)) return false;
  if (strcmp(line, "y") != 0 && strcmp(line, "Y") != 0) return false;
  asr_result_free(result);
  return true;
}

/* True if other input may help; if so, frees the result. At 404 it does not: the service has no
 * such call. */
static bool refused(asr_result *result) {
  if (result->http_status == 404) return false;
  if (result->code != ASR_REJECTED && result->code != ASR_ANSWER_INCORRECT &&
      result->code != ASR_INVALID_ARGUMENT)
    return false;
  asr_result_free(result);
  return true;
}

/* Frees the result of the last step; returns the exit status. */
static int finish(asr_result *result) {
  int status = FAILED;
  if (!ASR_FAILED(result->code)) status = DONE;
  else if (result->code == ASR_APP_KEY_REJECTED) status = KEY_REJECTED;
  else if (network_failed(result->code)) status = NETWORK;
  else if (result->code >= ASR_REJECTED && result->code <= ASR_RATE_LIMITED) status = SAID_NO;
  asr_result_free(result);
  return status;
}

/* Makes the service mail a code; this needs the answer to the secret question if there is one. */
static int request_reset(const asr_client *client, const char *user, bool typed) {
  char answer[LINE_SIZE];
  asr_result *result, *question;
  do result = asr_request_reset(client, user, NULL, NULL);
  while (result->code != ASR_ANSWER_INCORRECT && try_again(result));
  if (result->code != ASR_ANSWER_INCORRECT) return typed && refused(result) ? NEW_NAME : finish(result);
  asr_result_free(result);

  do question = asr_secret_question(client, user, NULL);
  while (try_again(question));
  if (ASR_FAILED(question->code)) return typed && refused(question) ? NEW_NAME : finish(question);
  if (!question->question) {
    fprintf(stderr, "The service wants an answer, but this account has no question.\n");
    asr_result_free(question);
    return SAID_NO;
  }
  printf("%s\n", question->question);
  asr_result_free(question);

  do {
    if (!ask("Answer: ", answer, sizeof answer, true)) return stopped();
    do result = asr_request_reset(client, user, answer, NULL);
    while (try_again(result));
    wipe(answer, sizeof answer);
  } while (refused(result));
  return finish(result);
}

/* Exchanges the mailed code for a result that holds the token, to be freed. A code expires, or ends
 * after too many wrong ones. */
static int confirm_code(const asr_client *client, asr_result **confirmed) {
  char code[LINE_SIZE];
  asr_result *result;
  bool again = false;
  do {
    if (!ask(again ? "Code (n for a new one): " : "Code: ", code, sizeof code, true)) return stopped();
    if (again && strcmp(code, "n") == 0) return NEW_CODE;
    do result = asr_confirm_code(client, code, NULL);
    while (try_again(result));
    wipe(code, sizeof code);
    again = true;
  } while (refused(result));
  if (ASR_FAILED(result->code)) return finish(result);
  *confirmed = result;
  return DONE;
}

/* Reads the new password, typed twice the same; `again`: one was refused before. */
static int ask_password(char password[LINE_SIZE], bool again) {
  const char *prompt = again ? "New password (n for a new code): " : "New password: ";
  char repeated[LINE_SIZE];
  bool asked, same;
  do {
    if (!ask(prompt, password, LINE_SIZE, false)) return stopped();
    if (again && strcmp(password, "n") == 0) return NEW_CODE;
    asked = ask("Repeat it: ", repeated, sizeof repeated, false);
    same = asked && strcmp(password, repeated) == 0;
    wipe(repeated, sizeof repeated);
    if (!asked) return stopped();
    if (!same) fprintf(stderr, "The two are not the same.\n");
  } while (!same);
  return DONE;
}

/* True if a request was sent and the service may have acted on it. */
static bool has_unknown_outcome(const asr_result *result) {
  return ASR_FAILED(result->code) && result->request_sent != 0 &&
         (result->code < ASR_APP_KEY_REJECTED || result->code > ASR_RATE_LIMITED);
}

static int set_password(const asr_client *client, const char *token) {
  char password[LINE_SIZE];
  asr_result *result = NULL;
  bool again = false;
  int status;
  do {
    status = ask_password(password, again);
    if (status == DONE) {
      do {
        result = asr_set_password(client, token, password, NULL);
        if (has_unknown_outcome(result)) outcome_unknown = true;
      } while (try_again(result));
    }
    wipe(password, sizeof password);
    again = true;
  } while (status == DONE && refused(result));
  return status == DONE ? finish(result) : status;
}

static int reset(const asr_client *client, const char *user, bool typed) {
  asr_result *confirmed = NULL;
  int status;
  do {
    status = request_reset(client, user, typed);
    if (status != DONE) return status;
    user_known = true;
    printf("A code is on its way to you by mail.\n");

    status = confirm_code(client, &confirmed);
    if (status == DONE) {
      status = set_password(client, confirmed->token);
      asr_result_free(confirmed);
    }
  } while (status == NEW_CODE);
  if (status == DONE) printf("Your password is changed.\n");
  return status;
}

/* A thread that makes the connection while the person types the username. The next call reports its
 * failure. */
typedef struct ahead {
  const asr_client *client;
  asr_cancel *cancel;
  bool runs;
#ifdef _WIN32
  HANDLE thread;
#else
  pthread_t thread;
#endif
} ahead;

#ifdef _WIN32
static DWORD WINAPI connect_ahead(void *argument) {
#else
static void *connect_ahead(void *argument) {
#endif
  const ahead *here = (const ahead *)argument;
  asr_result_free(asr_client_connect(here->client, here->cancel));
  return 0;
}

static void ahead_begin(ahead *here, const asr_client *client) {
  here->client = client;
  here->cancel = asr_cancel_new();
#ifdef _WIN32
  here->thread = CreateThread(NULL, 0, connect_ahead, here, 0, NULL);
  here->runs = here->thread != NULL;
#else
  here->runs = pthread_create(&here->thread, NULL, connect_ahead, here) == 0;
#endif
}

static void ahead_end(ahead *here) {
  asr_cancel_trigger(here->cancel);
#ifdef _WIN32
  if (here->runs) {
    WaitForSingleObject(here->thread, INFINITE);
    CloseHandle(here->thread);
  }
#else
  if (here->runs) pthread_join(here->thread, NULL);
#endif
  asr_cancel_free(here->cancel);
}

static int reset_whom_the_person_names(const asr_client *client) {
  char user[LINE_SIZE];
  ahead connection;
  int status;
  ahead_begin(&connection, client);
  do status = ask("Username: ", user, sizeof user, true) ? reset(client, user, true) : stopped();
  while (status == NEW_NAME);
  wipe(user, sizeof user);
  ahead_end(&connection);
  return status;
}

int main(int argc, char **argv) {
  const char *app_key = getenv("AUTOSHARES_APP_KEY"), *base_url = getenv("AUTOSHARES_BASE_URL");
  const char *user = NULL;
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

  if (asr_abi_version() < ASR_ABI_VERSION) {
    fprintf(stderr, "The autoshares_reset library is older than this program: install the newer one.\n");
    return FAILED;
  }

  config = asr_config_new(base_url, app_key);
  asr_config_set_ca_file(config, getenv("AUTOSHARES_CA_FILE"));
  client = asr_client_new(config, &error);
  asr_config_free(config);
  if (!client) {
    say(error);
    return finish(error);
  }

#ifdef _WIN32
  SetConsoleOutputCP(CP_UTF8);
#endif
  status = user ? reset(client, user, false) : reset_whom_the_person_names(client);
  asr_client_free(client);
  return status;
}
