/* The numbers and layouts that callers are compiled against. */
#include "support/test.h"

static void the_result_has_its_fields_in_place_without_padding(void **state) {
  assert_int_equal(sizeof(asr_code), 4);
  assert_true((asr_code)-1 < 0);
  assert_int_equal(offsetof(asr_result, code), 0);
  assert_int_equal(offsetof(asr_result, http_status), 4);
  assert_int_equal(offsetof(asr_result, request_sent), 6);
  assert_int_equal(offsetof(asr_result, retry_after_s), 8);
  assert_int_equal(offsetof(asr_result, os_error), 12);
  assert_int_equal(offsetof(asr_result, question), 16);
  assert_int_equal(offsetof(asr_result, token), 16 + sizeof(char *));
  assert_int_equal(offsetof(asr_result, message), 16 + 2 * sizeof(char *));
  assert_int_equal(offsetof(asr_result, service_code), 16 + 3 * sizeof(char *));
  assert_int_equal(sizeof(asr_result), 16 + 4 * sizeof(char *));
}

static void each_code_has_its_number_and_its_name(void **state) {
  static const struct { asr_code code, number; const char *name; } codes[] = {
    {ASR_OK, 0, "ASR_OK"},
    {ASR_NO_QUESTION, 1, "ASR_NO_QUESTION"},
    {ASR_INVALID_ARGUMENT, 10, "ASR_INVALID_ARGUMENT"},
    {ASR_INSECURE_URL, 11, "ASR_INSECURE_URL"},
    {ASR_CANCELLED, 12, "ASR_CANCELLED"},
    {ASR_RESOLVE_FAILED, 20, "ASR_RESOLVE_FAILED"},
    {ASR_CONNECT_FAILED, 21, "ASR_CONNECT_FAILED"},
    {ASR_TLS_FAILED, 22, "ASR_TLS_FAILED"},
    {ASR_TIMEOUT, 23, "ASR_TIMEOUT"},
    {ASR_CONNECTION_LOST, 24, "ASR_CONNECTION_LOST"},
    {ASR_APP_KEY_REJECTED, 30, "ASR_APP_KEY_REJECTED"},
    {ASR_REJECTED, 31, "ASR_REJECTED"},
    {ASR_ANSWER_INCORRECT, 32, "ASR_ANSWER_INCORRECT"},
    {ASR_RATE_LIMITED, 33, "ASR_RATE_LIMITED"},
    {ASR_SERVER_ERROR, 34, "ASR_SERVER_ERROR"},
    {ASR_INVALID_RESPONSE, 35, "ASR_INVALID_RESPONSE"},
    {ASR_INTERNAL, 90, "ASR_INTERNAL"},
  };
  asr_code number;
  size_t i;
  for (i = 0; i < COUNT_OF(codes); ++i) {
    assert_int_equal(codes[i].code, codes[i].number);
    assert_string_equal(asr_code_name(codes[i].code), codes[i].name);
  }
  for (number = -2; number < 300; ++number) {
    bool known = false;
    for (i = 0; i < COUNT_OF(codes); ++i) known |= codes[i].number == number;
    if (!known) assert_string_equal(asr_code_name(number), "ASR_UNKNOWN");
  }
  assert_string_equal(asr_code_name(INT32_MAX), "ASR_UNKNOWN");
  assert_string_equal(asr_code_name(INT32_MIN), "ASR_UNKNOWN");
}

static void the_macros_agree_with_the_library(void **state) {
  char version[32];
  snprintf(version, sizeof version, "%d.%d.%d", ASR_VERSION_MAJOR, ASR_VERSION_MINOR,
           ASR_VERSION_PATCH);
  assert_string_equal(asr_version(), version);
  assert_int_equal(asr_abi_version(), ASR_ABI_VERSION);
  assert_string_equal(ASR_BASE_URL_SANDBOX, "https://api.autoshares.dev");
  assert_string_equal(ASR_BASE_URL_PRODUCTION, "https://api.autoshares.com");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_result_has_its_fields_in_place_without_padding),
    cmocka_unit_test(each_code_has_its_number_and_its_name),
    cmocka_unit_test(the_macros_agree_with_the_library),
  };
  return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
