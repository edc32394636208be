/* The codes that no response causes, and the fields of their results; tests/cases.json has the others. */
#include "support/test.h"

#ifdef _WIN32
#define REFUSED 10061 /* WSAECONNREFUSED */
#else
#include <errno.h>
#define REFUSED ECONNREFUSED
#endif

/* Not a word of a response: it would be shown as ***. */
#define APP_KEY "an-app-key"

static void an_unknown_name_fails_to_resolve(void **state) {
  asr_config *config = asr_config_new("http://nobody.invalid", APP_KEY);
  asr_client *client;
  asr_result *result;
  (void)state;
#ifdef __APPLE__ /* A library there asks the system by itself: the program cannot replace its function. */
  asr_config_free(config);
  skip();
#endif
  asr_config_set_allow_http(config, 1);
  asr_config_set_proxy(config, "");
  client = client_of(config);
  result = asr_secret_question(client, "user", NULL);
  assert_code(result, ASR_RESOLVE_FAILED);
  assert_int_equal(result->request_sent, 0);
  assert_non_null(strstr(result->message, "nobody.invalid"));
  asr_result_free(result);
  asr_client_free(client);
}

static void a_closed_port_refuses_the_connection(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  char *url = strdup(server_url(s, "http"));
  asr_result *result;
  (void)state;
  server_stop(s);
  result = asr_secret_question_once(url, APP_KEY, "a-username");
  free(url);
  assert_code(result, ASR_CONNECT_FAILED);
  assert_int_equal(result->os_error, REFUSED);
  assert_int_equal(result->request_sent, 0);
  assert_int_equal(result->http_status, 0);
  asr_result_free(result);
}

static void talk_plainly(connection *c) {
  await_bytes(c);
  write_text(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  hold(c);
}

static void plain_http_on_a_tls_port_fails_the_handshake(void **state) {
  test_server *s = server_start(talk_plainly, NULL, 0);
  asr_client *client = client_of(https_config(server_url(s, "https")));
  asr_result *result = asr_secret_question(client, "user", NULL);
  (void)state;
  assert_code(result, ASR_TLS_FAILED);
  assert_int_equal(result->request_sent, 0);
  asr_result_free(result);
  asr_client_free(client);
  server_stop(s);
}

static void an_unknown_authority_fails_the_handshake(void **state) {
  /* The system's roots do not know the emulator's own authority. */
  asr_config *config = asr_config_new(from_environment("AUTOSHARES_HTTPS_URL"), APP_KEY);
  asr_client *client = client_of(config);
  (void)state;
  expect_code(asr_secret_question(client, "user", NULL), ASR_TLS_FAILED);
  asr_client_free(client);
}

static void listen_in_silence(connection *c) {
  char request[REQUEST_SPACE];
  if (read_request(c, request, sizeof request)) hold(c);
}

static void silence_ends_with_the_timeout(void **state) {
  test_server *s = server_start(listen_in_silence, NULL, 0);
  asr_config *config = asr_config_new(server_url(s, "http"), APP_KEY);
  asr_client *client;
  asr_result *result;
  const int64_t timeout = at_most_ms(300); /* under valgrind the request takes longer to leave */
  int64_t started, took;
  (void)state;
  asr_config_set_timeout_ms(config, (uint32_t)timeout);
  client = client_of(config);
  started = now_ms();
  result = asr_confirm_code(client, "123456", NULL);
  took = now_ms() - started;
  assert_code(result, ASR_TIMEOUT);
  assert_int_equal(result->request_sent, 1);
  assert_int_equal(result->http_status, 0);
  assert_in_range(took, timeout - 1, timeout + at_most_ms(250));
  asr_result_free(result);
  asr_client_free(client);
  server_stop(s);
}

static void hang_up(connection *c) {
  char request[REQUEST_SPACE];
  read_request(c, request, sizeof request);
}

static void hanging_up_loses_the_connection(void **state) {
  test_server *s = server_start(hang_up, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  asr_result *result = asr_request_reset(client, "user", "answer", NULL);
  (void)state;
  assert_code(result, ASR_CONNECTION_LOST);
  assert_int_equal(result->request_sent, 1);
  assert_int_equal(server_connections(s), 1); /* a POST is never sent twice */
  asr_result_free(result);
  asr_client_free(client);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_unknown_name_fails_to_resolve),
    cmocka_unit_test(a_closed_port_refuses_the_connection),
    cmocka_unit_test(plain_http_on_a_tls_port_fails_the_handshake),
    cmocka_unit_test(an_unknown_authority_fails_the_handshake),
    cmocka_unit_test(silence_ends_with_the_timeout),
    cmocka_unit_test(hanging_up_loses_the_connection),
  };
  return cmocka_run_group_tests_name("codes", tests, NULL, NULL);
}
