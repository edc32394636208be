/* The rows of tests/cases.json, as C sees them: conformance CASES_FILE, with the case server at
 * AUTOSHARES_CASES_URL. Prints `ok ID` or `not ok ID` a row, and the counts. */
#include <autoshares_reset.h>
#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *id;
static bool good;

static void complain(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  good = false;
  printf("# %s: ", id);
  vprintf(format, arguments);
  putchar('\n');
  va_end(arguments);
}

static cJSON *read_json(const char *path) {
  static char text[4 << 20];
  FILE *file = fopen(path, "rb");
  size_t length;
  if (!file) return NULL;
  length = fread(text, 1, sizeof text, file);
  fclose(file);
  return cJSON_ParseWithLength(text, length);
}

static cJSON *member(const cJSON *object, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(object, name);
}

/* NULL for a null, as the C functions take it. Replaces a repeated text by the whole text. */
static const char *text_of(cJSON *value) {
  const char *part = cJSON_GetStringValue(member(value, "repeat"));
  size_t times, length, i;
  char *whole;
  if (!part) return cJSON_GetStringValue(value);
  times = (size_t)member(value, "times")->valuedouble;
  length = strlen(part);
  whole = malloc(times * length + 1);
  for (i = 0; i < times; ++i) memcpy(whole + i * length, part, length);
  whole[times * length] = '\0';
  cJSON_Delete(value->child);
  value->child = NULL;
  value->type = cJSON_String;
  value->valuestring = whole;
  return whole;
}

static const char *text_at(const cJSON *array, int index) {
  return text_of(cJSON_GetArrayItem(array, index));
}

static asr_config *config_of(const cJSON *row, const char *server) {
  const cJSON *settings = member(row, "config");
  cJSON *key = member(settings, "app_key"), *base_url = member(settings, "base_url"), *setting;
  cJSON *base_path = member(settings, "base_path");
  char url[256];
  asr_config *config;
  snprintf(url, sizeof url, "%s/%s%s", server, id, base_path ? base_path->valuestring : "");
  config = asr_config_new(base_url ? text_of(base_url) : url, key ? text_of(key) : "test-app-key");
  cJSON_ArrayForEach(setting, settings) {
    const char *name = setting->string, *text = text_of(setting);
    uint32_t number = (uint32_t)setting->valuedouble;
    if (strcmp(name, "api_version") == 0) asr_config_set_api_version(config, text);
    else if (strcmp(name, "timeout_ms") == 0) asr_config_set_timeout_ms(config, number);
    else if (strcmp(name, "connect_timeout_ms") == 0) asr_config_set_connect_timeout_ms(config, number);
    else if (strcmp(name, "ca_file") == 0) asr_config_set_ca_file(config, text);
    else if (strcmp(name, "ca_pem") == 0) asr_config_set_ca_pem(config, text);
    else if (strcmp(name, "proxy") == 0) asr_config_set_proxy(config, text);
    else if (strcmp(name, "user_agent") == 0) asr_config_set_user_agent(config, text);
    else if (strcmp(name, "allow_http") == 0) asr_config_set_allow_http(config, cJSON_IsTrue(setting));
    else if (setting != key && setting != base_url && setting != base_path) complain("unknown setting %s", name);
  }
  return config;
}

static asr_result *run(const cJSON *row, const asr_client *client) {
  const char *call = cJSON_GetStringValue(member(row, "call"));
  const cJSON *args = member(row, "args");
  if (strcmp(call, "secret_question") == 0)
    return asr_secret_question(client, text_at(args, 0), NULL);
  if (strcmp(call, "request_reset") == 0)
    return asr_request_reset(client, text_at(args, 0), text_at(args, 1), NULL);
  if (strcmp(call, "confirm_code") == 0) return asr_confirm_code(client, text_at(args, 0), NULL);
  if (strcmp(call, "set_password") == 0)
    return asr_set_password(client, text_at(args, 0), text_at(args, 1), NULL);
  complain("unknown call %s", call);
  return NULL;
}

static void check_number(const char *name, const cJSON *expected, double actual) {
  if (cJSON_IsObject(expected)) {
    if (actual < member(expected, "min")->valuedouble || actual > member(expected, "max")->valuedouble)
      complain("%s is %.0f", name, actual);
  } else if (expected) {
    double value = cJSON_IsBool(expected) ? cJSON_IsTrue(expected) : expected->valuedouble;
    if (value != actual) complain("%s is %.0f, not %.0f", name, actual, value);
  }
}

static void check_text(const char *name, const cJSON *expected, const char *actual) {
  const char *text = cJSON_GetStringValue(expected);
  if (!expected || (!text && !actual)) return;
  if (!text || !actual || strcmp(text, actual) != 0)
    complain("%s is %s, not %s", name, actual ? actual : "NULL", text ? text : "NULL");
}

static void check(const cJSON *expected, const asr_result *result) {
  const char *message = result->message ? result->message : "";
  const cJSON *part;
  const char *code = cJSON_GetStringValue(member(expected, "code"));
  if (code && strcmp(asr_code_name(result->code), code) != 0)
    complain("%s, not %s: %s", asr_code_name(result->code), code, message);
  check_number("http_status", member(expected, "http_status"), result->http_status);
  check_number("request_sent", member(expected, "request_sent"), result->request_sent);
  check_number("retry_after_s", member(expected, "retry_after_s"), result->retry_after_s);
  check_text("question", member(expected, "question"), result->question);
  check_text("token", member(expected, "token"), result->token);
  check_text("service_code", member(expected, "service_code"), result->service_code);
  check_text("message", member(expected, "message"), result->message);
  cJSON_ArrayForEach(part, member(expected, "message_has"))
    if (!strstr(message, part->valuestring)) complain("not in the message: %s: %s", part->valuestring, message);
  cJSON_ArrayForEach(part, member(expected, "message_lacks"))
    if (strstr(message, part->valuestring)) complain("in the message: %s: %s", part->valuestring, message);
}

static void run_row(const cJSON *row, const char *server) {
  static const asr_result made = {.code = ASR_OK};
  bool making = strcmp(cJSON_GetStringValue(member(row, "call")), "client_new") == 0;
  asr_config *config = config_of(row, server);
  asr_client *client;
  asr_result *result = NULL;
  client = asr_client_new(config, &result);
  asr_config_free(config);
  if (client && !making) result = run(row, client);
  if (!client && !making) complain("no client: %s", result->message);
  if (client && making) check(member(row, "expect"), &made);
  else if (result) check(member(row, "expect"), result);
  asr_result_free(result);
  asr_client_free(client);
}

int main(int argc, char **argv) {
  const char *server = getenv("AUTOSHARES_CASES_URL");
  cJSON *table = argc == 2 ? read_json(argv[1]) : NULL;
  const cJSON *row;
  int passed = 0, failed = 0;
  if (!table || !server) {
    fprintf(stderr, "usage: AUTOSHARES_CASES_URL=URL %s CASES_FILE\n", argv[0]);
    return 2;
  }
  cJSON_ArrayForEach(row, member(table, "cases")) {
    id = cJSON_GetStringValue(member(row, "id"));
    good = true;
    run_row(row, server);
    printf("%s %s\n", good ? "ok" : "not ok", id);
    if (good) ++passed;
    else ++failed;
  }
  cJSON_Delete(table);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0 || passed == 0;
}
