/* Calls at the end of a thread, when it is cancelled and when its variables are destroyed, and of the process. */
#include "support/test.h"

#include <sys/wait.h>
#include <unistd.h>

static const asr_client *shared;

static void wait_and_respond(connection *c) {
  char request[REQUEST_SPACE];
  read_request(c, request, sizeof request);
  event_set(c->context);
  hold(c);
}

typedef struct doomed {
  asr_cancel *cancel;
  asr_code code;
} doomed;

static void *call_until_cancelled(void *argument) {
  doomed *d = argument;
  asr_result *result = asr_secret_question(shared, "user", d->cancel);
  d->code = result->code;
  asr_result_free(result);
  pthread_testcancel();
  return NULL;
}

static void a_thread_that_is_cancelled_ends_after_its_call(void **state) {
  event asked = EVENT_INITIAL;
  test_server *s = server_start(wait_and_respond, &asked, 0);
  asr_client *client = client_at(server_url(s, "http"));
  doomed d = {asr_cancel_new(), ASR_OK};
  pthread_t thread;
  void *end;
  shared = client;
  pthread_create(&thread, NULL, call_until_cancelled, &d);
  event_wait(&asked);
  pthread_cancel(thread);
  asr_cancel_trigger(d.cancel);
  pthread_join(thread, &end);
  assert_ptr_equal(end, PTHREAD_CANCELED);
  assert_int_equal(d.code, ASR_CANCELLED);
  asr_cancel_free(d.cancel);
  asr_client_free(client);
  server_stop(s);
}

/* Makes a call on a new connection after the library's thread-local variables were destroyed. */
static asr_code code_at_the_end(void) {
  asr_client *client = secure_client();
  asr_result *result = asr_secret_question(client, "robert.zak", NULL);
  asr_code code = result->code;
  asr_result_free(result);
  asr_client_free(client);
  return code;
}

static void call_at_the_end(void *code) { *(asr_code *)code = code_at_the_end(); }

static pthread_key_t at_the_end;

static void *call_and_end(void *code) {
  expect_code(asr_secret_question(shared, "robert.zak", NULL), ASR_OK);
  pthread_setspecific(at_the_end, code);
  return NULL;
}

static void a_destructor_of_a_threads_variable_may_call(void **state) {
  asr_client *client = secure_client();
  asr_code code = ASR_INTERNAL;
  pthread_t thread;
  shared = client;
  pthread_key_create(&at_the_end, call_at_the_end);
  pthread_create(&thread, NULL, call_and_end, &code);
  pthread_join(thread, NULL);
  pthread_key_delete(at_the_end);
  assert_int_equal(code, ASR_OK);
  asr_client_free(client);
}

static void call_at_exit(void) { _exit(code_at_the_end()); }

/* Runs in a separate process. */
static int call_and_exit(void) {
  code_at_the_end();
  atexit(call_at_exit);
  return ASR_INTERNAL;
}

static const char *program;

static void a_function_of_atexit_may_call(void **state) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    execl(program, program, "exit", (char *)NULL);
    exit(call_and_exit()); /* under an emulator, which starts no program */
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), ASR_OK);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_thread_that_is_cancelled_ends_after_its_call),
    cmocka_unit_test(a_destructor_of_a_threads_variable_may_call),
    cmocka_unit_test(a_function_of_atexit_may_call),
  };
  if (argc == 2 && strcmp(argv[1], "exit") == 0) return call_and_exit();
  if (argc > 1) return 2;
  program = argv[0];
  return cmocka_run_group_tests_name("thread_end", tests, NULL, NULL);
}
