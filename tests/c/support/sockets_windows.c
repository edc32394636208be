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

int linux_socket(int domain, int type, int protocol) {
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

char *strcasestr(const char *text, const char *part) { return StrStrIA(text, part); }
