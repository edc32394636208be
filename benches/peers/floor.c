/* The minimum: one write and one read on a kept connection, OpenSSL for https. It neither handles errors that do not
 * happen here nor parses the JSON, so no client can be faster. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "peer.h"

const bool peer_is_shared = false;
bool (*const peer_connect)(void *client) = NULL;
void (*const peer_idle)(void *client) = NULL;

struct client {
  int socket;
  SSL_CTX *context;
  SSL *tls; /* NULL for http */
  char request[1024];
  int request_size;
};

static bool secure(struct client *client, const char *host, const char *ca_file) {
  client->context = SSL_CTX_new(TLS_client_method());
  if (!client->context || SSL_CTX_load_verify_locations(client->context, ca_file, NULL) != 1) return false;
  SSL_CTX_set_verify(client->context, SSL_VERIFY_PEER, NULL);
  SSL_CTX_set_read_ahead(client->context, 1); /* a record in one read, not its header first */
  client->tls = SSL_new(client->context);
  return client->tls && X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(client->tls), host) == 1 &&
         SSL_set_fd(client->tls, client->socket) == 1 && SSL_connect(client->tls) == 1;
}

void *peer_open(const struct target *target) {
  struct client *client = calloc(1, sizeof *client);
  char scheme[8], host[64];
  unsigned port;
  if (!client || sscanf(target->base_url, "%7[a-z]://%63[0-9.]:%u", scheme, host, &port) != 3) return NULL;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, host, &address.sin_addr);
  client->socket = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(client->socket, (struct sockaddr *)&address, sizeof address) != 0) return NULL;
  setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  if (!strcmp(scheme, "https") && !secure(client, host, target->ca_file)) return NULL;
  client->request_size = snprintf(client->request, sizeof client->request,
                                  "GET /v1.0/users/password/secret-question?username=%s HTTP/1.1\r\n"
                                  "Host: %s:%u\r\nEt-App-Key: %s\r\nAccept: application/json\r\n\r\n",
                                  target->username, host, port, target->app_key);
  return client;
}

bool peer_ask(void *opened) {
  struct client *client = opened;
  char response[4096];
  int count;
  if (client->tls) {
    SSL_write(client->tls, client->request, client->request_size);
    count = SSL_read(client->tls, response, sizeof response - 1);
  } else {
    if (write(client->socket, client->request, (size_t)client->request_size) < 0) return false;
    count = (int)read(client->socket, response, sizeof response - 1);
  }
  if (count <= 0) return false;
  response[count] = '\0';
  return strstr(response, "\"Model\":\"") != NULL;
}

void peer_close(void *opened) {
  struct client *client = opened;
  if (client->tls) SSL_shutdown(client->tls);
  SSL_free(client->tls);
  SSL_CTX_free(client->context);
  close(client->socket);
  free(client);
}
