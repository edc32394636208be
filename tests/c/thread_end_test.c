/* Calls at the end of a thread: when it is cancelled, and when its variables are destroyed. */
#include "support/test.h"

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

static void a_thread_that_is_cancelled_ends_behind_its_call(void **state) {
  event asked = EVENT_INITIAL;
  test_server *s = server_start(wait_and_respond, &asked, 0);
  asr_client *client = client_at(server_url(s, "http"));
  doomed d = {asr_cancel_new(), ASR_OK};
  pthread_t thread;
  void *end;
  (void)state;
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

static asr_code code_at_the_end;

static void call_at_the_end(void *unused) {
  asr_result *result = asr_secret_question(shared, "user", NULL);
  (void)unused;
  code_at_the_end = result->code;
  asr_result_free(result);
}

static void *call_and_end(void *key) {
  asr_result_free(asr_secret_question(shared, "user", NULL));
  pthread_setspecific(*(pthread_key_t *)key, key);
  return NULL;
}

static void a_destructor_of_a_threads_variable_may_call(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  pthread_key_t key;
  pthread_t thread;
  (void)state;
  shared = client;
  code_at_the_end = ASR_INTERNAL;
  pthread_key_create(&key, call_at_the_end);
  pthread_create(&thread, NULL, call_and_end, &key);
  pthread_join(thread, NULL);
  pthread_key_delete(key);
  assert_int_equal(code_at_the_end, ASR_OK);
  asr_client_free(client);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_thread_that_is_cancelled_ends_behind_its_call),
    cmocka_unit_test(a_destructor_of_a_threads_variable_may_call),
  };
  return cmocka_run_group_tests_name("thread_end", tests, NULL, NULL);
}
