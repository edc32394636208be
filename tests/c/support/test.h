/* Common definitions of the tests in C. */
#ifndef TEST_H
#define TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
/* cmocka 2 deprecates assert_in_range; cmocka 1 has no other. */
#ifdef assert_int_in_range
#undef assert_in_range
#define assert_in_range assert_int_in_range
#endif

#include <autoshares_reset.h>

#include "event.h"
#include "proc.h"
#include "server.h"

/* cmocka gives each test a parameter that none of these uses. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define OK_BODY "{\"IsSucceed\":true,\"Model\":\"What?\"}"
#define REQUEST_SPACE 65536

/* Prints the code and the message if the code is not the expected one. */
#define assert_code(result, expected)                                                              \
  do {                                                                                             \
    if ((result)->code != (expected))                                                              \
      fail_msg("%s instead of %s: %s", asr_code_name((result)->code), asr_code_name(expected),     \
               (result)->message ? (result)->message : "(no message)");                            \
  } while (0)

/* Checks a result's code, and frees it. */
#define expect_code(call, expected)                                                                \
  do {                                                                                             \
    asr_result *expected_result = (call);                                                          \
    assert_non_null(expected_result);                                                              \
    assert_code(expected_result, expected);                                                        \
    asr_result_free(expected_result);                                                              \
  } while (0)

/* The value of a variable that scripts/with-servers.sh sets. */
static inline const char *from_environment(const char *name) {
  const char *value = getenv(name);
  if (!value) fail_msg("%s is not set: run this by ctest or by scripts/with-servers.sh", name);
  return value;
}

/* A client of the config, which it frees; without a client the test fails. */
static inline asr_client *client_of(asr_config *config) {
  asr_result *error = NULL;
  asr_client *client = asr_client_new(config, &error);
  asr_config_free(config);
  if (!client) fail_msg("no client: %s", error->message);
  assert_null(error);
  return client;
}

static inline asr_client *client_at(const char *base_url) {
  return client_of(asr_config_new(base_url, "emulator-app-key"));
}

/* A client of a host that is looked up. */
static inline asr_client *client_of_name(const char *name, int port, uint32_t connect_timeout_ms) {
  char url[64];
  asr_config *config;
  snprintf(url, sizeof url, "http://%s:%d", name, port);
  config = asr_config_new(url, "key");
  asr_config_set_allow_http(config, 1);
  asr_config_set_proxy(config, "");
  asr_config_set_connect_timeout_ms(config, connect_timeout_ms);
  return client_of(config);
}

/* The emulator over TLS, trusted by its own certificate. */
static inline asr_config *https_config(const char *base_url) {
  asr_config *config = asr_config_new(base_url, "emulator-app-key");
  asr_config_set_ca_file(config, from_environment("AUTOSHARES_CA_FILE"));
  return config;
}

static inline asr_client *secure_client(void) {
  return client_of(https_config(from_environment("AUTOSHARES_HTTPS_URL")));
}

/* The emulator's port, for a server in front of it. */
static inline int https_port(void) {
  return atoi(strrchr(from_environment("AUTOSHARES_HTTPS_URL"), ':') + 1);
}

/* A script: the emulator's own responses over TLS. */
static inline void relay_to_emulator(connection *c) { relay(c, https_port(), 0); }

/* A script: a question for every request. */
static inline void respond_ok(connection *c) {
  char request[REQUEST_SPACE];
  while (read_request(c, request, sizeof request)) respond(c, "200 OK", "", OK_BODY);
}

/* A script: the question is the connection's number and the username, so that a mixed-up response shows. */
static inline void tell_the_connection(connection *c) {
  char request[REQUEST_SPACE], body[256];
  while (read_request(c, request, sizeof request)) {
    const char *user = strstr(request, "username=") + 9;
    snprintf(body, sizeof body, "{\"IsSucceed\":true,\"Model\":\"%d %.*s\"}", c->number,
             (int)strcspn(user, " "), user);
    respond(c, "200 OK", "", body);
  }
}

/* The number of the connection that told this user; 0: the response was another user's, or there was none. */
static inline int connection_used(const asr_client *client, const char *user, asr_cancel *cancel) {
  asr_result *result = asr_secret_question(client, user, cancel);
  char name[64] = "";
  int number = 0;
  if (result->code != ASR_OK || sscanf(result->question, "%d %63s", &number, name) != 2 || strcmp(name, user) != 0)
    number = 0;
  asr_result_free(result);
  return number;
}

typedef asr_result *call(const asr_client *, asr_cancel *);

static inline asr_result *get_question(const asr_client *client, asr_cancel *cancel) {
  return asr_secret_question(client, "robert.zak", cancel);
}

typedef struct canceller {
  void (*await)(void *);
  void *moment;
  asr_cancel *cancel;
  int64_t triggered;
} canceller;

static inline void await_event(void *e) { event_wait(e); }

static inline void *await_and_cancel(void *argument) {
  canceller *c = argument;
  c->await(c->moment);
  c->triggered = now_ms();
  asr_cancel_trigger(c->cancel);
  asr_cancel_trigger(c->cancel);
  return NULL;
}

/* Makes the call, lets another thread cancel it when the moment has come, checks its time and returns its result. */
static inline asr_result *cancelled_in_time(const asr_client *client, call *run, void await(void *), void *moment) {
  canceller c = {await, moment, asr_cancel_new(), 0};
  pthread_t thread;
  asr_result *result;
  int64_t took;
  pthread_create(&thread, NULL, await_and_cancel, &c);
  result = run(client, c.cancel);
  took = now_ms();
  pthread_join(thread, NULL);
  took -= c.triggered;
  assert_code(result, ASR_CANCELLED);
  if (took > at_most_ms(100)) fail_msg("the call ended after %d ms", (int)took);
  asr_cancel_free(c.cancel);
  return result;
}

#endif
