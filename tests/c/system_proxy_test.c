/* The proxies that only Windows' settings name. Under wine only: elsewhere the
 * settings are those of whoever runs this. */
#include "support/test.h"

#include <windows.h>

enum { DIRECT = 1, PROXY = 2, PAC = 4, DISCOVER = 8 };

#define CONNECTIONS "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\Connections"

/* Windows stores numbers and texts one after the other, each text behind its length. */
typedef struct blob {
  BYTE bytes[8192];
  DWORD size;
} blob;

static void add_number(blob *b, DWORD number) {
  memcpy(b->bytes + b->size, &number, sizeof number);
  b->size += sizeof number;
}

static void add_text(blob *b, const char *text) {
  DWORD length = (DWORD)strlen(text);
  add_number(b, length);
  memcpy(b->bytes + b->size, text, length);
  b->size += length;
}

static void set_system(DWORD flags, const char *proxies, const char *exceptions, const char *pac_url) {
  blob b = {{0}, 0};
  HKEY key;
  add_number(&b, 0x46);
  add_number(&b, 0);
  add_number(&b, DIRECT | flags);
  add_text(&b, proxies);
  add_text(&b, exceptions);
  add_text(&b, pac_url);
  b.size += 32;
  assert_int_equal(RegCreateKeyExA(HKEY_CURRENT_USER, CONNECTIONS, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL), 0);
  assert_int_equal(RegSetValueExA(key, "DefaultConnectionSettings", 0, REG_BINARY, b.bytes, b.size), 0);
  RegCloseKey(key);
}

static int begin(void **state) {
  HMODULE ntdll = GetModuleHandleA("ntdll.dll");
  (void)state;
  if (!ntdll || !GetProcAddress(ntdll, "wine_get_version")) {
    print_message("this is no wine: its settings are left alone\n");
    exit(0);
  }
  return 0;
}

static int end(void **state) {
  (void)state;
  set_system(0, "", "", "");
  return 0;
}

/* A proxy that is the target of its tunnels, too; its context is the question. */
static void be_proxy(connection *c) {
  char request[REQUEST_SPACE], body[256];
  if (!read_request(c, request, sizeof request) || strncmp(request, "CONNECT ", 8) != 0) return;
  write_text(c, "HTTP/1.1 200 Connected\r\n\r\n");
  snprintf(body, sizeof body, "{\"IsSucceed\":true,\"Model\":\"%s\"}", (const char *)c->context);
  while (read_request(c, request, sizeof request)) respond(c, "200 OK", "", body);
}

/* A proxy that closes the tunnel before the handshake. */
static void close_tunnel(connection *c) {
  char request[REQUEST_SPACE];
  if (read_request(c, request, sizeof request)) write_text(c, "HTTP/1.1 200 Connected\r\n\r\n");
}

#define CHALLENGE "TlRMTVNTUAACAAAAAAAAAAAAAAAFgoqiASNFZ4mrze8="

/* After a login, the question holds the number of its connection. */
static void want_ntlm(connection *c) {
  static const char first[] = "\r\nProxy-Authorization: NTLM TlRMTVNTUAAB";
  static const char third[] = "\r\nProxy-Authorization: NTLM TlRMTVNTUAADAAAA" CHALLENGE "\r\n";
  static const char offer[] = "Proxy-Authenticate: NTLM\r\n";
  static const char challenge[] = "Proxy-Authenticate: NTLM " CHALLENGE "\r\n";
  char request[REQUEST_SPACE], body[64];
  snprintf(body, sizeof body, "{\"IsSucceed\":true,\"Model\":\"connection %d\"}", c->number);
  while (read_request(c, request, sizeof request)) {
    if (strncmp(request, "CONNECT ", 8) != 0) respond(c, "200 OK", "", body);
    else if (strstr(request, third)) write_text(c, "HTTP/1.1 200 Connected\r\n\r\n");
    else respond(c, "407 Who", strstr(request, first) ? challenge : offer, "Who are you?");
  }
}

/* Its context is the script. */
static void serve_script(connection *c) {
  char request[REQUEST_SPACE];
  while (read_request(c, request, sizeof request))
    respond(c, "200 OK", "Content-Type: application/x-ns-proxy-autoconfig\r\n", c->context);
}

static test_server *proxy_named(char *name) { return server_start(be_proxy, name, 0); }

static int free_port(void) {
  test_server *s = proxy_named("");
  int port = server_port(s);
  server_stop(s);
  return port;
}

/* A program that sets no proxy. Its timeout is long, because wine's first script is slow. */
static asr_config *config_of(const char *base_url) {
  asr_config *config = asr_config_new(base_url, "key");
  asr_config_set_allow_http(config, 1);
  asr_config_set_timeout_ms(config, 60000);
  asr_config_set_connect_timeout_ms(config, 60000);
  return config;
}

static void expect_details(asr_result *result, const char *part) {
  const char *details = asr_result_details(result);
  if (!strstr(details, part)) fail_msg("\"%s\" is not in:\n%s", part, details);
}

/* The question is the proxy's name; the log contains `part`. */
static void expect_question(const asr_client *client, const char *name, const char *part) {
  asr_result *result = asr_secret_question(client, "robert.zak", NULL);
  assert_code(result, ASR_OK);
  assert_string_equal(result->question, name);
  expect_details(result, part);
  asr_result_free(result);
}

static void expect_failure(const asr_client *client, asr_code code, const char *part) {
  asr_result *result = asr_secret_question(client, "robert.zak", NULL);
  assert_code(result, code);
  assert_int_equal(result->request_sent, 0);
  expect_details(result, part);
  asr_result_free(result);
}

static void static_settings_lead_to_the_service_each_scheme_by_its_own_proxy(void **state) {
  test_server *one = proxy_named("one"), *two = server_start(close_tunnel, NULL, 0);
  char list[128], part[128];
  asr_client *client;
  (void)state;
  snprintf(list, sizeof list, "http=127.0.0.1:%d;https=127.0.0.1:%d", server_port(one), server_port(two));
  set_system(PROXY, list, "", "");
  client = client_of(config_of("http://static.test"));
  snprintf(part, sizeof part, "\nproxy: 127.0.0.1, port %d, from the system's settings\n", server_port(one));
  expect_question(client, "one", part);
  /* On the connection that is kept, too. */
  expect_question(client, "one", part);
  asr_client_free(client);
  assert_int_equal(server_connections(one), 1);

  client = client_of(config_of("https://static.test"));
  snprintf(part, sizeof part, "\nproxy: 127.0.0.1, port %d, from the system's settings\n", server_port(two));
  expect_failure(client, ASR_TLS_FAILED, part);
  asr_client_free(client);
  server_stop(one);
  server_stop(two);
}

static void exceptions_are_reached_directly(void **state) {
  static const struct { const char *base_url; bool is_direct; } hosts[] = {
    {"http://test", true},           {"http://a.direct.test", true}, {"http://port.test:8080", true},
    {"http://direct.test.test", false}, {"http://port.test", false},
  };
  test_server *one = proxy_named("one");
  char list[64];
  size_t i;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d", server_port(one));
  set_system(PROXY, list, "<local>;*.direct.test;port.test:8080", "");
  for (i = 0; i < COUNT_OF(hosts); ++i) {
    asr_client *client = client_of(config_of(hosts[i].base_url));
    if (hosts[i].is_direct)
      expect_failure(client, ASR_RESOLVE_FAILED, "\nproxy: none, from the system's settings\n");
    else expect_question(client, "one", ", from the system's settings\n");
    asr_client_free(client);
  }
  server_stop(one);
}

static void a_script_chooses_among_its_branches(void **state) {
  test_server *one = proxy_named("one"), *two = proxy_named("two"), *pac;
  char text[512], part[128], *url;
  asr_client *client;
  (void)state;
  snprintf(text, sizeof text,
           "function FindProxyForURL(url, host) {\n"
           "  if (host == \"one.pac.test\") return \"PROXY 127.0.0.1:%d\";\n"
           "  if (shExpMatch(url, \"http://two.pac.test/api/*\")) return \"PROXY 127.0.0.1:%d\";\n"
           "  return \"DIRECT\";\n"
           "}\n",
           server_port(one), server_port(two));
  pac = server_start(serve_script, text, 0);
  url = server_url(pac, "http");
  set_system(PAC, "", "", url);

  client = client_of(config_of("http://one.pac.test"));
  snprintf(part, sizeof part, "\nproxy: 127.0.0.1, port %d, from the system's PAC file\n", server_port(one));
  expect_question(client, "one", part);
  asr_client_free(client);
  client = client_of(config_of("http://two.pac.test/api"));
  snprintf(part, sizeof part, "\nproxy: 127.0.0.1, port %d, from the system's PAC file\n", server_port(two));
  expect_question(client, "two", part);
  asr_client_free(client);
  client = client_of(config_of("http://other.pac.test"));
  expect_failure(client, ASR_RESOLVE_FAILED, "\nproxy: none, from the system's PAC file\n");
  asr_client_free(client);
  server_stop(pac);
  server_stop(one);
  server_stop(two);
}

static void what_the_system_says_is_remembered(void **state) {
  test_server *one = proxy_named("one"), *pac;
  char text[256], *url;
  int i;
  (void)state;
  snprintf(text, sizeof text, "function FindProxyForURL(url, host) { return \"PROXY 127.0.0.1:%d\"; }", server_port(one));
  pac = server_start(serve_script, text, 0);
  url = server_url(pac, "http");
  set_system(PAC, "", "", url);
  for (i = 0; i < 3; ++i) {
    asr_client *client = client_of(config_of("http://remembered.test"));
    expect_question(client, "one", ", from the system's PAC file\n");
    asr_client_free(client);
  }
  assert_int_equal(server_connections(one), 3);
  assert_int_equal(server_connections(pac), 1);
  server_stop(pac);
  server_stop(one);
}

static void a_dead_proxy_gives_way_to_the_next(void **state) {
  test_server *one = proxy_named("one"), *silent = server_start(hold, NULL, 0);
  char list[128], part[128];
  asr_client *client;
  asr_config *config;
  int64_t began;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d 127.0.0.1:%d", free_port(), server_port(one));
  set_system(PROXY, list, "", "");
  client = client_of(config_of("http://dead.test"));
  snprintf(part, sizeof part, "\nproxy: 127.0.0.1, port %d, from the system's settings\n", server_port(one));
  expect_question(client, "one", part);
  asr_client_free(client);

  snprintf(list, sizeof list, "127.0.0.1:%d;127.0.0.1:%d", server_port(silent), server_port(one));
  set_system(PROXY, list, "", "");
  config = config_of("http://silent.test");
  asr_config_set_connect_timeout_ms(config, 2000);
  client = client_of(config);
  began = now_ms();
  expect_question(client, "one", ": given up: no connection within ");
  assert_true(now_ms() - began >= 900);
  asr_client_free(client);
  server_stop(silent);
  server_stop(one);
}

static void a_list_without_a_live_proxy_fails(void **state) {
  char list[128];
  asr_client *client;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d;127.0.0.1:%d", free_port(), free_port());
  set_system(PROXY, list, "", "");
  client = client_of(config_of("http://nobody.test"));
  expect_failure(client, ASR_CONNECT_FAILED, ", from the system's settings\n");
  asr_client_free(client);

  set_system(PROXY, "socks=127.0.0.1:1080", "", "");
  client = client_of(config_of("http://socks.test"));
  expect_failure(client, ASR_CONNECT_FAILED, "is a SOCKS proxy, which is not supported");
  asr_client_free(client);
}

static void *trigger_soon(void *cancel) {
  sleep_ms(200);
  asr_cancel_trigger(cancel);
  return NULL;
}

static void a_script_that_never_comes_keeps_no_call(void **state) {
  test_server *silent = server_start(hold, NULL, 0);
  asr_cancel *cancel = asr_cancel_new();
  asr_config *config = config_of("http://never.test");
  asr_client *client;
  asr_result *result;
  pthread_t thread;
  int64_t began = now_ms();
  (void)state;
  set_system(PAC, "", "", server_url(silent, "http"));
  asr_config_set_connect_timeout_ms(config, 500);
  client = client_of(config);
  expect_failure(client, ASR_TIMEOUT, "asking the system for a proxy: failed after");
  assert_in_range(now_ms() - began, 490, at_most_ms(5000));
  expect_failure(client, ASR_TIMEOUT, "\nproxy: not known, from the system\n");
  asr_client_free(client);

  client = client_of(config_of("http://never.test"));
  pthread_create(&thread, NULL, trigger_soon, cancel);
  began = now_ms();
  result = asr_secret_question(client, "robert.zak", cancel);
  assert_in_range(now_ms() - began, 190, at_most_ms(5000));
  assert_code(result, ASR_CANCELLED);
  asr_result_free(result);
  pthread_join(thread, NULL);
  asr_cancel_free(cancel);
  asr_client_free(client);
  /* All of them waited for the same query. */
  assert_int_equal(server_connections(silent), 1);
  server_stop(silent);
}

static void a_script_that_is_of_no_use_counts_as_none(void **state) {
  test_server *one = proxy_named("one"), *pac = server_start(serve_script, "function FindProxyForURL(", 0);
  char list[64], *url = server_url(pac, "http");
  asr_client *client;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d", server_port(one));
  set_system(PAC | PROXY, list, "", url);
  client = client_of(config_of("http://broken.test"));
  expect_question(client, "one", "not used: the system's PAC file: its script is broken");
  expect_question(client, "one", ", from the system's settings\n");
  asr_client_free(client);
  set_system(PAC, "", "", url);
  client = client_of(config_of("http://broken-alone.test"));
  expect_failure(client, ASR_RESOLVE_FAILED, "\nproxy: none, from the system's settings\n");
  asr_client_free(client);
  server_stop(pac);

  snprintf(list, sizeof list, "http://127.0.0.1:%d/", free_port());
  set_system(PAC, "", "", list);
  client = client_of(config_of("http://lost.test"));
  expect_failure(client, ASR_RESOLVE_FAILED, "not used: the system's PAC file: it cannot be fetched");
  asr_client_free(client);
  server_stop(one);
}

static void a_discovery_that_finds_nothing_counts_as_none(void **state) {
  test_server *one = proxy_named("one");
  char list[64];
  asr_client *client;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d", server_port(one));
  set_system(DISCOVER | PROXY, list, "", "");
  client = client_of(config_of("http://discovered.test"));
  expect_question(client, "one", "not used: a PAC file that the system discovered: there is none");
  expect_question(client, "one", ", from the system's settings\n");
  asr_client_free(client);
  server_stop(one);
}

static void the_config_and_the_environment_come_first(void **state) {
  test_server *one = proxy_named("one"), *two = proxy_named("two");
  char list[64], *other = server_url(two, "http");
  asr_config *config = config_of("http://first.test");
  asr_client *client;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d", server_port(one));
  set_system(PROXY, list, "", "");
  asr_config_set_proxy(config, "");
  client = client_of(config);
  expect_failure(client, ASR_RESOLVE_FAILED, "\nproxy: none\n");
  asr_client_free(client);
  config = config_of("http://first.test");
  asr_config_set_proxy(config, other);
  client = client_of(config);
  expect_question(client, "two", ", from the setting\n");
  asr_client_free(client);

  SetEnvironmentVariableA("ALL_PROXY", other);
  client = client_of(config_of("http://first.test"));
  expect_question(client, "two", ", from ");
  asr_client_free(client);
  SetEnvironmentVariableA("ALL_PROXY", NULL);
  SetEnvironmentVariableA("NO_PROXY", "first.test");
  client = client_of(config_of("http://first.test"));
  expect_failure(client, ASR_RESOLVE_FAILED, "\nproxy: none\n");
  asr_client_free(client);
  SetEnvironmentVariableA("NO_PROXY", NULL);
  assert_int_equal(server_connections(one), 0);
  server_stop(one);
  server_stop(two);
}

/* With wine's NTLM, for which tests/platforms/try.sh puts a stand-in on PATH. */
static void the_signed_in_user_logs_in_to_the_systems_proxy_alone(void **state) {
  test_server *one = server_start(want_ntlm, NULL, 0);
  char list[64], *url = server_url(one, "http");
  asr_client *client;
  asr_result *result;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d", server_port(one));
  set_system(PROXY, list, "", "");
  client = client_of(config_of("http://login.test"));
  expect_question(client, "connection 1", ", from the system's settings\n");
  asr_client_free(client);

  SetEnvironmentVariableA("ALL_PROXY", url);
  client = client_of(config_of("http://login.test"));
  SetEnvironmentVariableA("ALL_PROXY", NULL);
  result = asr_secret_question(client, "robert.zak", NULL);
  assert_code(result, ASR_CONNECT_FAILED);
  assert_non_null(strstr(result->message, "it requires a login by NTLM (HTTP 407)"));
  asr_result_free(result);
  asr_client_free(client);
  server_stop(one);
}

static void loopback_never_goes_there(void **state) {
  test_server *one = proxy_named("one"), *service = server_start(respond_ok, NULL, 0);
  char list[64], *url = server_url(service, "http");
  asr_client *client;
  (void)state;
  snprintf(list, sizeof list, "127.0.0.1:%d", server_port(one));
  set_system(PROXY, list, "", "");
  client = client_of(asr_config_new(url, "key"));
  expect_question(client, "What?", "\nproxy: none\n");
  asr_client_free(client);
  assert_int_equal(server_connections(one), 0);
  server_stop(service);
  server_stop(one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(static_settings_lead_to_the_service_each_scheme_by_its_own_proxy),
    cmocka_unit_test(exceptions_are_reached_directly),
    cmocka_unit_test(a_script_chooses_among_its_branches),
    cmocka_unit_test(what_the_system_says_is_remembered),
    cmocka_unit_test(a_dead_proxy_gives_way_to_the_next),
    cmocka_unit_test(a_list_without_a_live_proxy_fails),
    cmocka_unit_test(a_script_that_never_comes_keeps_no_call),
    cmocka_unit_test(a_script_that_is_of_no_use_counts_as_none),
    cmocka_unit_test(a_discovery_that_finds_nothing_counts_as_none),
    cmocka_unit_test(the_config_and_the_environment_come_first),
    cmocka_unit_test(the_signed_in_user_logs_in_to_the_systems_proxy_alone),
    cmocka_unit_test(loopback_never_goes_there),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
