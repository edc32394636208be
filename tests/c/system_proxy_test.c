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
  if (!ntdll || !GetProcAddress(ntdll, "wine_get_version")) {
    print_message("not under wine: the test does not change Windows' settings\n");
    exit(0);
  }
  return 0;
}

static int end(void **state) {
  set_system(0, "", "", "");
  return 0;
}

#define CONNECTED "HTTP/1.1 200 Connected\r\n\r\n"
#define QUESTION "{\"IsSucceed\":true,\"Model\":\"port %d, connection %d\"}"

/* A proxy that is the target of its tunnels, too. The question is its port and the number of its connection. */
static void be_proxy(connection *c) {
  char request[REQUEST_SPACE], body[64];
  if (!read_request(c, request, sizeof request) || strncmp(request, "CONNECT ", 8) != 0) return;
  write_text(c, CONNECTED);
  snprintf(body, sizeof body, QUESTION, server_port(c->server), c->number);
  while (read_request(c, request, sizeof request)) respond(c, "200 OK", "", body);
}

/* A proxy that closes the tunnel before the handshake. */
static void close_tunnel(connection *c) {
  char request[REQUEST_SPACE];
  if (read_request(c, request, sizeof request)) write_text(c, CONNECTED);
}

#define CHALLENGE "TlRMTVNTUAACAAAAAAAAAAAAAAAFgoqiASNFZ4mrze8="

/* A proxy that requires a login. */
static void want_ntlm(connection *c) {
  static const char first[] = "\r\nProxy-Authorization: NTLM TlRMTVNTUAAB";
  static const char third[] = "\r\nProxy-Authorization: NTLM TlRMTVNTUAADAAAA" CHALLENGE "\r\n";
  static const char offer[] = "Proxy-Authenticate: NTLM\r\n";
  static const char challenge[] = "Proxy-Authenticate: NTLM " CHALLENGE "\r\n";
  char request[REQUEST_SPACE], body[64];
  snprintf(body, sizeof body, QUESTION, server_port(c->server), c->number);
  while (read_request(c, request, sizeof request)) {
    if (strncmp(request, "CONNECT ", 8) != 0) respond(c, "200 OK", "", body);
    else if (strstr(request, third)) write_text(c, CONNECTED);
    else respond(c, "407 Who", strstr(request, first) ? challenge : offer, "Who are you?");
  }
}

/* Its context is the script. */
static void serve_script(connection *c) {
  char request[REQUEST_SPACE];
  while (read_request(c, request, sizeof request))
    respond(c, "200 OK", "Content-Type: application/x-ns-proxy-autoconfig\r\n", c->context);
}

static test_server *start_proxy(void) { return server_start(be_proxy, NULL, 0); }

static int free_port(void) {
  test_server *s = start_proxy();
  int port = server_port(s);
  server_stop(s);
  return port;
}

/* "127.0.0.1:PORT" */
static const char *address_of(test_server *s) { return server_url(s, "http") + strlen("http://"); }

/* A program that sets no proxy. Its timeout is long, because wine's first script is slow. */
static asr_config *config_of(const char *base_url) {
  asr_config *config = asr_config_new(base_url, "key");
  asr_config_set_allow_http(config, 1);
  asr_config_set_timeout_ms(config, 60000);
  asr_config_set_connect_timeout_ms(config, 60000);
  return config;
}

#define SETTINGS "the system's settings"
#define PAC_FILE "the system's PAC file"
#define NO_PROXY_FROM "\nproxy: none, from "

static void expect_details(asr_result *result, const char *part) {
  const char *details = asr_result_details(result);
  if (!strstr(details, part)) fail_msg("\"%s\" is not in:\n%s", part, details);
}

/* Makes a call on the proxy's last connection. The log names the source of the proxy's address, and has `note`. */
static void expect_way(const asr_client *client, test_server *proxy, const char *source, const char *note) {
  char text[128];
  asr_result *result = get_question(client, NULL);
  assert_code(result, ASR_OK);
  snprintf(text, sizeof text, "port %d, connection %d", server_port(proxy), server_connections(proxy));
  assert_string_equal(result->question, text);
  snprintf(text, sizeof text, "\nproxy: 127.0.0.1, port %d, from %s\n", server_port(proxy), source);
  expect_details(result, text);
  expect_details(result, note);
  asr_result_free(result);
}

/* The same with a new client. */
static void expect_new_way(const char *base_url, test_server *proxy, const char *source, const char *note) {
  asr_client *client = client_of(config_of(base_url));
  expect_way(client, proxy, source, note);
  asr_client_free(client);
}

/* Takes the config. */
static void expect_failure(asr_config *config, asr_code code, const char *part) {
  asr_client *client = client_of(config);
  asr_result *result = get_question(client, NULL);
  assert_code(result, code);
  assert_int_equal(result->request_sent, 0);
  expect_details(result, part);
  asr_result_free(result);
  asr_client_free(client);
}

static void static_settings_lead_to_the_service_each_scheme_by_its_own_proxy(void **state) {
  test_server *one = start_proxy(), *two = server_start(close_tunnel, NULL, 0);
  asr_client *client;
  char text[128];
  snprintf(text, sizeof text, "http=127.0.0.1:%d;https=127.0.0.1:%d", server_port(one), server_port(two));
  set_system(PROXY, text, "", "");
  client = client_of(config_of("http://static.test"));
  expect_way(client, one, SETTINGS, "");
  /* On the connection that is kept, too. */
  expect_way(client, one, SETTINGS, "");
  asr_client_free(client);
  assert_int_equal(server_connections(one), 1);

  snprintf(text, sizeof text, "\nproxy: 127.0.0.1, port %d, from the system's settings\n", server_port(two));
  expect_failure(config_of("https://static.test"), ASR_TLS_FAILED, text);
  server_stop(one);
  server_stop(two);
}

static void exceptions_are_reached_directly(void **state) {
  static const struct { const char *base_url; bool is_direct; } hosts[] = {
    {"http://test", true},           {"http://a.direct.test", true}, {"http://port.test:8080", true},
    {"http://direct.test.test", false}, {"http://port.test", false},
  };
  test_server *one = start_proxy();
  size_t i;
  set_system(PROXY, address_of(one), "<local>;*.direct.test;port.test:8080", "");
  for (i = 0; i < COUNT_OF(hosts); ++i) {
    if (hosts[i].is_direct)
      expect_failure(config_of(hosts[i].base_url), ASR_RESOLVE_FAILED, NO_PROXY_FROM SETTINGS "\n");
    else expect_new_way(hosts[i].base_url, one, SETTINGS, "");
  }
  server_stop(one);
}

static void a_script_chooses_among_its_branches_and_is_fetched_once(void **state) {
  test_server *one = start_proxy(), *two = start_proxy(), *pac;
  char text[512];
  int i;
  snprintf(text, sizeof text,
           "function FindProxyForURL(url, host) {\n"
           "  if (host == \"one.pac.test\") return \"PROXY 127.0.0.1:%d\";\n"
           "  if (shExpMatch(url, \"http://two.pac.test/api/*\")) return \"PROXY 127.0.0.1:%d\";\n"
           "  return \"DIRECT\";\n"
           "}\n",
           server_port(one), server_port(two));
  pac = server_start(serve_script, text, 0);
  set_system(PAC, "", "", server_url(pac, "http"));
  for (i = 0; i < 3; ++i) expect_new_way("http://one.pac.test", one, PAC_FILE, "");
  assert_int_equal(server_connections(one), 3);
  assert_int_equal(server_connections(pac), 1);
  expect_new_way("http://two.pac.test/api", two, PAC_FILE, "");
  expect_failure(config_of("http://other.pac.test"), ASR_RESOLVE_FAILED, NO_PROXY_FROM PAC_FILE "\n");
  server_stop(pac);
  server_stop(one);
  server_stop(two);
}

static void a_dead_proxy_gives_way_to_the_next(void **state) {
  test_server *one = start_proxy(), *silent = server_start(hold, NULL, 0);
  char list[128];
  asr_client *client;
  asr_config *config;
  int64_t began;
  snprintf(list, sizeof list, "127.0.0.1:%d 127.0.0.1:%d", free_port(), server_port(one));
  set_system(PROXY, list, "", "");
  expect_new_way("http://dead.test", one, SETTINGS, "");

  snprintf(list, sizeof list, "127.0.0.1:%d;127.0.0.1:%d", server_port(silent), server_port(one));
  set_system(PROXY, list, "", "");
  config = config_of("http://silent.test");
  asr_config_set_connect_timeout_ms(config, 2000);
  client = client_of(config);
  began = now_ms();
  expect_way(client, one, SETTINGS, ": given up: no connection within ");
  assert_true(now_ms() - began >= 900);
  asr_client_free(client);
  server_stop(silent);
  server_stop(one);
}

static void a_list_without_a_live_proxy_fails(void **state) {
  char list[128];
  snprintf(list, sizeof list, "127.0.0.1:%d;127.0.0.1:%d", free_port(), free_port());
  set_system(PROXY, list, "", "");
  expect_failure(config_of("http://nobody.test"), ASR_CONNECT_FAILED, ", from the system's settings\n");
  set_system(PROXY, "socks=127.0.0.1:1080", "", "");
  expect_failure(config_of("http://socks.test"), ASR_CONNECT_FAILED, "is a SOCKS proxy, which is not supported");
}

static void await_a_moment(void *unused) { sleep_ms(200); }

static void a_script_that_never_arrives_delays_no_call(void **state) {
  test_server *silent = server_start(hold, NULL, 0);
  asr_config *config = config_of("http://never.test");
  asr_client *client;
  int64_t began = now_ms();
  set_system(PAC, "", "", server_url(silent, "http"));
  asr_config_set_connect_timeout_ms(config, 500);
  expect_failure(config, ASR_TIMEOUT, "\nproxy: not known, from the system\nasking the system for a proxy: failed after");
  assert_in_range(now_ms() - began, 490, at_most_ms(5000));

  client = client_of(config_of("http://never.test"));
  asr_result_free(cancelled_in_time(client, get_question, await_a_moment, NULL));
  asr_client_free(client);
  /* Both waited for the same query. */
  assert_int_equal(server_connections(silent), 1);
  server_stop(silent);
}

static void a_broken_script_counts_as_none(void **state) {
  test_server *one = start_proxy(), *pac = server_start(serve_script, "function FindProxyForURL(", 0);
  char lost[64];
  set_system(PAC | PROXY, address_of(one), "", server_url(pac, "http"));
  expect_new_way("http://broken.test", one, SETTINGS, "not used: the system's PAC file: its script is broken");
  set_system(PAC, "", "", server_url(pac, "http"));
  expect_failure(config_of("http://broken-alone.test"), ASR_RESOLVE_FAILED, NO_PROXY_FROM SETTINGS "\n");
  server_stop(pac);

  snprintf(lost, sizeof lost, "http://127.0.0.1:%d/", free_port());
  set_system(PAC, "", "", lost);
  expect_failure(config_of("http://lost.test"), ASR_RESOLVE_FAILED,
                 "not used: the system's PAC file: it cannot be fetched");
  server_stop(one);
}

static void a_discovery_that_finds_nothing_counts_as_none(void **state) {
  test_server *one = start_proxy();
  set_system(DISCOVER | PROXY, address_of(one), "", "");
  expect_new_way("http://discovered.test", one, SETTINGS,
                 "not used: a PAC file that the system discovered: there is none");
  server_stop(one);
}

static void the_config_and_the_environment_come_first(void **state) {
  static const char base_url[] = "http://first.test", none[] = "\nproxy: none\n";
  test_server *one = start_proxy(), *two = start_proxy();
  asr_config *config = config_of(base_url);
  asr_client *client;
  set_system(PROXY, address_of(one), "", "");
  asr_config_set_proxy(config, "");
  expect_failure(config, ASR_RESOLVE_FAILED, none);
  config = config_of(base_url);
  asr_config_set_proxy(config, server_url(two, "http"));
  client = client_of(config);
  expect_way(client, two, "the setting", "");
  asr_client_free(client);

  SetEnvironmentVariableA("all_proxy", server_url(two, "http"));
  expect_new_way(base_url, two, "all_proxy", "");
  SetEnvironmentVariableA("all_proxy", NULL);
  SetEnvironmentVariableA("NO_PROXY", "first.test");
  expect_failure(config_of(base_url), ASR_RESOLVE_FAILED, none);
  SetEnvironmentVariableA("NO_PROXY", NULL);
  assert_int_equal(server_connections(one), 0);
  server_stop(one);
  server_stop(two);
}

/* Uses wine's NTLM, for which tests/platforms/try.sh puts a stand-in on PATH. */
static void the_signed_in_user_logs_in_to_the_systems_proxy_alone(void **state) {
  test_server *one = server_start(want_ntlm, NULL, 0);
  asr_client *client;
  asr_result *result;
  set_system(PROXY, address_of(one), "", "");
  expect_new_way("http://login.test", one, SETTINGS, "");
  assert_int_equal(server_connections(one), 1);

  SetEnvironmentVariableA("all_proxy", server_url(one, "http"));
  client = client_of(config_of("http://login.test"));
  SetEnvironmentVariableA("all_proxy", NULL);
  result = get_question(client, NULL);
  assert_code(result, ASR_CONNECT_FAILED);
  assert_non_null(strstr(result->message, "it requires a login by NTLM (HTTP 407)"));
  asr_result_free(result);
  asr_client_free(client);
  server_stop(one);
}

static void loopback_never_goes_through_the_systems_proxy(void **state) {
  test_server *one = start_proxy(), *service = server_start(respond_ok, NULL, 0);
  asr_client *client = client_at(server_url(service, "http"));
  asr_result *result;
  set_system(PROXY, address_of(one), "", "");
  result = get_question(client, NULL);
  assert_code(result, ASR_OK);
  expect_details(result, "\nproxy: none\n");
  asr_result_free(result);
  asr_client_free(client);
  assert_int_equal(server_connections(one), 0);
  server_stop(service);
  server_stop(one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(static_settings_lead_to_the_service_each_scheme_by_its_own_proxy),
    cmocka_unit_test(exceptions_are_reached_directly),
    cmocka_unit_test(a_script_chooses_among_its_branches_and_is_fetched_once),
    cmocka_unit_test(a_dead_proxy_gives_way_to_the_next),
    cmocka_unit_test(a_list_without_a_live_proxy_fails),
    cmocka_unit_test(a_script_that_never_arrives_delays_no_call),
    cmocka_unit_test(a_broken_script_counts_as_none),
    cmocka_unit_test(a_discovery_that_finds_nothing_counts_as_none),
    cmocka_unit_test(the_config_and_the_environment_come_first),
    cmocka_unit_test(the_signed_in_user_logs_in_to_the_systems_proxy_alone),
    cmocka_unit_test(loopback_never_goes_through_the_systems_proxy),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
