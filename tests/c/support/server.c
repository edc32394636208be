#include "server.h"

#include "event.h"
#include "proc.h"
#include "sockets.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CONNECTIONS = 1024, MOST_FILLERS = 16 };

#ifdef __APPLE__
enum { SHORTEST_QUEUE = 1 }; /* 0 is the longest */
#else
enum { SHORTEST_QUEUE = 0 };
#endif

struct test_server {
  int listener, stop, port;
  char url[32];
  script run;
  void *context;
  pthread_t acceptor;
  bool accepting;
  atomic_int count;
  pthread_t threads[MOST_CONNECTIONS];
  int fillers[MOST_FILLERS], filler_count;
};

/* A test without its server proves nothing about the library. */
static int must(int result) {
  if (result < 0) {
    perror("test server");
    abort();
  }
  return result;
}

static struct sockaddr_in at(const char *address, int port) {
  struct sockaddr_in where;
  memset(&where, 0, sizeof where);
  where.sin_family = AF_INET;
  where.sin_port = htons((uint16_t)port);
  must(inet_pton(AF_INET, address, &where.sin_addr));
  return where;
}

static bool readable_or_stopped(const test_server *s, int fd, short events) {
  struct pollfd both[2] = {{fd, events, 0}, {s->stop, POLLIN, 0}};
  while (poll(both, 2, -1) < 0) assert(errno == EINTR);
  return both[1].revents == 0;
}

static void *serve(void *argument) {
  connection *c = argument;
  c->server->run(c);
  close(c->fd);
  free(c);
  return NULL;
}

static void *accept_all(void *argument) {
  test_server *s = argument;
  while (readable_or_stopped(s, s->listener, POLLIN)) {
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) continue;
    connection *c = malloc(sizeof *c);
    int index = atomic_fetch_add(&s->count, 1);
    assert(c && index < MOST_CONNECTIONS);
    *c = (connection){fd, index + 1, s, s->context};
    must(-pthread_create(&s->threads[index], NULL, serve, c));
  }
  return NULL;
}

static test_server *listen_at(const char *address, int port, int backlog, int receive_buffer) {
  test_server *s = calloc(1, sizeof *s);
  struct sockaddr_in where = at(address, port);
  socklen_t size = sizeof where;
  int yes = 1;
  assert(s);
  s->stop = must(eventfd(0, EFD_CLOEXEC));
  s->listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  must(setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
  if (receive_buffer)
    must(setsockopt(s->listener, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer));
  must(bind(s->listener, (struct sockaddr *)&where, size));
  must(listen(s->listener, backlog));
  must(getsockname(s->listener, (struct sockaddr *)&where, &size));
  s->port = ntohs(where.sin_port);
  return s;
}

void server_open_up(test_server *s, script run, void *context) {
  int i;
  for (i = 0; i < s->filler_count; ++i) close(s->fillers[i]);
  s->filler_count = 0;
  s->run = run;
  s->context = context;
  s->accepting = true;
  must(-pthread_create(&s->acceptor, NULL, accept_all, s));
}

test_server *server_start(script run, void *context, int receive_buffer) {
  test_server *s = listen_at("127.0.0.1", 0, 128, receive_buffer);
  server_open_up(s, run, context);
  return s;
}

test_server *server_start_full(const char *address, int port) {
  test_server *s = listen_at(address, port, SHORTEST_QUEUE, 0);
  struct sockaddr_in where = at(address, s->port);
  for (;;) {
    assert(s->filler_count < MOST_FILLERS);
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    struct pollfd connected = {fd, POLLOUT, 0};
    int result = connect(fd, (struct sockaddr *)&where, sizeof where);
    assert(result == 0 || errno == EINPROGRESS);
    /* On loopback a connection that is not made at once is never made. */
    if (result != 0 && poll(&connected, 1, 200) == 0) {
      close(fd);
      return s;
    }
    s->fillers[s->filler_count++] = fd;
  }
}

void await_connecting(const test_server *s) {
  int tries;
  for (tries = 0; !somebody_connects_to(s->port); ++tries) {
    if (tries == 10000) {
      fputs("no client connects to the full server\n", stderr);
      abort();
    }
    sleep_ms(1);
  }
}

void server_stop(test_server *s) {
  int i;
  must(eventfd_write(s->stop, 1));
  if (s->accepting) {
    pthread_join(s->acceptor, NULL);
    for (i = 0; i < s->count; ++i) pthread_join(s->threads[i], NULL);
  }
  for (i = 0; i < s->filler_count; ++i) close(s->fillers[i]);
  close(s->listener);
  close(s->stop);
  free(s);
}

int server_port(const test_server *s) { return s->port; }

int server_connections(const test_server *s) { return s->count; }

char *server_url(test_server *s, const char *scheme) {
  snprintf(s->url, sizeof s->url, "%s://127.0.0.1:%d", scheme, s->port);
  return s->url;
}

bool read_request(connection *c, char *buffer, size_t size) {
  size_t length = 0;
  buffer[0] = '\0';
  for (;;) {
    const char *end = strstr(buffer, "\r\n\r\n");
    if (end) {
      const char *field = strcasestr(buffer, "\r\ncontent-length:");
      size_t body = field && field < end ? strtoul(field + 17, NULL, 10) : 0;
      if (length >= (size_t)(end + 4 - buffer) + body) return true;
    }
    assert(length + 1 < size);
    if (!readable_or_stopped(c->server, c->fd, POLLIN)) return false;
    ssize_t got = recv(c->fd, buffer + length, size - 1 - length, 0);
    if (got <= 0) return false;
    length += (size_t)got;
    buffer[length] = '\0';
  }
}

void await_bytes(connection *c) { readable_or_stopped(c->server, c->fd, POLLIN); }

void write_all(connection *c, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t sent = send(c->fd, bytes, length, MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes += sent;
    length -= (size_t)sent;
  }
}

void write_text(connection *c, const char *text) { write_all(c, text, strlen(text)); }

void respond(connection *c, const char *status, const char *headers, const char *body) {
  char *text = NULL;
  must(asprintf(&text, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
                strlen(body), body));
  write_text(c, text);
  free(text);
}

#ifdef __APPLE__
/* poll() there reports the end of a connection only to those who wait for data, too. */
void hold(connection *c) {
  struct pollfd both[2] = {{c->fd, POLLIN, 0}, {c->server->stop, POLLIN, 0}};
  while (poll(both, 2, -1) < 0 || !(both[0].revents & (POLLHUP | POLLERR) || both[1].revents)) sleep_ms(5);
}
#else
void hold(connection *c) { readable_or_stopped(c->server, c->fd, POLLRDHUP); }
#endif

void reset_on_close(connection *c) {
  struct linger now = {1, 0};
  must(setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now));
}

/* Returns the number of bytes that were passed on; 0: an end is closed. */
static size_t pass_on(int from, int to) {
  char bytes[16384];
  ssize_t got = recv(from, bytes, sizeof bytes, 0), sent = 0;
  while (sent < got) {
    ssize_t some = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);
    if (some <= 0) return 0;
    sent += some;
  }
  return got > 0 ? (size_t)got : 0;
}

void relay(connection *c, int port, size_t most) {
  struct sockaddr_in where = at("127.0.0.1", port);
  int peer = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  struct pollfd ends[3] = {{c->fd, POLLIN, 0}, {peer, POLLIN, 0}, {c->server->stop, POLLIN, 0}};
  size_t total = 0, some;
  must(connect(peer, (struct sockaddr *)&where, sizeof where));
  while (poll(ends, 3, -1) > 0 && !ends[2].revents && (most == 0 || total <= most)) {
    if (ends[0].revents) {
      if ((some = pass_on(c->fd, peer)) == 0) break;
      total += some;
    }
    if (ends[1].revents && pass_on(peer, c->fd) == 0) break;
  }
  close(peer);
}
