/* The environment's variables for certificates and proxies. The host may change them while calls run, because only
 * asr_client_new() reads them. */
#include "support/lookup.h"
#include "support/test.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int reads;
static char last[64];

/* Replaces the C library's function, as LD_PRELOAD could. */
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
  asr_client_free(client_at("https://autoshares.example"));
  assert_true(reads > before);
}

static void calls_do_not_read_the_environment(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  expect_a_call_reads_nothing(client_at(server_url(s, "http")));
  expect_a_call_reads_nothing(secure_client());
  expect_a_call_reads_nothing(client_of_name("environment." TWO_ADDRESSES_NAME, server_port(s), 10000));
  assert_int_equal(lookup_count(), 1);
  server_stop(s);
}

/* Makes a client of the emulator over TLS, which is trusted by the environment's certificates, and a call. */
static asr_result *result_by_environment(void) {
  asr_config *config = asr_config_new(from_environment("AUTOSHARES_HTTPS_URL"), "emulator-app-key");
  asr_result *result;
  asr_client *client = asr_client_new(config, &result);
  if (client) result = get_question(client, NULL);
  asr_client_free(client);
  asr_config_free(config);
  return result;
}

static void expect_trust(void) { expect_code(result_by_environment(), ASR_OK); }

static void expect_no_roots(int os_error, const char *says) {
  asr_result *error = result_by_environment();
  assert_code(error, ASR_TLS_FAILED);
  assert_int_equal(error->os_error, os_error);
  if (!strstr(error->message, says)) fail_msg("no word of %s: %s", says, error->message);
  asr_result_free(error);
}

static void a_file_and_a_folder_of_certificates_are_trusted(void **state) {
  /* A folder's files count only under OpenSSL's hash names. */
  static const char *const unread[] = {
    "ca.pem", "notes.txt", ".hidden", "0123abcd.0.rpmsave", "0123abcd", "0123abcd.", "0123abcd.r0", "0123ABCD.0", "0123abcde.0",
  };
  char folder[] = "/tmp/certificates-XXXXXX", link[64];
  size_t i;
  assert_non_null(mkdtemp(folder));
  setenv("SSL_CERT_DIR", folder, 1);
  for (i = 0; i < COUNT_OF(unread); ++i) {
    snprintf(link, sizeof link, "%s/%s", folder, unread[i]);
    assert_int_equal(symlink(from_environment("AUTOSHARES_CA_FILE"), link), 0);
    expect_no_roots(0, "SSL_CERT_DIR");
    unlink(link);
  }
  snprintf(link, sizeof link, "%s/0123abcd.10", folder);
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
  char says[100];
  setenv("SSL_CERT_FILE", from_environment("AUTOSHARES_CA_FILE"), 1);
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = 0;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  /* The C library's message begins with a capital. */
  snprintf(says, sizeof says, "ca.pem: %s", strerror(EMFILE));
  says[strlen("ca.pem: ")] = (char)tolower((unsigned char)says[strlen("ca.pem: ")]);
  expect_no_roots(EMFILE, says);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  unsetenv("SSL_CERT_FILE");
}

/* The outcome of making a client, which fails where a variable names an unusable proxy. */
static asr_code code_with_proxy(const char *variable) {
  asr_config *config = asr_config_new("https://autoshares.example", "key");
  asr_result *error;
  asr_client *client;
  asr_code code;
  setenv(variable, "socks5://127.0.0.1:1", 1);
  client = asr_client_new(config, &error);
  unsetenv(variable);
  code = client ? ASR_OK : error->code;
  asr_client_free(client);
  asr_result_free(error);
  asr_config_free(config);
  return code;
}

static const char *const proxies[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

enum { NOT_PRIVILEGED = 100, BELIEVES_A_VARIABLE };

/* Runs in a copy of this program, whose SSL_CERT_FILE would let it trust the emulator. */
static int run_privileged(void) {
  size_t i;
  if (!getauxval(AT_SECURE)) return NOT_PRIVILEGED;
  if (result_by_environment()->code != ASR_TLS_FAILED) return BELIEVES_A_VARIABLE;
  for (i = 0; i < COUNT_OF(proxies); ++i)
    if (code_with_proxy(proxies[i]) != ASR_OK) return BELIEVES_A_VARIABLE;
  return 0;
}

/* A group that this process may give to a file but does not run as; 0: there is none. */
static gid_t another_group(void) {
  gid_t groups[64];
  int count = getgroups(COUNT_OF(groups), groups);
  if (geteuid() == 0) return getgid() + 1;
  while (count > 0)
    if (groups[--count] != getgid()) return groups[count];
  return 0;
}

/* Copies this program and sets the copy's set-group-ID bit: the system runs it with raised privileges. */
static void make_privileged_copy(const char *path, gid_t group) {
  static char buffer[1 << 16];
  ssize_t size;
  int from = open("/proc/self/exe", O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  assert_true(from >= 0 && to >= 0);
  while ((size = read(from, buffer, sizeof buffer)) > 0) assert_int_equal(write(to, buffer, (size_t)size), size);
  assert_int_equal(size, 0);
  assert_int_equal(fchown(to, (uid_t)-1, group), 0);
  assert_int_equal(fchmod(to, 02755), 0);
  close(from);
  close(to);
}

static int status_of(const char *path) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    execl(path, path, "privileged", (char *)NULL);
    /* Under an emulator of another processor the system does not know how to run it. */
    _exit(errno == ENOEXEC ? NOT_PRIVILEGED : 1);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void a_privileged_program_ignores_the_variables_for_trust_and_route(void **state) {
  char path[4096];
  gid_t group = another_group();
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 16);
  size_t i;
  int status;
  assert_true(length > 0);
  strcpy(path + length, "-privileged");
  if (group == 0) {
    print_message("SKIPPED: this user has no second group to give a program to\n");
    skip();
  }
  make_privileged_copy(path, group);
  setenv("SSL_CERT_FILE", from_environment("AUTOSHARES_CA_FILE"), 1);
  status = status_of(path);
  expect_trust();
  unsetenv("SSL_CERT_FILE");
  unlink(path);
  for (i = 0; i < COUNT_OF(proxies); ++i) assert_int_equal(code_with_proxy(proxies[i]), ASR_INVALID_ARGUMENT);
  if (status == NOT_PRIVILEGED) {
    print_message("SKIPPED: programs get no privileges from files here (nosuid, or an emulator)\n");
    skip();
  }
  assert_int_equal(status, 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(making_a_client_reads_the_environment),
    cmocka_unit_test(calls_do_not_read_the_environment),
    cmocka_unit_test(a_file_and_a_folder_of_certificates_are_trusted),
    cmocka_unit_test(a_limit_that_is_reached_is_named),
    cmocka_unit_test(a_privileged_program_ignores_the_variables_for_trust_and_route),
  };
  if (argc == 2 && strcmp(argv[1], "privileged") == 0) _exit(run_privileged());
  if (argc > 1) return 2;
  unsetenv("SSL_CERT_FILE");
  unsetenv("SSL_CERT_DIR");
  return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
