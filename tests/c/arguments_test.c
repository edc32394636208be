/* Every argument of every function, missing or bad: a message names it, nothing crashes, nothing is sent. */
#include "support/test.h"

static void expect_refusal(asr_result *result, const char *named) {
  assert_non_null(result);
  assert_code(result, ASR_INVALID_ARGUMENT);
  assert_int_equal(result->http_status, 0);
  assert_int_equal(result->request_sent, 0);
  assert_int_equal(result->retry_after_s, 0);
  assert_null(result->question);
  assert_null(result->token);
  assert_null(result->service_code);
  if (!strstr(result->message, named))
    fail_msg("the message does not name %s: %s", named, result->message);
  asr_result_free(result);
}

static void every_free_and_trigger_takes_null(void **state) {
  asr_config_free(NULL);
  asr_client_free(NULL);
  asr_cancel_free(NULL);
  asr_cancel_trigger(NULL);
  asr_result_free(NULL);
}

static void every_setter_takes_a_null_config(void **state) {
  asr_config_set_api_version(NULL, "1.0");
  asr_config_set_timeout_ms(NULL, 1);
  asr_config_set_connect_timeout_ms(NULL, 1);
  asr_config_set_ca_file(NULL, "/nowhere");
  asr_config_set_ca_pem(NULL, "nothing");
  asr_config_set_proxy(NULL, "");
  asr_config_set_user_agent(NULL, "test");
  asr_config_set_allow_http(NULL, 1);
}

static void every_call_takes_null_for_everything(void **state) {
  asr_client *client = client_at("http://127.0.0.1:1");
  asr_cancel *cancel = asr_cancel_new();
  expect_refusal(asr_client_connect(NULL, NULL), "The client");
  expect_refusal(asr_secret_question(NULL, NULL, NULL), "The client");
  expect_refusal(asr_secret_question(NULL, "user", cancel), "The client");
  expect_refusal(asr_secret_question(client, NULL, cancel), "The user name");
  expect_refusal(asr_request_reset(NULL, NULL, NULL, NULL), "The client");
  expect_refusal(asr_request_reset(NULL, "user", "answer", cancel), "The client");
  expect_refusal(asr_request_reset(client, NULL, NULL, NULL), "The user name");
  expect_refusal(asr_request_reset(client, NULL, "answer", cancel), "The user name");
  expect_refusal(asr_confirm_code(NULL, NULL, NULL), "The client");
  expect_refusal(asr_confirm_code(NULL, "1", cancel), "The client");
  expect_refusal(asr_confirm_code(client, NULL, NULL), "The code");
  expect_refusal(asr_set_password(NULL, NULL, NULL, NULL), "The client");
  expect_refusal(asr_set_password(NULL, "token", "password", cancel), "The client");
  expect_refusal(asr_set_password(client, NULL, NULL, NULL), "The token");
  expect_refusal(asr_set_password(client, NULL, "password", NULL), "The token");
  expect_refusal(asr_set_password(client, "token", NULL, cancel), "The new password");
  expect_refusal(asr_secret_question_once(NULL, NULL, NULL), "The base URL");
  expect_refusal(asr_secret_question_once(NULL, "key", "user"), "The base URL");
  expect_refusal(asr_secret_question_once("http://127.0.0.1:1", NULL, "user"), "The app key");
  expect_refusal(asr_secret_question_once("http://127.0.0.1:1", "key", NULL), "The user name");
  asr_cancel_free(cancel);
  asr_client_free(client);
}

static void a_client_of_null_is_null_and_says_why(void **state) {
  asr_result *error = NULL;
  asr_config *config = asr_config_new(NULL, NULL);
  assert_non_null(config);
  assert_null(asr_client_new(NULL, NULL));
  assert_null(asr_client_new(config, NULL));
  assert_null(asr_client_new(NULL, &error));
  expect_refusal(error, "The configuration");
  assert_null(asr_client_new(config, &error));
  expect_refusal(error, "The base URL");
  asr_config_free(config);
}

static void the_error_is_always_written(void **state) {
  asr_result stale, *error = &stale;
  asr_config *config = asr_config_new("http://127.0.0.1:1", "key");
  asr_client *client = asr_client_new(config, &error);
  assert_non_null(client);
  assert_null(error);
  asr_client_free(client);
  client = asr_client_new(config, NULL);
  assert_non_null(client);
  asr_client_free(client);
  asr_config_free(config);
}

static void freeing_a_result_relies_on_none_of_its_fields(void **state) {
  asr_result *result = asr_secret_question(NULL, NULL, NULL);
  memset(result, 0xA5, sizeof *result);
  asr_result_free(result);
}

typedef void (*setter)(asr_config *, const char *);
static const char good_url[] = "http://127.0.0.1:1", good_key[] = "key";

/* Arguments that tests/cases.json cannot express: text that is not UTF-8, and special files. */
static void a_bad_setting_is_named(void **state) {
  const struct { const char *url, *key; setter set; const char *value, *named; } rows[] = {
    {"\xFF\xFE", good_key, NULL, NULL, "The base URL"},
    {good_url, "\xFF", NULL, NULL, "The app key"},
    {good_url, good_key, asr_config_set_api_version, "\xFF", "The API version"},
    {good_url, good_key, asr_config_set_ca_file, "/dev/null", "The CA file"},
    {good_url, good_key, asr_config_set_ca_file, "/dev/zero", "The CA file"},
    {good_url, good_key, asr_config_set_ca_file, "\xFF", "The CA file"},
    {good_url, good_key, asr_config_set_ca_pem, "\xFF", "The CA PEM text"},
    {good_url, good_key, asr_config_set_proxy, "\xFF", "The proxy"},
    {good_url, good_key, asr_config_set_user_agent, "\xFF", "The user agent"},
  };
  size_t i;
  for (i = 0; i < COUNT_OF(rows); ++i) {
    asr_result *error = NULL;
    asr_config *config = asr_config_new(rows[i].url, rows[i].key);
    if (rows[i].set) rows[i].set(config, rows[i].value);
    if (asr_client_new(config, &error)) fail_msg("row %zu (%s) was taken", i, rows[i].named);
    expect_refusal(error, rows[i].named);
    asr_config_free(config);
  }
}

static void the_first_of_several_bad_settings_is_named(void **state) {
  const struct { const char *named; setter fix; const char *good; } rows[] = {
    {"The API version", asr_config_set_api_version, "1.0"},
    {"The CA file", asr_config_set_ca_file, NULL},
    {"The CA PEM text", asr_config_set_ca_pem, NULL},
    {"The proxy", asr_config_set_proxy, ""},
    {"The user agent", asr_config_set_user_agent, ""},
  };
  asr_config *config = asr_config_new(good_url, good_key);
  asr_result *error;
  size_t i;
  for (i = COUNT_OF(rows); i-- > 0;) rows[i].fix(config, "\xFF");
  asr_config_set_timeout_ms(config, 0);
  for (i = 0; i < COUNT_OF(rows); ++i) {
    if (asr_client_new(config, &error)) fail_msg("%s was taken", rows[i].named);
    expect_refusal(error, rows[i].named);
    rows[i].fix(config, rows[i].good);
    if (i > 0) continue;
    assert_null(asr_client_new(config, &error));
    expect_refusal(error, "The timeout");
    asr_config_set_timeout_ms(config, 1000);
  }
  asr_client_free(client_of(config));
}

static void a_bad_argument_is_named_and_nothing_is_sent(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  char *url = server_url(s, "http");
  asr_client *client = client_at(url);
  const char *const bad[] = {"\xFF", "a\xC3", "\xED\xA0\x80" /* a surrogate */};
  size_t i;
  for (i = 0; i < COUNT_OF(bad); ++i) {
    expect_refusal(asr_secret_question(client, bad[i], NULL), "The user name");
    expect_refusal(asr_request_reset(client, bad[i], NULL, NULL), "The user name");
    expect_refusal(asr_request_reset(client, "user", bad[i], NULL), "The answer");
    expect_refusal(asr_confirm_code(client, bad[i], NULL), "The code");
    expect_refusal(asr_set_password(client, bad[i], "password", NULL), "The token");
    expect_refusal(asr_set_password(client, "token", bad[i], NULL), "The new password");
    expect_refusal(asr_secret_question_once(bad[i], "key", "user"), "The base URL");
    expect_refusal(asr_secret_question_once(url, bad[i], "user"), "The app key");
    expect_refusal(asr_secret_question_once(url, "key", bad[i]), "The user name");
  }
  assert_int_equal(server_connections(s), 0);
  asr_client_free(client);
  server_stop(s);
}

static void note_the_request(connection *c) {
  char request[REQUEST_SPACE];
  while (read_request(c, request, sizeof request)) {
    strcpy(c->context, request);
    respond(c, "200 OK", "", OK_BODY);
  }
}

/* Makes a call with the config, which it frees. */
static void call_with(asr_config *config) {
  asr_client *client = client_of(config);
  expect_code(get_question(client, NULL), ASR_OK);
  asr_client_free(client);
}

static void a_setter_given_null_restores_the_default(void **state) {
  static char request[REQUEST_SPACE];
  test_server *s = server_start(note_the_request, request, 0);
  asr_config *config = asr_config_new(server_url(s, "http"), good_key);
  asr_config_set_api_version(config, "9.9");
  asr_config_set_api_version(config, NULL);
  asr_config_set_user_agent(config, "somebody/1");
  asr_config_set_user_agent(config, NULL);
  asr_config_set_ca_file(config, "/no/such/file.pem");
  asr_config_set_ca_file(config, NULL);
  asr_config_set_ca_pem(config, "no certificate");
  asr_config_set_ca_pem(config, NULL);
  asr_config_set_proxy(config, "socks5://127.0.0.1:1");
  asr_config_set_proxy(config, NULL);
  call_with(config);
  assert_non_null(strstr(request, "GET /v1.0/users/password/secret-question?username=robert.zak HTTP/1.1"));
  assert_null(strstr(request, "somebody"));
  server_stop(s);
}

static void strings_are_copied_before_the_setter_returns(void **state) {
  static char request[REQUEST_SPACE];
  test_server *s = server_start(note_the_request, request, 0);
  char *url = server_url(s, "http"), agent[] = "somebody/1", key[] = "the-key", version[] = "2.5";
  asr_config *config = asr_config_new(url, key);
  asr_config_set_user_agent(config, agent);
  asr_config_set_api_version(config, version);
  memset(url, 'x', strlen(url));
  memset(agent, 'x', strlen(agent));
  memset(key, 'x', strlen(key));
  memset(version, '7', strlen(version));
  call_with(config);
  assert_non_null(strstr(request, "GET /v2.5/users/"));
  assert_non_null(strstr(request, ": the-key\r\n"));
  assert_non_null(strstr(request, ": somebody/1 "));
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_free_and_trigger_takes_null),
    cmocka_unit_test(every_setter_takes_a_null_config),
    cmocka_unit_test(every_call_takes_null_for_everything),
    cmocka_unit_test(a_client_of_null_is_null_and_says_why),
    cmocka_unit_test(the_error_is_always_written),
    cmocka_unit_test(freeing_a_result_relies_on_none_of_its_fields),
    cmocka_unit_test(a_bad_setting_is_named),
    cmocka_unit_test(the_first_of_several_bad_settings_is_named),
    cmocka_unit_test(a_bad_argument_is_named_and_nothing_is_sent),
    cmocka_unit_test(a_setter_given_null_restores_the_default),
    cmocka_unit_test(strings_are_copied_before_the_setter_returns),
  };
  return cmocka_run_group_tests_name("arguments", tests, NULL, NULL);
}
