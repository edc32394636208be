#include "sockets.h"

#include <errno.h>
#include <shlwapi.h>
#include <stdlib.h>

#undef socket
#undef connect

__attribute__((constructor)) static void start_winsock(void) {
  WSADATA data;
  if (WSAStartup(MAKEWORD(2, 2), &data) != 0) abort();
}

int posix_socket(int domain, int type, int protocol) {
  SOCKET fd = socket(domain, type & ~SOCK_NONBLOCK, protocol);
  u_long yes = 1;
  if (type & SOCK_NONBLOCK) ioctlsocket(fd, (long)FIONBIO, &yes);
  return (int)fd;
}

int posix_connect(int fd, const struct sockaddr *where, socklen_t size) {
  int result = connect((SOCKET)fd, where, size);
  errno = WSAGetLastError();
  return result;
}

int accept4(int fd, struct sockaddr *from, socklen_t *size, int flags) {
  (void)flags;
  return (int)accept((SOCKET)fd, from, size);
}

/* A socket that sends to itself; nothing reads its data. */
int eventfd(unsigned value, int flags) {
  struct sockaddr_in self = {.sin_family = AF_INET};
  socklen_t size = sizeof self;
  SOCKET fd = socket(AF_INET, SOCK_DGRAM, 0);
  (void)flags;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (value != 0 || bind(fd, (struct sockaddr *)&self, size) != 0 ||
      getsockname(fd, (struct sockaddr *)&self, &size) != 0 ||
      connect(fd, (struct sockaddr *)&self, size) != 0)
    return -1;
  return (int)fd;
}

int eventfd_write(int fd, uint64_t value) {
  return send((SOCKET)fd, (const char *)&value, sizeof value, 0) == sizeof value ? 0 : -1;
}

char *strcasestr(const char *text, const char *part) { return StrStrIA(text, part); }
