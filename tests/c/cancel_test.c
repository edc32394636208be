/* Another thread ends a call within 100 ms, wherever the call waits, and the client stays usable.
 * (Looking up a name is in lookup_test.c.) */
#include "support/test.h"

#include <assert.h>
#include <stdatomic.h>

/* A server that stalls its first connection, and signals when the call has reached the stall. */
typedef struct stage {
  void (*stall)(connection *);
  void (*afterwards)(connection *);
  event reached;
} stage;

static void first_stall(connection *c) {
  stage *s = c->context;
  if (c->number > 1) s->afterwards(c);
  else {
    s->stall(c);
    event_set(&s->reached);
    hold(c);
  }
}

static void at_once(connection *c) { await_bytes(c); }

static void after_the_request(connection *c) {
  char request[REQUEST_SPACE];
  read_request(c, request, sizeof request);
}

static void in_the_header(connection *c) {
  after_the_request(c);
  write_text(c, "HTTP/1.1 200 OK\r\nContent-Ty");
}

/* The server cannot see that the client has read the header. */
static void let_it_be_read(void) { sleep_ms((int)at_most_ms(50)); }

static void in_the_body(connection *c) {
  after_the_request(c);
  write_text(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"IsSucceed\":");
  let_it_be_read();
}

static void in_a_chunk(connection *c) {
  after_the_request(c);
  write_text(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{\"IsSucceed\":");
  let_it_be_read();
}

/* A proxy that is the target of its tunnels, too. */
static void respond_as_proxy(connection *c) {
  char request[REQUEST_SPACE];
  if (!read_request(c, request, sizeof request)) return;
  assert(strncmp(request, "CONNECT target.example:80 ", 26) == 0);
  write_text(c, "HTTP/1.1 200 Connected\r\n\r\n");
  respond_ok(c);
}

static void pass_on_to_emulator(connection *c) {
  relay(c, https_port(), 0);
}

typedef struct canceller {
  event *when;
  asr_cancel *cancel;
  int64_t at;
} canceller;

static void *wait_and_cancel(void *argument) {
  canceller *c = argument;
  event_wait(c->when);
  c->at = now_ms();
  asr_cancel_trigger(c->cancel);
  asr_cancel_trigger(c->cancel);
  return NULL;
}

typedef asr_result *call(const asr_client *, asr_cancel *);

static asr_result *ask(const asr_client *client, asr_cancel *cancel) {
  return asr_secret_question(client, "robert.zak", cancel);
}

/* As large as a request can be: U+0001 takes six bytes in JSON. */
static asr_result *send_much(const asr_client *client, asr_cancel *cancel) {
  static char long_text[16 * 1024 + 1];
  memset(long_text, 1, sizeof long_text - 1);
  return asr_set_password(client, long_text, long_text, cancel);
}

/* Makes the call, lets another thread cancel it after the event, checks its time and returns its result. */
static asr_result *cancelled_in_time(const asr_client *client, call *run, event *when) {
  canceller c = {when, asr_cancel_new(), 0};
  pthread_t thread;
  asr_result *result;
  int64_t took;
  pthread_create(&thread, NULL, wait_and_cancel, &c);
  result = run(client, c.cancel);
  took = now_ms();
  pthread_join(thread, NULL);
  took -= c.at;
  assert_code(result, ASR_CANCELLED);
  if (took > at_most_ms(100)) fail_msg("the call ended after %d ms", (int)took);
  asr_cancel_free(c.cancel);
  return result;
}

static void expect_cancelled(asr_client *client, call *run, stage *at, int sent, int http_status) {
  asr_result *result = cancelled_in_time(client, run, &at->reached);
  assert_int_equal(result->request_sent, sent);
  assert_int_equal(result->http_status, http_status);
  asr_result_free(result);
  expect_code(ask(client, NULL), ASR_OK);
  asr_client_free(client);
}

static void a_call_is_cancelled_while_it_waits_for_a_response(void **state) {
  static const struct { void (*stall)(connection *); int http_status; } phases[] = {
    {after_the_request, 0}, {in_the_header, 0}, {in_the_body, 200}, {in_a_chunk, 200},
  };
  size_t i;
  (void)state;
  for (i = 0; i < COUNT_OF(phases); ++i) {
    stage at = {phases[i].stall, respond_ok, EVENT_INITIAL};
    test_server *s = server_start(first_stall, &at, 0);
    expect_cancelled(client_at(server_url(s, "http")), ask, &at, 1, phases[i].http_status);
    server_stop(s);
  }
}

static void a_call_is_cancelled_while_it_sends(void **state) {
  stage at = {at_once, respond_ok, EVENT_INITIAL};
  test_server *s = server_start(first_stall, &at, 4096);
  (void)state;
  expect_cancelled(client_at(server_url(s, "http")), send_much, &at, 1, 0);
  server_stop(s);
}

static void a_call_is_cancelled_in_the_handshake(void **state) {
  stage at = {at_once, pass_on_to_emulator, EVENT_INITIAL};
  test_server *s = server_start(first_stall, &at, 0);
  (void)state;
  expect_cancelled(client_of(https_config(server_url(s, "https"))), ask, &at, 0, 0);
  server_stop(s);
}

static void a_call_is_cancelled_while_a_proxy_is_silent(void **state) {
  stage at = {at_once, respond_as_proxy, EVENT_INITIAL};
  test_server *s = server_start(first_stall, &at, 0);
  asr_config *config = asr_config_new("http://target.example", "key");
  (void)state;
  asr_config_set_allow_http(config, 1);
  asr_config_set_proxy(config, server_url(s, "http"));
  expect_cancelled(client_of(config), ask, &at, 0, 0);
  server_stop(s);
}

typedef struct full_stage {
  test_server *full;
  event reached;
} full_stage;

static void *await_connect(void *argument) {
  full_stage *at = argument;
  await_connecting(at->full);
  event_set(&at->reached);
  return NULL;
}

static void a_call_is_cancelled_while_it_connects(void **state) {
  full_stage at = {server_start_full("127.0.0.1", 0), EVENT_INITIAL};
  asr_client *client = client_at(server_url(at.full, "http"));
  asr_result *result;
  pthread_t watcher;
  (void)state;
  pthread_create(&watcher, NULL, await_connect, &at);
  result = cancelled_in_time(client, ask, &at.reached);
  pthread_join(watcher, NULL);
  assert_int_equal(result->request_sent, 0);
  asr_result_free(result);
  server_open_up(at.full, respond_ok, NULL);
  expect_code(ask(client, NULL), ASR_OK);
  asr_client_free(client);
  server_stop(at.full);
}

static void a_token_that_was_triggered_before_sends_nothing(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  asr_cancel *cancel = asr_cancel_new();
  asr_result *result;
  int i;
  (void)state;
  asr_cancel_trigger(cancel);
  for (i = 0; i < 2; ++i) { /* it stays triggered */
    result = asr_request_reset(client, "user", NULL, cancel);
    assert_code(result, ASR_CANCELLED);
    assert_int_equal(result->request_sent, 0);
    asr_result_free(result);
  }
  assert_int_equal(server_connections(s), 0);
  expect_code(ask(client, NULL), ASR_OK);
  asr_cancel_free(cancel);
  asr_client_free(client);
  server_stop(s);
}

static void triggering_after_the_call_touches_nothing(void **state) {
  test_server *s = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(s, "http"));
  asr_cancel *cancel = asr_cancel_new();
  (void)state;
  expect_code(ask(client, cancel), ASR_OK);
  asr_cancel_trigger(cancel);
  asr_cancel_free(cancel);
  expect_code(ask(client, NULL), ASR_OK);
  assert_int_equal(server_connections(s), 1); /* the kept connection is as good as before */
  asr_client_free(client);
  server_stop(s);
}

/* Many calls with one token. */
enum { CALLS = 16 };

typedef struct gathering {
  const asr_client *client;
  asr_cancel *cancel;
  atomic_int waiting;
  event all_wait;
} gathering;

static void gather(connection *c) {
  gathering *g = c->context;
  char request[REQUEST_SPACE];
  if (c->number > CALLS) {
    respond_ok(c);
    return;
  }
  read_request(c, request, sizeof request);
  if (atomic_fetch_add(&g->waiting, 1) + 1 == CALLS) event_set(&g->all_wait);
  hold(c);
}

static void *call_with_the_token(void *argument) {
  gathering *g = argument;
  return ask(g->client, g->cancel);
}

static void one_token_ends_many_calls(void **state) {
  gathering g = {NULL, asr_cancel_new(), 0, EVENT_INITIAL};
  test_server *s = server_start(gather, &g, 0);
  asr_client *client = client_at(server_url(s, "http"));
  pthread_t threads[CALLS];
  void *results[CALLS];
  int64_t triggered, took;
  int i;
  (void)state;
  g.client = client;
  for (i = 0; i < CALLS; ++i) pthread_create(&threads[i], NULL, call_with_the_token, &g);
  event_wait(&g.all_wait);
  triggered = now_ms();
  asr_cancel_trigger(g.cancel);
  for (i = 0; i < CALLS; ++i) pthread_join(threads[i], &results[i]);
  took = now_ms() - triggered;
  for (i = 0; i < CALLS; ++i) expect_code(results[i], ASR_CANCELLED);
  if (took > at_most_ms(100)) fail_msg("the calls ended after %d ms", (int)took);
  expect_code(ask(client, NULL), ASR_OK);
  asr_cancel_free(g.cancel);
  asr_client_free(client);
  server_stop(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_call_is_cancelled_while_it_connects),
    cmocka_unit_test(a_call_is_cancelled_while_a_proxy_is_silent),
    cmocka_unit_test(a_call_is_cancelled_in_the_handshake),
    cmocka_unit_test(a_call_is_cancelled_while_it_sends),
    cmocka_unit_test(a_call_is_cancelled_while_it_waits_for_a_response),
    cmocka_unit_test(a_token_that_was_triggered_before_sends_nothing),
    cmocka_unit_test(triggering_after_the_call_touches_nothing),
    cmocka_unit_test(one_token_ends_many_calls),
  };
  return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
