/* The steps of the dialogs in GTK and Win32, and the call that each of them makes. */
#ifndef DIALOG_STEPS_H
#define DIALOG_STEPS_H

#include "texts.h"
#include <stddef.h>

enum step { STEP_USER, STEP_ANSWER, STEP_CODE, STEP_PASSWORD, STEP_DONE };

/* Blocks, so call it in a worker thread. *changes_things: unlike a look-up, the call must not be
 * repeated unasked. */
static asr_result *step_call(enum step step, const asr_client *client, const char *user, const char *entry,
                             const char *token, asr_cancel *cancel, int *changes_things) {
  *changes_things = 1;
  if (step == STEP_USER) {
    asr_result *result = asr_secret_question(client, user, cancel);
    *changes_things = result->code == ASR_NO_QUESTION;
    if (!*changes_things) return result;
    asr_result_free(result); /* no answer is needed */
    return asr_request_reset(client, user, NULL, cancel);
  }
  if (step == STEP_ANSWER) return asr_request_reset(client, user, entry, cancel);
  if (step == STEP_CODE) return asr_confirm_code(client, entry, cancel);
  return asr_set_password(client, token, entry, cancel);
}

static enum step step_back(enum step step, int has_question) {
  return step == STEP_PASSWORD ? STEP_CODE : step == STEP_CODE && has_question ? STEP_ANSWER : STEP_USER;
}

/* The consequence of a failure: the next step, the text of its button, and the message. */
struct verdict {
  enum step step;
  int button;
  int message; /* 0: the service's message in the result; TEXT_WAIT: a countdown of retry_after_s */
};

static struct verdict step_failed(enum step step, const asr_result *failure, int changes_things) {
  struct verdict verdict = {step, TEXT_NEXT, failure->code};
  int refused = failure->code >= ASR_APP_KEY_REJECTED && failure->code <= ASR_RATE_LIMITED;
  if (changes_things && failure->request_sent && !refused) {
    /* It may have been carried out. Then a code may be on its way; the user decides the rest. */
    if (step <= STEP_ANSWER) verdict.step = STEP_CODE;
    else verdict.button = TEXT_SEND_AGAIN;
    verdict.message = step == STEP_USER ? TEXT_UNKNOWN_RESET : TEXT_UNKNOWN + (int)step;
  } else if (failure->code == ASR_RATE_LIMITED && failure->retry_after_s) {
    verdict.message = TEXT_WAIT;
  } else if (failure->code == ASR_REJECTED || failure->code == ASR_ANSWER_INCORRECT) {
    verdict.message = 0;
  } else {
    if (!refused && failure->code >= ASR_RESOLVE_FAILED) verdict.button = TEXT_RETRY;
    if (step == STEP_USER && failure->code == ASR_SERVER_ERROR) verdict.message = TEXT_USER_OR_SERVER;
  }
  return verdict;
}

#endif
