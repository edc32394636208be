/* The default action of SIGPIPE would end this process, as it would a host that does not handle it. */
#include "support/test.h"

#include <signal.h>

/* Reads a part of a request that does not fit into the sockets' buffers, and resets. */
static void reset_in_mid_send(connection *c) {
  if (c->number > 1) respond_ok(c);
  else {
    await_bytes(c);
    reset_on_close(c);
  }
}

/* A handshake takes fewer bytes than these, and the header with its user agent takes more: the
 * service, which could refuse a request by its header alone, is cut off before it has read one. */
enum { HANDSHAKE = 2048, USER_AGENT = 4096 };

static void reset_in_mid_send_over_tls(connection *c) {
  relay(c, https_port(), c->number > 1 ? 0 : HANDSHAKE);
  reset_on_close(c);
}

static void expect_lost_then_usable(asr_client *client, test_server *s) {
  char *long_text = calloc(1, 16 * 1024 + 1);
  asr_result *result;
  struct sigaction action;
  memset(long_text, 1, 16 * 1024); /* six bytes each in JSON */
  result = asr_set_password(client, long_text, long_text, NULL);
  assert_code(result, ASR_CONNECTION_LOST);
  assert_int_equal(result->request_sent, 1);
  assert_int_equal(server_connections(s), 1); /* a PUT is never sent twice */
  asr_result_free(result);
  expect_code(asr_secret_question(client, "robert.zak", NULL), ASR_OK);
  sigaction(SIGPIPE, NULL, &action);
  assert_true(action.sa_handler == SIG_DFL);
  asr_client_free(client);
  free(long_text);
}

static void a_reset_in_mid_send_ends_the_call_alone(void **state) {
  test_server *s = server_start(reset_in_mid_send, NULL, 4096);
  expect_lost_then_usable(client_at(server_url(s, "http")), s);
  server_stop(s);
}

static void a_reset_in_mid_send_over_tls_ends_the_call_alone(void **state) {
  test_server *s = server_start(reset_in_mid_send_over_tls, NULL, 4096);
  char user_agent[USER_AGENT + 1] = {0};
  asr_config *config = https_config(server_url(s, "https"));
  memset(user_agent, 'a', USER_AGENT);
  asr_config_set_user_agent(config, user_agent);
  expect_lost_then_usable(client_of(config), s);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_reset_in_mid_send_ends_the_call_alone),
    cmocka_unit_test(a_reset_in_mid_send_over_tls_ends_the_call_alone),
  };
  signal(SIGPIPE, SIG_DFL);
  return cmocka_run_group_tests_name("sigpipe", tests, NULL, NULL);
}
