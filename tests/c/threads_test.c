/* One client, many threads: each gets its own response. */
#include "support/test.h"

enum { THREADS = 16, CALLS = 60 };

/* The question is the username, so that a mixed-up response shows. */
static void echo_the_user(connection *c) {
  char request[REQUEST_SPACE], body[256];
  while (read_request(c, request, sizeof request)) {
    const char *user = strstr(request, "username=") + 9;
    snprintf(body, sizeof body, "{\"IsSucceed\":true,\"Model\":\"%.*s\"}", (int)strcspn(user, " "),
             user);
    respond(c, "200 OK", "", body);
  }
}

typedef struct worker {
  const asr_client *client;
  int number, wrong;
  pthread_t thread;
} worker;

static void *call_often(void *argument) {
  worker *w = argument;
  int i;
  for (i = 0; i < CALLS; ++i) {
    char user[32];
    asr_result *result;
    snprintf(user, sizeof user, "user-%d-%d", w->number, i);
    result = asr_secret_question(w->client, user, NULL);
    if (result->code != ASR_OK || strcmp(result->question, user) != 0) ++w->wrong;
    asr_result_free(result);
  }
  return NULL;
}

static void threads_share_a_client(void **state) {
  test_server *s = server_start(echo_the_user, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  worker workers[THREADS];
  int i;
  (void)state;
  for (i = 0; i < THREADS; ++i) {
    workers[i] = (worker){.client = client, .number = i};
    pthread_create(&workers[i].thread, NULL, call_often, &workers[i]);
  }
  for (i = 0; i < THREADS; ++i) {
    pthread_join(workers[i].thread, NULL);
    assert_int_equal(workers[i].wrong, 0);
  }
  assert_in_range(server_connections(s), 1, THREADS); /* kept, not made anew for each call */
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
  (void)state;
  assert_code(result, ASR_OK);
  pthread_create(&thread, NULL, free_it, result);
  pthread_join(thread, NULL);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(threads_share_a_client),
    cmocka_unit_test(a_result_may_be_freed_by_another_thread),
  };
  return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
