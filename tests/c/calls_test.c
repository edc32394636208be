/* The four calls against the emulator, over HTTP and HTTPS. */
#include "support/test.h"
#include "support/mail.h"

#ifdef _WIN32
#include <windows.h>
#endif

#define STREET "What street did you live on in third grade?"

static asr_client *plain(void) { return client_at(from_environment("AUTOSHARES_BASE_URL")); }
static asr_client *secure(void) {
  return client_of(https_config(from_environment("AUTOSHARES_HTTPS_URL")));
}

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
  asr_client *clients[] = {plain(), secure()};
  size_t i;
  (void)state;
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
  const char *original = from_environment("AUTOSHARES_CA_FILE");
  char path[1024], pem[8192];
  FILE *from = fopen(original, "rb"), *to;
  asr_config *config = https_config(from_environment("AUTOSHARES_HTTPS_URL"));
  asr_client *client;
  size_t length;
  (void)state;
  snprintf(path, sizeof path, "%s-caf\xC3\xA9-\xF0\x9F\x90\xB6", original);
  to = create(path);
  assert_true(from && to);
  length = fread(pem, 1, sizeof pem, from);
  assert_in_range(length, 1, sizeof pem - 1);
  assert_int_equal(fwrite(pem, 1, length, to), length);
  fclose(from);
  fclose(to);
  asr_config_set_ca_file(config, path);
  client = client_of(config);
  expect_question(client, "hello@autoshares.com", STREET);
  asr_client_free(client);
}

static void certificates_in_memory_are_trusted(void **state) {
  char pem[8192];
  FILE *from = fopen(from_environment("AUTOSHARES_CA_FILE"), "rb");
  asr_config *config = asr_config_new(from_environment("AUTOSHARES_HTTPS_URL"), "emulator-app-key");
  asr_client *client;
  size_t length;
  (void)state;
  assert_non_null(from);
  length = fread(pem, 1, sizeof pem - 1, from);
  pem[length] = 0;
  fclose(from);
  asr_config_set_ca_pem(config, pem);
  memset(pem, 0, sizeof pem);
  client = client_of(config);
  expect_question(client, "hello@autoshares.com", STREET);
  asr_client_free(client);
}

static void a_wrong_key_is_told_apart(void **state) {
  const char *url = from_environment("AUTOSHARES_BASE_URL");
  (void)state;
  expect_code(asr_secret_question_once(url, "another-key", "robert.zak"), ASR_APP_KEY_REJECTED);
}

static void once_needs_no_client(void **state) {
  asr_result *result = asr_secret_question_once(from_environment("AUTOSHARES_BASE_URL"),
                                                "emulator-app-key", "hello@autoshares.com");
  (void)state;
  assert_code(result, ASR_OK);
  assert_string_equal(result->question, STREET);
  asr_result_free(result);
}

static void the_whole_way_back_in(void **state) {
  asr_client *clients[] = {plain(), secure()};
  size_t i;
  (void)state;
  for (i = 0; i < COUNT_OF(clients); ++i) {
    const asr_client *client = clients[i];
    char code[32];
    asr_result *confirmed;
    expect_code(asr_request_reset(client, "hello@autoshares.com", NULL, NULL), ASR_ANSWER_INCORRECT);
    expect_code(asr_request_reset(client, "hello@autoshares.com", "Oak", NULL), ASR_ANSWER_INCORRECT);
    expect_code(asr_request_reset(client, "hello@autoshares.com", "Maple Street", NULL), ASR_OK);
    last_mailed_code("hello@autoshares.com", code, sizeof code);

    expect_code(asr_confirm_code(client, "no-such-code", NULL), ASR_REJECTED);
    confirmed = asr_confirm_code(client, code, NULL);
    assert_code(confirmed, ASR_OK);
    assert_non_null(confirmed->token);
    assert_null(confirmed->question);

    expect_code(asr_set_password(client, "no-such-token", "Tr0ub4dor&3 horse", NULL), ASR_REJECTED);
    expect_code(asr_set_password(client, confirmed->token, "x", NULL), ASR_REJECTED);
    expect_code(asr_set_password(client, confirmed->token, "Tr0ub4dor&3 horse", NULL), ASR_OK);
    asr_result_free(confirmed);
    asr_client_free(clients[i]);
  }
}

static void a_connection_made_ahead_serves_the_next_call(void **state) {
  asr_client *clients[] = {plain(), secure()};
  asr_result *result;
  size_t i;
  (void)state;
  for (i = 0; i < COUNT_OF(clients); ++i) {
    result = asr_client_connect(clients[i], NULL);
    assert_code(result, ASR_OK);
    assert_int_equal(result->request_sent, 0);
    assert_int_equal(result->http_status, 0);
    assert_null(result->message);
    assert_non_null(strstr(asr_result_details(result), "connection: new\n"));
    asr_result_free(result);
    result = asr_client_connect(clients[i], NULL);
    assert_code(result, ASR_OK);
    assert_non_null(strstr(asr_result_details(result), "connection: kept"));
    asr_result_free(result);
    result = asr_secret_question(clients[i], "hello@autoshares.com", NULL);
    assert_code(result, ASR_OK);
    assert_non_null(strstr(asr_result_details(result), "connection: kept"));
    asr_result_free(result);
    asr_client_free(clients[i]);
  }
}

static void a_connection_that_cannot_be_made_is_told(void **state) {
  asr_client *client = client_at("http://127.0.0.1:1");
  asr_cancel *cancel = asr_cancel_new();
  asr_result *result = asr_client_connect(client, NULL);
  (void)state;
  assert_code(result, ASR_CONNECT_FAILED);
  assert_int_equal(result->request_sent, 0);
  asr_result_free(result);
  asr_cancel_trigger(cancel);
  expect_code(asr_client_connect(client, cancel), ASR_CANCELLED);
  expect_code(asr_client_connect(NULL, NULL), ASR_INVALID_ARGUMENT);
  asr_cancel_free(cancel);
  asr_client_free(client);
}

static void the_details_tell_how_a_call_went_and_no_secret(void **state) {
  static const char *const told[] = {"autoshares-reset ", "outcome: ASR_OK, request sent, HTTP 200\n",
                                     "service: https, ", "proxy: none\n", ": connected after ", "TLS 1.3, TLS13_",
                                     " sent, ", "first byte of the response: after ", "whole call: "};
  asr_client *client = secure();
  asr_result *result = asr_secret_question(client, "hello@autoshares.com", NULL);
  const char *details = asr_result_details(result);
  size_t i;
  (void)state;
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
    cmocka_unit_test(a_connection_that_cannot_be_made_is_told),
    cmocka_unit_test(the_details_tell_how_a_call_went_and_no_secret),
    cmocka_unit_test(the_path_of_the_ca_file_is_utf8),
    cmocka_unit_test(certificates_in_memory_are_trusted),
    cmocka_unit_test(a_wrong_key_is_told_apart),
    cmocka_unit_test(once_needs_no_client),
    cmocka_unit_test(the_whole_way_back_in),
  };
  return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
