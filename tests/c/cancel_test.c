/* Another thread ends a call within 100 ms, wherever the call waits, and the client stays usable.
 * (Looking up a name is in lookup_test.c; tests/calls/cancellation.rs has more places, and calls that share a token.) */
#include "support/test.h"

#include <assert.h>

/* A server that stalls its first connection, and signals when the call has reached the stall. */
typedef struct stage {
  script stall, afterwards;
  event reached;
} stage;

static void first_stall(connection *c) {
  stage *s = c->context;
  if (c->number > 1) s->afterwards(c);
  else {
    s->stall(c);
    event_set(&s->reached);
    hold(c);
  }
}

static void after_the_request(connection *c) {
  char request[REQUEST_SPACE];
  read_request(c, request, sizeof request);
}

/* A proxy that is the target of its tunnels, too. */
static void respond_as_proxy(connection *c) {
  char request[REQUEST_SPACE];
  if (!read_request(c, request, sizeof request)) return;
  assert(strncmp(request, "CONNECT target.example:80 ", 26) == 0);
  write_text(c, "HTTP/1.1 200 Connected\r\n\r\n");
  respond_ok(c);
}

/* As large as a request can be: U+0001 takes six bytes in JSON. */
static asr_result *send_much(const asr_client *client, asr_cancel *cancel) {
  static char long_text[16 * 1024 + 1];
  memset(long_text, 1, sizeof long_text - 1);
  return asr_set_password(client, long_text, long_text, cancel);
}

static asr_config *over_http(test_server *s) { return asr_config_new(server_url(s, "http"), "key"); }

static asr_config *over_https(test_server *s) { return https_config(server_url(s, "https")); }

static asr_config *by_proxy(test_server *s) {
  asr_config *config = asr_config_new("http://target.example", "key");
  asr_config_set_allow_http(config, 1);
  asr_config_set_proxy(config, server_url(s, "http"));
  return config;
}

static void expect_cancelled(script stall, script afterwards, asr_config *way(test_server *), call *run, int sent) {
  stage at = {stall, afterwards, EVENT_INITIAL};
  test_server *s = server_start(first_stall, &at, 4096);
  asr_client *client = client_of(way(s));
  asr_result *result = cancelled_in_time(client, run, await_event, &at.reached);
  assert_int_equal(result->request_sent, sent);
  assert_int_equal(result->http_status, 0);
  asr_result_free(result);
  expect_code(get_question(client, NULL), ASR_OK);
  asr_client_free(client);
  server_stop(s);
}

static void a_call_is_cancelled_while_it_waits_for_a_response(void **state) {
  expect_cancelled(after_the_request, respond_ok, over_http, get_question, 1);
}

static void a_call_is_cancelled_while_it_sends(void **state) {
  expect_cancelled(await_bytes, respond_ok, over_http, send_much, 1);
}

static void a_call_is_cancelled_in_the_handshake(void **state) {
  expect_cancelled(await_bytes, relay_to_emulator, over_https, get_question, 0);
}

static void a_call_is_cancelled_while_a_proxy_is_silent(void **state) {
  expect_cancelled(await_bytes, respond_as_proxy, by_proxy, get_question, 0);
}

static void await_connect(void *full) { await_connecting(full); }

static void a_call_is_cancelled_while_it_connects(void **state) {
  test_server *full = server_start_full("127.0.0.1", 0);
  asr_client *client = client_of(over_http(full));
  asr_result *result = cancelled_in_time(client, get_question, await_connect, full);
  assert_int_equal(result->request_sent, 0);
  asr_result_free(result);
  server_open_up(full, respond_ok, NULL);
  expect_code(get_question(client, NULL), ASR_OK);
  asr_client_free(client);
  server_stop(full);
}

static void a_token_that_was_triggered_before_ends_each_call_and_sends_nothing(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  asr_cancel *cancel = asr_cancel_new();
  asr_cancel_trigger(cancel);
  expect_code(asr_client_connect(client, cancel), ASR_CANCELLED);
  expect_code(asr_secret_question(client, "user", cancel), ASR_CANCELLED);
  expect_code(asr_request_reset(client, "user", NULL, cancel), ASR_CANCELLED);
  expect_code(asr_confirm_code(client, "123456", cancel), ASR_CANCELLED);
  expect_code(asr_set_password(client, "token", "password", cancel), ASR_CANCELLED);
  assert_int_equal(server_connections(s), 0);
  expect_code(get_question(client, NULL), ASR_OK);
  asr_cancel_free(cancel);
  asr_client_free(client);
  server_stop(s);
}

static void triggering_after_the_call_touches_nothing(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  asr_cancel *cancel = asr_cancel_new();
  expect_code(get_question(client, cancel), ASR_OK);
  asr_cancel_trigger(cancel);
  asr_cancel_free(cancel);
  expect_code(get_question(client, NULL), ASR_OK);
  assert_int_equal(server_connections(s), 1); /* the kept connection is as good as before */
  asr_client_free(client);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_call_is_cancelled_while_it_connects),
    cmocka_unit_test(a_call_is_cancelled_while_a_proxy_is_silent),
    cmocka_unit_test(a_call_is_cancelled_in_the_handshake),
    cmocka_unit_test(a_call_is_cancelled_while_it_sends),
    cmocka_unit_test(a_call_is_cancelled_while_it_waits_for_a_response),
    cmocka_unit_test(a_token_that_was_triggered_before_ends_each_call_and_sends_nothing),
    cmocka_unit_test(triggering_after_the_call_touches_nothing),
  };
  return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
