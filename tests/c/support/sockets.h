/* POSIX' and Linux' sockets. Windows and macOS lack some of the functions: these files implement those that the tests
 * use. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stdint.h>

#ifdef _WIN32
#include <winsock2.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#ifdef __linux__
#include <sys/eventfd.h>
#else
/* macOS has it in its newer versions only. */
#undef MSG_NOSIGNAL
enum { SOCK_CLOEXEC = 0, SOCK_NONBLOCK = 1 << 16, MSG_NOSIGNAL = 0, EFD_CLOEXEC = 0 };

int linux_socket(int domain, int type, int protocol);
int accept4(int fd, struct sockaddr *from, socklen_t *size, int flags);
int eventfd(unsigned value, int flags);
int eventfd_write(int fd, uint64_t value);

#define socket linux_socket
#endif

#ifdef _WIN32
/* Winsock reports it without a request. */
#define POLLRDHUP 0
#undef EINPROGRESS
#define EINPROGRESS WSAEWOULDBLOCK

int posix_connect(int fd, const struct sockaddr *where, socklen_t size);
char *strcasestr(const char *text, const char *part);

#define connect posix_connect
#define poll WSAPoll
#define close closesocket
#define setsockopt(fd, level, name, value, size) \
  setsockopt(fd, level, name, (const char *)(value), size)
#endif

#endif
