/* One client, many threads: each gets its own response. */
#include "support/test.h"

enum { THREADS = 16, CALLS = 60 };

typedef struct worker {
  const asr_client *client;
  asr_cancel *cancel;
  int number, wrong;
  pthread_t thread;
} worker;

static void *call_often(void *argument) {
  worker *w = argument;
  int i;
  for (i = 0; i < CALLS; ++i) {
    char user[32];
    snprintf(user, sizeof user, "user-%d-%d", w->number, i);
    if (connection_used(w->client, user, w->cancel) == 0) ++w->wrong;
  }
  return NULL;
}

static void threads_share_a_client_and_a_token(void **state) {
  test_server *s = server_start(tell_the_connection, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  asr_cancel *cancel = asr_cancel_new();
  worker workers[THREADS];
  int i;
  for (i = 0; i < THREADS; ++i) {
    workers[i] = (worker){client, cancel, i, 0, 0};
    pthread_create(&workers[i].thread, NULL, call_often, &workers[i]);
  }
  for (i = 0; i < THREADS; ++i) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].wrong, 0);
  }
  assert_in_range(server_connections(s), 1, THREADS); /* kept, not made anew for each call */
  asr_cancel_trigger(cancel);
  expect_code(get_question(client, cancel), ASR_CANCELLED);
  asr_cancel_free(cancel);
  asr_client_free(client);
  server_stop(s);
}

static void *free_it(void *result) {
  asr_result_free(result);
  return NULL;
}

static void a_result_may_be_freed_by_another_thread(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_result *result = asr_secret_question_once(server_url(s, "http"), "key", "user");
  pthread_t thread;
  assert_code(result, ASR_OK);
  pthread_create(&thread, NULL, free_it, result);
  pthread_join(thread, NULL);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(threads_share_a_client_and_a_token),
    cmocka_unit_test(a_result_may_be_freed_by_another_thread),
  };
  return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
