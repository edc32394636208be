/* Names that are slow to look up, and names with several addresses. */
#include "support/lookup.h"
#include "support/test.h"

static void a_stalled_lookup_is_cancelled_a_hundred_times(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_of_name(STALLED_NAME, server_port(s), 10000);
  int before = 0, i;
  for (i = 0; i < 100; ++i) {
    asr_result *result = cancelled_in_time(client, get_question, await_event, &lookup_has_begun);
    assert_int_equal(result->request_sent, 0);
    asr_result_free(result);
    if (i == 0) before = count_threads();
  }
  assert_int_equal(count_threads(), before);
  assert_int_equal(lookup_count(), 1); /* the later calls joined the first one's look-up */

  event_set(&lookup_may_end);
  expect_code(asr_secret_question(client, "user", NULL), ASR_OK);
  assert_int_equal(lookup_count(), 1);
  asr_client_free(client);
  server_stop(s);
}

static void a_stalled_lookup_ends_with_the_connect_timeout(void **state) {
  asr_client *client;
  int64_t started = now_ms();
  event_reset(&lookup_may_end);
  client = client_of_name("another-" STALLED_NAME, 1, 300);
  expect_code(asr_secret_question(client, "user", NULL), ASR_TIMEOUT);
  assert_in_range(now_ms() - started, 299, at_most_ms(550));
  event_set(&lookup_may_end);
  asr_client_free(client);
}

static void a_refused_first_address_costs_no_call(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_of_name("refused." TWO_ADDRESSES_NAME, server_port(s), 10000);
  expect_code(asr_secret_question(client, "user", NULL), ASR_OK);
  asr_client_free(client);
  server_stop(s);
}

static void a_dead_first_address_costs_a_quarter_of_a_second_once(void **state) {
  test_server *live = server_start(respond_ok, NULL, 0);
  test_server *dead = server_start_full("127.0.0.2", server_port(live));
  asr_client *client = client_of_name("dead." TWO_ADDRESSES_NAME, server_port(live), 10000);
  int64_t started = now_ms();
  expect_code(asr_set_password(client, "token", "password", NULL), ASR_OK);
  /* One address is dead: twice a quarter would be one too many. */
  assert_in_range(now_ms() - started, 249, at_most_ms(499));
  asr_client_free(client);

  client = client_of_name("dead." TWO_ADDRESSES_NAME, server_port(live), 10000);
  started = now_ms();
  expect_code(asr_secret_question(client, "user", NULL), ASR_OK);
  /* The winner is tried first from now on. */
  assert_true(now_ms() - started < at_most_ms(249));
  asr_client_free(client);
  server_stop(dead);
  server_stop(live);
}

#ifndef _WIN32
#include <unistd.h>

static void a_panic_in_a_lookup_is_contained_and_silent(void **state) {
  asr_client *client = client_of_name(BROKEN_NAME, 1, 10000);
  FILE *said = tmpfile();
  int i, stderr_before = dup(STDERR_FILENO);
  assert_non_null(said);
  dup2(fileno(said), STDERR_FILENO);
  for (i = 0; i < 2; ++i) expect_code(asr_secret_question(client, "user", NULL), ASR_INTERNAL);
  dup2(stderr_before, STDERR_FILENO);
  close(stderr_before);
  assert_int_equal(lseek(fileno(said), 0, SEEK_END), 0);
  fclose(said);
  asr_client_free(client);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_stalled_lookup_is_cancelled_a_hundred_times),
    cmocka_unit_test(a_stalled_lookup_ends_with_the_connect_timeout),
    cmocka_unit_test(a_refused_first_address_costs_no_call),
    cmocka_unit_test(a_dead_first_address_costs_a_quarter_of_a_second_once),
#ifndef _WIN32
    cmocka_unit_test(a_panic_in_a_lookup_is_contained_and_silent),
#endif
  };
  return cmocka_run_group_tests_name("lookup", tests, NULL, NULL);
}
