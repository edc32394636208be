/* What the environment says of certificates, and that the host may change it while calls run: only asr_client_new()
 * reads it. */
#include "support/lookup.h"
#include "support/test.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

static atomic_int reads;
static char last[64];

/* Found before the C library's, as with LD_PRELOAD. */
char *getenv(const char *name) {
  static char *(*systems_own)(const char *);
  if (!systems_own) {
    void *found = dlsym(RTLD_NEXT, "getenv");
    memcpy(&systems_own, &found, sizeof systems_own);
  }
  snprintf(last, sizeof last, "%s", name);
  ++reads;
  return systems_own(name);
}

static void expect_a_call_reads_nothing(asr_client *client) {
  int i;
  for (i = 0; i < 2; ++i) {
    int before = reads;
    expect_code(asr_secret_question(client, "robert.zak", NULL), ASR_OK);
    if (reads != before) fail_msg("call %d reads %s", i, last);
  }
  asr_client_free(client);
}

static void making_a_client_reads_the_environment(void **state) {
  int before = reads;
  (void)state;
  asr_client_free(client_at("https://autoshares.example"));
  assert_true(reads > before);
}

static void calls_do_not(void **state) {
  test_server *s = server_start(answer_ok, NULL, 0);
  char *url = server_url(s, "http");
  (void)state;
  expect_a_call_reads_nothing(client_at(url));
  expect_a_call_reads_nothing(client_of(https_config(from_environment("AUTOSHARES_HTTPS_URL"))));
  expect_a_call_reads_nothing(client_of_name("environment." TWO_ADDRESSES_NAME, server_port(s), 10000));
  assert_int_equal(lookup_count(), 1);
  server_stop(s);
  free(url);
}

/* The emulator over TLS, trusted by what the environment names. */
static asr_client *client_by_environment(asr_result **error) {
  asr_config *config = asr_config_new(from_environment("AUTOSHARES_HTTPS_URL"), "emulator-app-key");
  asr_client *client = asr_client_new(config, error);
  asr_config_free(config);
  return client;
}

static void expect_trust(void) {
  asr_result *error;
  asr_client *client = client_by_environment(&error);
  if (!client) fail_msg("no client: %s", error->message);
  expect_code(asr_secret_question(client, "robert.zak", NULL), ASR_OK);
  asr_client_free(client);
}

static void expect_no_roots(int os_error, const char *says) {
  asr_result *error;
  assert_null(client_by_environment(&error));
  assert_code(error, ASR_TLS_FAILED);
  assert_int_equal(error->os_error, os_error);
  if (!strstr(error->message, says)) fail_msg("no word of %s: %s", says, error->message);
  asr_result_free(error);
}

static void a_file_and_a_folder_of_certificates_are_trusted(void **state) {
  char folder[] = "/tmp/certificates-XXXXXX", link[64];
  (void)state;
  assert_non_null(mkdtemp(folder));
  snprintf(link, sizeof link, "%s/ca.pem", folder);
  setenv("SSL_CERT_DIR", folder, 1);
  expect_no_roots(0, "SSL_CERT_DIR");
  assert_int_equal(symlink(from_environment("AUTOSHARES_CA_FILE"), link), 0);
  expect_trust();
  unlink(link);
  rmdir(folder);
  expect_no_roots(ENOENT, "SSL_CERT_DIR");
  unsetenv("SSL_CERT_DIR");

  setenv("SSL_CERT_FILE", from_environment("AUTOSHARES_CA_FILE"), 1);
  expect_trust();
  setenv("SSL_CERT_FILE", link, 1);
  expect_no_roots(ENOENT, "SSL_CERT_FILE");
  unsetenv("SSL_CERT_FILE");
}

static void a_limit_that_is_reached_is_named(void **state) {
  struct rlimit before, none;
  (void)state;
  setenv("SSL_CERT_FILE", from_environment("AUTOSHARES_CA_FILE"), 1);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = 0;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  expect_no_roots(EMFILE, "SSL_CERT_FILE");
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  unsetenv("SSL_CERT_FILE");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(making_a_client_reads_the_environment),
    cmocka_unit_test(calls_do_not),
    cmocka_unit_test(a_file_and_a_folder_of_certificates_are_trusted),
    cmocka_unit_test(a_limit_that_is_reached_is_named),
  };
  unsetenv("SSL_CERT_FILE");
  unsetenv("SSL_CERT_DIR");
  return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
