/* A client that was made before fork() serves parent and children, each over separate connections. */
#include "support/test.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 4, THREADS = 8, FORKS = 20 };

/* An alarm ends a child that hangs; a child must neither run cmocka's end nor free the parent's objects. */
static pid_t start_child(int (*run)(const asr_client *, int), const asr_client *client, int number) {
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm((unsigned)at_most_ms(20));
    _exit(run(client, number));
  }
  return child;
}

static int end_of(pid_t child) {
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  if (WIFSIGNALED(status)) fail_msg("a child was ended by signal %d", WTERMSIG(status));
  return WEXITSTATUS(status);
}

static int use_the_connection(const asr_client *client, int number) {
  char user[32];
  int first, i;
  snprintf(user, sizeof user, "child-%d", number);
  first = connection_used(client, user, NULL);
  for (i = 0; i < 10; ++i)
    if (connection_used(client, user, NULL) != first) return 0; /* kept between the calls */
  return first;
}

static void children_open_separate_connections(void **state) {
  test_server *s = server_start(tell_the_connection, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  pid_t children[CHILDREN];
  bool seen[CHILDREN + 2] = {false};
  int i;
  assert_int_equal(connection_used(client, "parent", NULL), 1);
  for (i = 0; i < CHILDREN; ++i) children[i] = start_child(use_the_connection, client, i);
  for (i = 0; i < CHILDREN; ++i) {
    int number = end_of(children[i]);
    assert_in_range(number, 2, CHILDREN + 1);
    assert_false(seen[number]);
    seen[number] = true;
  }
  assert_int_equal(connection_used(client, "parent", NULL), 1); /* neither used nor closed by a child */
  assert_int_equal(server_connections(s), 1 + CHILDREN);
  asr_client_free(client);
  server_stop(s);
}

/* The number of calls that got a wrong response. */
static int wrong_responses(const asr_client *client, int number, int calls) {
  static const char *const users[] = {"hello@autoshares.com", "robert.zak"};
  static const char *const questions[] = {"What street did you live on in third grade?",
                                          "What is your mother's maiden name?"};
  int i, wrong = 0;
  for (i = 0; i < calls; ++i) {
    asr_result *result = asr_secret_question(client, users[number % 2], NULL);
    if (result->code != ASR_OK || strcmp(result->question, questions[number % 2]) != 0) ++wrong;
    asr_result_free(result);
  }
  return wrong;
}

static int call_and_free(const asr_client *client, int number) {
  int wrong = wrong_responses(client, number, 10);
  asr_client_free((asr_client *)client); /* allowed in the child, and the server sees nothing of it */
  return wrong;
}

static void children_leave_the_parents_tls_session_alone(void **state) {
  test_server *s = server_start(relay_to_emulator, NULL, 0);
  asr_client *client = client_of(https_config(server_url(s, "https")));
  pid_t children[CHILDREN];
  int i;
  expect_code(get_question(client, NULL), ASR_OK);
  for (i = 0; i < CHILDREN; ++i) children[i] = start_child(call_and_free, client, i);
  for (i = 0; i < CHILDREN; ++i) assert_int_equal(end_of(children[i]), 0);
  expect_code(asr_request_reset(client, "robert.zak", "Peterson", NULL), ASR_OK);
  assert_int_equal(server_connections(s), 1 + CHILDREN);
  asr_client_free(client);
  server_stop(s);
}

/* Makes a call; true if it made a new connection, with a TLS session of this kind. */
static int call_has_session(const asr_client *client, const char *kind) {
  asr_result *result = get_question(client, NULL);
  const char *details = asr_result_details(result);
  int has = result->code == ASR_OK && strstr(details, "connection: new") && strstr(details, kind);
  asr_result_free(result);
  return has;
}

static int has_a_new_session(const asr_client *client, int unused) {
  return call_has_session(client, ", a new session");
}

static void a_child_does_not_resume_the_parents_tls_session(void **state) {
  test_server *s = server_start(relay_to_emulator, NULL, 0);
  asr_client *client = client_of(https_config(server_url(s, "https")));
  asr_cancel *triggered = asr_cancel_new();
  asr_cancel_trigger(triggered);
  assert_true(call_has_session(client, ", a new session"));
  assert_true(end_of(start_child(has_a_new_session, client, 0)));
  expect_code(get_question(client, triggered), ASR_CANCELLED); /* closes the kept connection */
  assert_true(call_has_session(client, ", a resumed session"));
  asr_cancel_free(triggered);
  asr_client_free(client);
  server_stop(s);
}

typedef struct caller {
  const asr_client *client;
  atomic_bool *stop;
  int number, wrong;
  pthread_t thread;
} caller;

static void *call_until_stopped(void *argument) {
  caller *c = argument;
  while (!atomic_load(c->stop)) c->wrong += wrong_responses(c->client, c->number, 1);
  return NULL;
}

/* Forks often while threads call, each on its own connection. If a child used or closed one of these, the parent would need
 * another one. */
static void a_fork_during_other_threads_calls_hangs_nobody_and_leaves_their_tls_sessions_alone(void **state) {
  test_server *s = server_start(relay_to_emulator, NULL, 0);
  asr_client *client = client_of(https_config(server_url(s, "https")));
  atomic_bool stop = false;
  caller callers[THREADS];
  int i;
  for (i = 0; i < THREADS; ++i) {
    callers[i] = (caller){client, &stop, i, 0, 0};
    pthread_create(&callers[i].thread, NULL, call_until_stopped, &callers[i]);
  }
  while (server_connections(s) < THREADS) sched_yield();
  for (i = 0; i < FORKS; ++i) assert_int_equal(end_of(start_child(call_and_free, client, i)), 0);
  atomic_store(&stop, true);
  for (i = 0; i < THREADS; ++i) {
    pthread_join(callers[i].thread, NULL);
    assert_int_equal(callers[i].wrong, 0);
  }
  assert_int_equal(server_connections(s), THREADS + FORKS);
  asr_client_free(client);
  server_stop(s);
}

/* A host that closed them would print to the connection. */
static int connect_with_standard_streams_closed(const asr_client *client, int unused) {
  asr_result *result;
  int stream, ended = 1;
  for (stream = 0; stream <= 2; ++stream) close(stream);
  result = asr_client_connect(client, NULL);
  for (stream = 0; stream <= 2; ++stream)
    if (fcntl(stream, F_GETFD) != -1) ended = 0;
  if (result->code != ASR_OK) ended = 2;
  asr_result_free(result);
  return ended;
}

static void a_connection_takes_no_descriptor_of_the_standard_streams(void **state) {
  test_server *s = server_start(tell_the_connection, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  assert_int_equal(end_of(start_child(connect_with_standard_streams_closed, client, 0)), 1);
  asr_client_free(client);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_connection_takes_no_descriptor_of_the_standard_streams),
    cmocka_unit_test(children_open_separate_connections),
    cmocka_unit_test(children_leave_the_parents_tls_session_alone),
    cmocka_unit_test(a_child_does_not_resume_the_parents_tls_session),
    cmocka_unit_test(a_fork_during_other_threads_calls_hangs_nobody_and_leaves_their_tls_sessions_alone),
  };
  return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
