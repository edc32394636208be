/* A thousand calls leak nothing. (Under valgrind the same run shows every lost block.) */
#include "support/test.h"

enum { WARM = 100, CALLS = 1000 };

static void play(connection *c) {
  static const char *const bodies[] = {
    OK_BODY,
    "{\"IsSucceed\":false,\"Errors\":[\"No.\"],\"ErrorsCode\":[\"Some\"]}",
    "{\"IsSucceed\":true,\"Model\":\"\"}",
    "<html>",
  };
  char request[REQUEST_SPACE];
  int i;
  for (i = 0; read_request(c, request, sizeof request); ++i)
    respond(c, "200 OK", "", bodies[i % 4]);
}

static void make_each_call(const asr_client *client, int i) {
  asr_cancel *cancel = i % 2 ? asr_cancel_new() : NULL;
  asr_result_free(asr_secret_question(client, "user", cancel));
  asr_result_free(asr_request_reset(client, "user", "answer", cancel));
  asr_result_free(asr_confirm_code(client, "123456", cancel));
  asr_result_free(asr_set_password(client, "token", i % 3 ? "password" : "", cancel));
  asr_cancel_free(cancel);
}

static void a_thousand_calls_keep_no_memory_descriptor_or_thread(void **state) {
  test_server *s = server_start(play, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  size_t before, after;
  int descriptors, threads, i;
  for (i = 0; i < WARM / 4; ++i) make_each_call(client, i);
  descriptors = count_descriptors();
  threads = count_threads();
  before = heap_in_use();
  for (i = 0; i < CALLS / 4; ++i) make_each_call(client, i);
  after = heap_in_use();
  assert_int_equal(count_descriptors(), descriptors);
  assert_int_equal(count_threads(), threads);
  /* A leak of 16 bytes a call would be 16,000. */
  assert_true(after <= before + 4096);
  assert_int_equal(server_connections(s), 1);
  asr_client_free(client);
  server_stop(s);
}

static void a_hundred_clients_keep_no_descriptor_or_thread(void **state) {
  int descriptors = count_descriptors(), threads = count_threads(), i;
  test_server *s = server_start(play, NULL, 0);
  char *url = server_url(s, "http");
  for (i = 0; i < 100; ++i) {
    asr_result *error;
    asr_config *config = asr_config_new(url, i % 2 ? "key" : "");
    asr_client *client = asr_client_new(config, &error);
    asr_result_free(error);
    if (client) asr_result_free(asr_secret_question(client, "user", NULL));
    asr_client_free(client);
    asr_config_free(config);
    asr_result_free(asr_secret_question_once(url, "key", "user"));
  }
  server_stop(s);
  assert_int_equal(count_descriptors(), descriptors);
  assert_int_equal(count_threads(), threads);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_thousand_calls_keep_no_memory_descriptor_or_thread),
    cmocka_unit_test(a_hundred_clients_keep_no_descriptor_or_thread),
  };
  return cmocka_run_group_tests_name("leak", tests, NULL, NULL);
}
