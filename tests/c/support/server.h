/* A server on 127.0.0.1 that runs a test's script on each connection. */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct test_server test_server;

typedef struct connection {
  int fd;
  int number; /* 1 for the first */
  test_server *server;
  void *context; /* as given to server_start */
} connection;

/* Runs in a separate thread; the connection is closed when it returns. */
typedef void (*script)(connection *);

/* Listens on any free port. With a small `receive_buffer` (0: the system's size) the two sockets hold less
 * than a client sends. */
test_server *server_start(script run, void *context, int receive_buffer);
/* Listens on address:port (0: any) with a queue that is full, so that connecting hangs. */
test_server *server_start_full(const char *address, int port);
/* Waits until a client hangs in this way. */
void await_connecting(const test_server *);
/* Accepts the connections in the queue, and all later ones, with this script. */
void server_open_up(test_server *, script run, void *context);
/* Ends the scripts (server_hold returns, reads end) and frees. */
void server_stop(test_server *);

int server_port(const test_server *);
/* The number of connections so far. */
int server_connections(const test_server *);
/* "http://127.0.0.1:PORT", until the next call or server_stop(). */
char *server_url(test_server *, const char *scheme);

/* Reads one request, header and body; false: the client closed. NUL-terminated; a test's requests
 * fit. */
bool read_request(connection *, char *buffer, size_t size);
/* Waits until the first byte can be read, without reading it. */
void await_bytes(connection *);
/* Writes all of it, unless the client has closed. */
void write_all(connection *, const char *bytes, size_t length);
void write_text(connection *, const char *text);
/* "HTTP/1.1 STATUS\r\nHEADERS" and the body with its length; HEADERS end with \r\n or are "". */
void respond(connection *, const char *status, const char *headers, const char *body);
/* Does nothing until the client closes or the server stops. */
void hold(connection *);
/* Turns the following close into a reset. */
void reset_on_close(connection *);
/* Passes bytes both ways between the client and 127.0.0.1:port, until either closes or the client
 * has sent more than `most` bytes (0: any number). */
void relay(connection *, int port, size_t most);

#ifdef __cplusplus
}
#endif

#endif
