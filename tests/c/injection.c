/* Makes each system call of the library fail in turn, in each of its calls, and prints the outcome:
 *   injection HTTP_PORT HTTPS_PORT PROXY_PORT TLS_PROXY_PORT CA_FILE
 * The environment names the file as the system's certificates, too.
 * injection.py drives it, plays the service and checks. It prints a line for each run, with tabs between its fields:
 * those of `print_plan` before the run, those of `print_outcome` after it. */
#include <autoshares_reset.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/event.h"
#include "support/inject.h"
#include "support/proc.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define ERRORS(...) (const int[]){__VA_ARGS__, 0}

/* The failures of each system call. A negative error is getaddrinfo's own. */
static const struct fault {
  system_call call;
  manner how;
  const int *errors;
} faults[] = {
    {SOCKET, FAILS, ERRORS(EMFILE, ENFILE, ENOBUFS, ENOMEM, EACCES, EAFNOSUPPORT)},
    {SOCKET, KEEPS_FAILING, ERRORS(EMFILE)},
    {CONNECT, FAILS, ERRORS(ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EAGAIN, EADDRNOTAVAIL, ECONNRESET,
                            EACCES, EPERM, ENOBUFS, EINTR)},
    {CONNECT, KEEPS_FAILING, ERRORS(ECONNREFUSED, EINTR)},
    {POLL, FAILS, ERRORS(EINTR, ENOMEM, EINVAL)},
    {POLL, KEEPS_FAILING, ERRORS(ENOMEM, EINTR)},
    {POLL, COMES_SHORT, ERRORS(-1)},
    {SEND, FAILS, ERRORS(ENOBUFS, ENOMEM, ECONNRESET, EPIPE, ETIMEDOUT, ENETDOWN, ENETUNREACH, EHOSTUNREACH, EACCES,
                         EIO, EAGAIN, EINTR)},
    {SEND, KEEPS_FAILING, ERRORS(EPIPE, ENOBUFS, EAGAIN, EINTR)},
    {SEND, COMES_SHORT, ERRORS(-1)},
    {SEND, STAYS_SHORT, ERRORS(-1)},
    {RECV, FAILS, ERRORS(ECONNRESET, ETIMEDOUT, EHOSTUNREACH, ECONNREFUSED, ENOBUFS, ENOMEM, EIO, EAGAIN, EINTR)},
    {RECV, KEEPS_FAILING, ERRORS(ECONNRESET, EAGAIN, EINTR)},
    {RECV, COMES_SHORT, ERRORS(-1)},
    {RECV, STAYS_SHORT, ERRORS(-1)},
    {RECV, ENDS, ERRORS(-1)},
    {GETADDRINFO, FAILS, ERRORS(EAI_NONAME, EAI_AGAIN, EAI_FAIL, EAI_MEMORY, EMFILE, ECONNREFUSED)},
    {PTHREAD_CREATE, FAILS, ERRORS(EAGAIN, ENOMEM, EPERM)},
    {OPEN, FAILS, ERRORS(EMFILE, ENFILE, EACCES, ENOENT, ENOMEM, EIO, ELOOP, EINTR)},
    {OPEN, KEEPS_FAILING, ERRORS(EMFILE)},
    {READ, FAILS, ERRORS(EIO, EISDIR, ENOMEM, EINTR)},
    {READ, COMES_SHORT, ERRORS(-1)},
    {READ, STAYS_SHORT, ERRORS(-1)},
    {FCNTL, FAILS, ERRORS(EINVAL, EACCES, ENOMEM)},
    {SETSOCKOPT, FAILS, ERRORS(ENOBUFS, ENOMEM, EINVAL, ENOPROTOOPT)},
    {SETSOCKOPT, KEEPS_FAILING, ERRORS(ENOBUFS)},
    {GETSOCKOPT, FAILS, ERRORS(ENOBUFS, EINVAL)},
    {GETSOCKOPT, FAILS_LATER, ERRORS(ECONNREFUSED, ETIMEDOUT, ENETUNREACH, EHOSTUNREACH)},
};

/* The ways of a request. The host has a name in all but the first, so that it is looked up and may go
 * through a proxy. */
static const struct route {
  const char *name, *scheme, *proxy_scheme;
  int port, proxy_port; /* which of the arguments */
  bool trusts_the_system;
} routes[] = {
    {"http", "http", NULL, 1, 0, false},
    {"https", "https", NULL, 2, 0, false},
    {"http, proxy", "http", "http", 1, 3, false},
    {"https, proxy", "https", "http", 2, 3, false},
    {"https, https proxy", "https", "https", 2, 4, false},
};
static const struct route with_a_file = {"https, ca_file", "https", NULL, 2, 0, false};
static const struct route with_the_systems_roots = {"https, system's roots", "https", NULL, 2, 0, true};

enum kind { GET, POST, PUT, KINDS, CLIENT = KINDS };
static const char *const kind_names[] = {"GET", "POST", "PUT", "client"};
enum state { NEW, KEPT };
static const char *const state_names[] = {"new", "kept"};

static char **arguments;
static int runs;

/* Enough time on a busy machine; little if a run can only wait for its end. */
enum { TIMEOUT_MS = 4000, SHORT_TIMEOUT_MS = 300 };

struct run {
  const struct route *route;
  enum kind kind;
  enum state state;
  system_call call;
  int nth;
  manner how;
  int error;
};

static bool waits_for_its_end(const struct run *run) {
  return run->how == KEEPS_FAILING && (run->error == EAGAIN || run->error == EINTR);
}

static uint32_t timeout_of(const struct run *run) {
  return waits_for_its_end(run) ? SHORT_TIMEOUT_MS : TIMEOUT_MS;
}

/* A client of a host whose name was never looked up before. */
static asr_client *new_client(const struct run *run, asr_result **error) {
  const struct route *route = run->route;
  asr_config *config;
  asr_client *client;
  char url[64], proxy[64] = "";
  if (route->proxy_scheme || strcmp(route->scheme, "https") == 0)
    snprintf(url, sizeof url, "%s://h%d.service.test:%s", route->scheme, ++runs, arguments[route->port]);
  else
    snprintf(url, sizeof url, "%s://127.0.0.1:%s", route->scheme, arguments[route->port]);
  if (route->proxy_scheme)
    snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%s", route->proxy_scheme, arguments[route->proxy_port]);
  config = asr_config_new(url, "the key of this run");
  asr_config_set_allow_http(config, 1);
  asr_config_set_proxy(config, proxy);
  asr_config_set_ca_file(config, route->trusts_the_system ? NULL : arguments[5]);
  asr_config_set_timeout_ms(config, timeout_of(run));
  asr_config_set_connect_timeout_ms(config, timeout_of(run));
  client = asr_client_new(config, error);
  asr_config_free(config);
  return client;
}

/* Marks a call, so that the service can report on which calls it acted. */
static void new_mark(char mark[16]) {
  static int number = 100000;
  snprintf(mark, 16, "mark%d", ++number);
}

static asr_result *make_call(const asr_client *client, enum kind kind, const char *mark) {
  switch (kind) {
  case POST:
    return asr_request_reset(client, mark, "the answer", NULL);
  case PUT:
    return asr_set_password(client, mark, "the new password", NULL);
  default:
    return asr_secret_question(client, mark, NULL);
  }
}

/* The service's text holds the mark of its call backwards, because the library masks the mark itself. */
static bool is_own(const asr_result *result, const char *mark) {
  const char *words = result->question ? result->question : result->message;
  char backwards[16] = "";
  size_t i, length = strlen(mark);
  for (i = 0; i < length; ++i) backwards[i] = mark[length - 1 - i];
  return result->http_status == 200 && words && strstr(words, backwards);
}

static void print_plan(const struct run *run, const char *mark, const char *next_mark) {
  printf("%s\t%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\t%u", run->route->name, kind_names[run->kind], state_names[run->state],
         system_call_names[run->call], run->nth, manner_names[run->how], run->error, mark, next_mark,
         (unsigned)timeout_of(run));
  fflush(stdout);
}

static void print_outcome(bool happened, const asr_result *result, bool own, int64_t elapsed, long bytes, int leaked,
                          bool next_is_right) {
  char words[600] = "";
  size_t i;
  if (result && result->message) snprintf(words, sizeof words, "%s", result->message);
  for (i = 0; words[i]; ++i)
    if (words[i] == '\t' || words[i] == '\n') words[i] = ' ';
  printf("\t%d\t%s\t%d\t%d\t%d\t%d\t%d\t%ld\t%d\t%d\t%s\n", happened, result ? asr_code_name(result->code) : "ASR_OK",
         own, result ? result->request_sent : 0, result ? result->os_error : 0, result ? result->http_status : 0,
         (int)elapsed, bytes, leaked, next_is_right, words);
  fflush(stdout);
}

/* Makes a call with a failing system call, then one that must succeed. True if both were in time. */
static bool run_once(const struct run *run) {
  int descriptors = count_descriptors();
  char mark[16], next_mark[16];
  asr_result *result = NULL, *next;
  asr_client *client;
  int64_t started, elapsed;
  bool happened, own, next_is_right, in_time;
  long bytes;
  new_mark(mark);
  new_mark(next_mark);
  print_plan(run, mark, next_mark);
  if (run->kind == CLIENT) {
    started = now_ms();
    injection_begin(run->call, run->nth, run->how, run->error);
    client = new_client(run, &result);
    happened = injection_end();
    elapsed = now_ms() - started;
    own = client != NULL;
    if (!client) client = new_client(run, NULL);
  } else {
    client = new_client(run, NULL);
    if (client && run->state == KEPT) asr_result_free(make_call(client, GET, "mark-before"));
    started = now_ms();
    injection_begin(run->call, run->nth, run->how, run->error);
    result = make_call(client, run->kind, mark);
    happened = injection_end();
    elapsed = now_ms() - started;
    own = is_own(result, mark);
  }
  bytes = injection_bytes_sent();
  next = make_call(client, GET, next_mark);
  next_is_right = next->code == ASR_OK && is_own(next, next_mark);
  in_time = elapsed <= timeout_of(run) + 250 && next->code != ASR_TIMEOUT &&
            (waits_for_its_end(run) || !result || result->code != ASR_TIMEOUT);
  asr_result_free(next);
  asr_client_free(client);
  print_outcome(happened, result, own, elapsed, bytes, count_descriptors() - descriptors, next_is_right);
  asr_result_free(result);
  return in_time;
}

/* Repeats a run if the machine may have been busy: the last one counts. */
static void run_in_time(const struct run *run) {
  if (!run_once(run)) run_once(run);
}

/* The number of times that the library makes each system call without a failure. */
static void count_calls(struct run run, int calls[SYSTEM_CALLS]) {
  int i;
  run.nth = 0;
  run_in_time(&run);
  for (i = 0; i < SYSTEM_CALLS; ++i) calls[i] = injection_count((system_call)i);
}

static void run_all(struct run run) {
  int calls[SYSTEM_CALLS];
  const int *error;
  size_t i;
  count_calls(run, calls);
  for (i = 0; i < COUNT_OF(faults); ++i) {
    run.call = faults[i].call;
    run.how = faults[i].how;
    for (run.nth = 1; run.nth <= calls[run.call]; ++run.nth) {
      /* A failure that lasts from the first call on is tried only from the first call. */
      if (run.nth > 1 && run.how == STAYS_SHORT) break;
      for (error = faults[i].errors; *error; ++error) {
        run.error = *error;
        if (waits_for_its_end(&run) && run.nth > 1 && run.nth < calls[run.call]) continue;
        run_in_time(&run);
      }
    }
  }
}

/* The library's calls fail, and the program's do not. */
static bool injects(void) {
  asr_config *config = asr_config_new("http://127.0.0.1:1", "key");
  asr_client *client = asr_client_new(config, NULL);
  asr_result *result;
  bool good;
  int fd;
  asr_config_free(config);
  injection_begin(SOCKET, 1, FAILS, ENFILE);
  fd = socket(AF_INET, SOCK_STREAM, 0);
  good = fd >= 0 && injection_count(SOCKET) == 0;
  result = asr_secret_question(client, "user", NULL);
  good = injection_end() && good && result->code == ASR_CONNECT_FAILED && result->os_error == ENFILE;
  asr_result_free(result);
  /* Without it, the same call reaches the closed port. */
  result = asr_secret_question(client, "user", NULL);
  good = good && result->code == ASR_CONNECT_FAILED && result->os_error == ECONNREFUSED;
  asr_result_free(result);
  asr_client_free(client);
  close(fd);
  return good;
}

int main(int count, char **values) {
  size_t route;
  int kind, state;
  if (count != 6) return 2;
  arguments = values;
  printf("injects\t%d\n", injects());
  for (route = 0; route < COUNT_OF(routes); ++route)
    for (kind = 0; kind < KINDS; ++kind)
      for (state = NEW; state <= KEPT; ++state)
        run_all((struct run){.route = &routes[route], .kind = (enum kind)kind, .state = (enum state)state});
  setenv("SSL_CERT_FILE", arguments[5], 1);
  run_all((struct run){.route = &with_a_file, .kind = CLIENT});
  run_all((struct run){.route = &with_the_systems_roots, .kind = CLIENT});
  puts("done");
  return 0;
}
