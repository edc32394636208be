/* The interface of each client in C for measure.c. */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>

/* The service's URL, and the user. */
struct target {
  const char *base_url; /* http://host:port or https://host:port, without a slash at the end */
  const char *app_key;
  const char *username;
  const char *ca_file; /* the trusted certificates; the programs get the same from SSL_CERT_FILE */
};

/* True if the threads of a program can share one client. */
extern const bool peer_is_shared;

/* A client that keeps its connection; NULL where it cannot be made. */
void *peer_open(const struct target *target);

/* Asks for the secret question; true if it came. */
bool peer_ask(void *client);

/* Makes a connection ahead of the first call; NULL where the library cannot. */
extern bool (*const peer_connect)(void *client);

void peer_close(void *client);

/* A call that ends before the network; NULL if there is none. */
extern void (*const peer_idle)(void *client);

#endif
