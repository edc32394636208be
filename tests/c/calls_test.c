/* Questions from the emulator, over HTTP and HTTPS, and failures of the network. The wizard, which examples_check.py
 * plays, makes the other calls. */
#include "support/test.h"

#ifdef _WIN32
#include <windows.h>
#define REFUSED WSAECONNREFUSED
#else
#include <errno.h>
#define REFUSED ECONNREFUSED
#endif

#define STREET "What street did you live on in third grade?"

static asr_client *plain_client(void) { return client_at(from_environment("AUTOSHARES_BASE_URL")); }

static void expect_question(const asr_client *client, const char *user, const char *question) {
  asr_result *result = asr_secret_question(client, user, NULL);
  assert_code(result, question ? ASR_OK : ASR_NO_QUESTION);
  if (question) assert_string_equal(result->question, question);
  else assert_null(result->question);
  assert_null(result->token);
  assert_null(result->message);
  assert_int_equal(result->http_status, 200);
  asr_result_free(result);
}

static void questions_arrive_over_http_and_https(void **state) {
  asr_client *clients[] = {plain_client(), secure_client()};
  size_t i;
  for (i = 0; i < COUNT_OF(clients); ++i) {
    expect_question(clients[i], "hello@autoshares.com", STREET);
    expect_question(clients[i], "noquestion@autoshares.com", NULL);
    expect_question(clients[i], "zoe@autoshares.com",
                    "\xC2\xBF" "C\xC3\xB3mo se llamaba tu primera mascota? \xF0\x9F\x90\xB6");
    expect_code(asr_secret_question(clients[i], "nobody", NULL), ASR_REJECTED);
    expect_code(asr_secret_question(clients[i], "limited@autoshares.com", NULL), ASR_RATE_LIMITED);
    asr_client_free(clients[i]);
  }
}

/* The emulator's own authority. */
static void read_certificate(char *pem, size_t size) {
  FILE *file = fopen(from_environment("AUTOSHARES_CA_FILE"), "rb");
  size_t length;
  assert_non_null(file);
  length = fread(pem, 1, size, file);
  assert_in_range(length, 1, size - 1);
  pem[length] = '\0';
  fclose(file);
}

/* The names of files are UTF-8 for the library; for C on Windows they are in a code page. */
static FILE *create(const char *path) {
#ifdef _WIN32
  wchar_t wide[1024];
  assert_true(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, COUNT_OF(wide)) > 0);
  return _wfopen(wide, L"wb");
#else
  return fopen(path, "wb");
#endif
}

static void the_path_of_the_ca_file_is_utf8(void **state) {
  asr_config *config = https_config(from_environment("AUTOSHARES_HTTPS_URL"));
  char path[1024], pem[8192];
  asr_client *client;
  FILE *file;
  read_certificate(pem, sizeof pem);
  snprintf(path, sizeof path, "%s-caf\xC3\xA9-\xF0\x9F\x90\xB6", from_environment("AUTOSHARES_CA_FILE"));
  file = create(path);
  assert_non_null(file);
  assert_true(fputs(pem, file) >= 0);
  fclose(file);
  asr_config_set_ca_file(config, path);
  client = client_of(config);
  expect_question(client, "hello@autoshares.com", STREET);
  asr_client_free(client);
}

static void certificates_in_memory_are_trusted(void **state) {
  asr_config *config = asr_config_new(from_environment("AUTOSHARES_HTTPS_URL"), "emulator-app-key");
  asr_client *client;
  char pem[8192];
  read_certificate(pem, sizeof pem);
  asr_config_set_ca_pem(config, pem);
  memset(pem, 0, sizeof pem);
  client = client_of(config);
  expect_question(client, "hello@autoshares.com", STREET);
  asr_client_free(client);
}

static void an_unknown_authority_fails_the_handshake(void **state) {
  /* The system's roots do not know the emulator's own authority. */
  asr_client *client = client_at(from_environment("AUTOSHARES_HTTPS_URL"));
  expect_code(get_question(client, NULL), ASR_TLS_FAILED);
  asr_client_free(client);
}

static void once_needs_no_client(void **state) {
  const char *url = from_environment("AUTOSHARES_BASE_URL");
  asr_result *result = asr_secret_question_once(url, "emulator-app-key", "hello@autoshares.com");
  assert_code(result, ASR_OK);
  assert_string_equal(result->question, STREET);
  asr_result_free(result);
  expect_code(asr_secret_question_once(url, "another-key", "robert.zak"), ASR_APP_KEY_REJECTED);
}

static void a_connection_made_ahead_serves_the_next_call(void **state) {
  asr_client *clients[] = {plain_client(), secure_client()};
  asr_result *result;
  size_t i;
  for (i = 0; i < COUNT_OF(clients); ++i) {
    result = asr_client_connect(clients[i], NULL);
    assert_code(result, ASR_OK);
    assert_int_equal(result->request_sent, 0);
    assert_int_equal(result->http_status, 0);
    assert_null(result->message);
    assert_non_null(strstr(asr_result_details(result), "connection: new\n"));
    asr_result_free(result);
    result = asr_secret_question(clients[i], "hello@autoshares.com", NULL);
    assert_code(result, ASR_OK);
    assert_non_null(strstr(asr_result_details(result), "connection: kept"));
    asr_result_free(result);
    asr_client_free(clients[i]);
  }
}

static void a_refused_connection_has_the_systems_error_number(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  call *const calls[] = {get_question, asr_client_connect};
  size_t i;
  server_stop(s);
  for (i = 0; i < COUNT_OF(calls); ++i) {
    asr_result *result = calls[i](client, NULL);
    assert_code(result, ASR_CONNECT_FAILED);
    assert_int_equal(result->os_error, REFUSED);
    assert_int_equal(result->request_sent, 0);
    assert_int_equal(result->http_status, 0);
    asr_result_free(result);
  }
  asr_client_free(client);
}

static void silence_ends_with_the_timeout(void **state) {
  test_server *s = server_start(hold, NULL, 0);
  asr_config *config = asr_config_new(server_url(s, "http"), "key");
  asr_client *client;
  asr_result *result;
  const int64_t timeout = at_most_ms(300); /* under valgrind the request takes longer to leave */
  int64_t started, took;
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

static void the_details_tell_how_a_call_went_and_no_secret(void **state) {
  static const char *const told[] = {"autoshares-reset ", "outcome: ASR_OK, request sent, HTTP 200\n",
                                     "service: https, ", "proxy: none\n", ": connected after ", "TLS 1.3, TLS13_",
                                     " sent, ", "first byte of the response: after ", "whole call: "};
  asr_client *client = secure_client();
  asr_result *result = asr_secret_question(client, "hello@autoshares.com", NULL);
  const char *details = asr_result_details(result);
  size_t i;
  for (i = 0; i < COUNT_OF(told); ++i) {
    if (!strstr(details, told[i])) fail_msg("no \"%s\" in:\n%s", told[i], details);
  }
  assert_null(strstr(details, "hello"));
  assert_null(strstr(details, STREET));
  assert_null(strstr(details, "secret-question"));
  assert_ptr_equal(details, asr_result_details(result));
  asr_result_free(result);
  asr_client_free(client);

  assert_null(asr_result_details(NULL));
  client = client_at("http://127.0.0.1:1");
  result = asr_secret_question(client, "hello", NULL);
  assert_non_null(strstr(asr_result_details(result), "outcome: ASR_CONNECT_FAILED, request not sent, system error "));
  assert_non_null(strstr(asr_result_details(result), "127.0.0.1:1: failed after "));
  assert_non_null(strstr(asr_result_details(result), "connection: none\n"));
  asr_result_free(result);
  asr_client_free(client);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(questions_arrive_over_http_and_https),
    cmocka_unit_test(a_connection_made_ahead_serves_the_next_call),
    cmocka_unit_test(a_refused_connection_has_the_systems_error_number),
    cmocka_unit_test(silence_ends_with_the_timeout),
    cmocka_unit_test(the_details_tell_how_a_call_went_and_no_secret),
    cmocka_unit_test(the_path_of_the_ca_file_is_utf8),
    cmocka_unit_test(certificates_in_memory_are_trusted),
    cmocka_unit_test(an_unknown_authority_fails_the_handshake),
    cmocka_unit_test(once_needs_no_client),
  };
  return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
