/* POSIX' sockets; on Windows this file implements those that the tests use with Winsock. */
#ifndef SOCKETS_H
#define SOCKETS_H

#ifdef _WIN32
#include <stdint.h>
#include <winsock2.h>
#include <ws2tcpip.h>

enum { SOCK_CLOEXEC = 0, SOCK_NONBLOCK = 1 << 16, MSG_NOSIGNAL = 0, EFD_CLOEXEC = 0 };
/* Winsock reports it without a request. */
#define POLLRDHUP 0
#undef EINPROGRESS
#define EINPROGRESS WSAEWOULDBLOCK

int posix_socket(int domain, int type, int protocol);
int posix_connect(int fd, const struct sockaddr *where, socklen_t size);
int accept4(int fd, struct sockaddr *from, socklen_t *size, int flags);
int eventfd(unsigned value, int flags);
int eventfd_write(int fd, uint64_t value);
char *strcasestr(const char *text, const char *part);

#define socket posix_socket
#define connect posix_connect
#define poll WSAPoll
#define close closesocket
#define setsockopt(fd, level, name, value, size) \
  setsockopt(fd, level, name, (const char *)(value), size)
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#endif
