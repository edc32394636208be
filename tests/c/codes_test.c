/* Every code, brought about over a socket (ASR_INTERNAL apart: the library has no way to panic on
 * purpose), and the fields that come with it. */
#include "support/test.h"

#ifdef _WIN32
#define REFUSED 10061 /* WSAECONNREFUSED */
#else
#include <errno.h>
#define REFUSED ECONNREFUSED
#endif

/* Not a word that an answer has: it would be shown as ***. */
#define APP_KEY "an-app-key"

typedef struct scene {
  const char *status, *headers, *body;
} scene;

static void play(connection *c) {
  const scene *s = c->context;
  char request[REQUEST_SPACE];
  while (read_request(c, request, sizeof request)) answer(c, s->status, s->headers, s->body);
}

typedef struct outcome {
  asr_code code;
  int http_status;
  unsigned retry_after_s;
  const char *question, *message, *service_code;
} outcome;

static void assert_text(const char *actual, const char *expected) {
  if (!expected) assert_null(actual);
  else {
    assert_non_null(actual);
    assert_string_equal(actual, expected);
  }
}

static void each_answer_becomes_its_code(void **state) {
  static const struct { scene scene; outcome outcome; } rows[] = {
    {{"200 OK", "", "{\"IsSucceed\":true,\"Model\":\"Caf\xC3\xA9?\"}"},
     {ASR_OK, 200, 0, "Caf\xC3\xA9?", NULL, NULL}},
    {{"200 OK", "", "{\"IsSucceed\":true,\"Model\":\"\"}"},
     {ASR_NO_QUESTION, 200, 0, NULL, NULL, NULL}},
    {{"401 Unauthorized", "", "{\"error\":\"Application key is not defined or does not exist\"}"},
     {ASR_APP_KEY_REJECTED, 401, 0, NULL, "Application key is not defined or does not exist.", NULL}},
    {{"200 OK", "", "{\"IsSucceed\":false,\"Errors\":[\"No such user\"],\"ErrorsCode\":[\"NoUser\"]}"},
     {ASR_REJECTED, 200, 0, NULL, "No such user.", "NoUser"}},
    {{"200 OK", "", "{\"IsSucceed\":false,\"Errors\":[\"Wrong!\"],"
                    "\"ErrorsCode\":[\"ErrorIncorrectAnswer\"]}"},
     {ASR_ANSWER_INCORRECT, 200, 0, NULL, "Wrong!", "ErrorIncorrectAnswer"}},
    {{"429 Too Many Requests", "Retry-After: 30\r\n", "{\"Message\":\"Slow down.\"}"},
     {ASR_RATE_LIMITED, 429, 30, NULL, "Slow down.", NULL}},
    {{"500 Oops", "", "{\"message\":\"An error occurred.\"}"},
     {ASR_SERVER_ERROR, 500, 0, NULL, "An error occurred.", NULL}},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT_OF(rows); ++i) {
    scene played = rows[i].scene;
    const outcome *expected = &rows[i].outcome;
    test_server *s = server_start(play, &played, 0);
    char *url = server_url(s, "http");
    asr_result *result = asr_secret_question_once(url, APP_KEY, "a-username");
    assert_code(result, expected->code);
    assert_int_equal(result->http_status, expected->http_status);
    assert_int_equal(result->request_sent, 1);
    assert_int_equal(result->retry_after_s, expected->retry_after_s);
    assert_int_equal(result->os_error, 0);
    assert_text(result->question, expected->question);
    assert_text(result->token, NULL);
    assert_text(result->message, expected->message);
    assert_text(result->service_code, expected->service_code);
    asr_result_free(result);
    server_stop(s);
    free(url);
  }
}

static void an_html_page_is_an_invalid_response(void **state) {
  scene played = {"200 OK", "Content-Type: text/html\r\n", "<html>Welcome</html>"};
  test_server *s = server_start(play, &played, 0);
  char *url = server_url(s, "http");
  asr_result *result = asr_secret_question_once(url, APP_KEY, "a-username");
  (void)state;
  assert_code(result, ASR_INVALID_RESPONSE);
  assert_int_equal(result->http_status, 200);
  assert_non_null(result->message);
  asr_result_free(result);
  server_stop(s);
  free(url);
}

static void an_unknown_name_fails_to_resolve(void **state) {
  asr_config *config = asr_config_new("http://nobody.invalid", APP_KEY);
  asr_client *client;
  asr_result *result;
  (void)state;
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
  test_server *s = server_start(answer_ok, NULL, 0);
  char *url = server_url(s, "http");
  asr_result *result;
  (void)state;
  server_stop(s);
  result = asr_secret_question_once(url, APP_KEY, "a-username");
  assert_code(result, ASR_CONNECT_FAILED);
  assert_int_equal(result->os_error, REFUSED);
  assert_int_equal(result->request_sent, 0);
  assert_int_equal(result->http_status, 0);
  asr_result_free(result);
  free(url);
}

static void talk_plainly(connection *c) {
  await_bytes(c);
  write_text(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
  hold(c);
}

static void plain_http_on_a_tls_port_fails_the_handshake(void **state) {
  test_server *s = server_start(talk_plainly, NULL, 0);
  char *url = server_url(s, "https");
  asr_client *client = client_of(https_config(url));
  asr_result *result = asr_secret_question(client, "user", NULL);
  (void)state;
  assert_code(result, ASR_TLS_FAILED);
  assert_int_equal(result->request_sent, 0);
  asr_result_free(result);
  asr_client_free(client);
  server_stop(s);
  free(url);
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
  char *url = server_url(s, "http");
  asr_config *config = asr_config_new(url, APP_KEY);
  asr_client *client;
  asr_result *result;
  int64_t started, took;
  (void)state;
  asr_config_set_timeout_ms(config, 300);
  client = client_of(config);
  started = now_ms();
  result = asr_confirm_code(client, "123456", NULL);
  took = now_ms() - started;
  assert_code(result, ASR_TIMEOUT);
  assert_int_equal(result->request_sent, 1);
  assert_int_equal(result->http_status, 0);
  assert_in_range(took, 299, at_most_ms(550));
  asr_result_free(result);
  asr_client_free(client);
  server_stop(s);
  free(url);
}

static void hang_up(connection *c) {
  char request[REQUEST_SPACE];
  read_request(c, request, sizeof request);
}

static void hanging_up_loses_the_connection(void **state) {
  test_server *s = server_start(hang_up, NULL, 0);
  char *url = server_url(s, "http");
  asr_client *client = client_at(url);
  asr_result *result = asr_request_reset(client, "user", "answer", NULL);
  (void)state;
  assert_code(result, ASR_CONNECTION_LOST);
  assert_int_equal(result->request_sent, 1);
  assert_int_equal(server_connections(s), 1); /* a POST is never sent twice */
  asr_result_free(result);
  asr_client_free(client);
  server_stop(s);
  free(url);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_answer_becomes_its_code),
    cmocka_unit_test(an_html_page_is_an_invalid_response),
    cmocka_unit_test(an_unknown_name_fails_to_resolve),
    cmocka_unit_test(a_closed_port_refuses_the_connection),
    cmocka_unit_test(plain_http_on_a_tls_port_fails_the_handshake),
    cmocka_unit_test(an_unknown_authority_fails_the_handshake),
    cmocka_unit_test(silence_ends_with_the_timeout),
    cmocka_unit_test(hanging_up_loses_the_connection),
  };
  return cmocka_run_group_tests_name("codes", tests, NULL, NULL);
}
