/* Linux' eventfd() for systems without it: a socket that sends to itself; nothing reads its data. */
#include "sockets.h"

int eventfd(unsigned value, int flags) {
  struct sockaddr_in self = {.sin_family = AF_INET};
  socklen_t size = sizeof self;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  (void)flags;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (value != 0 || bind(fd, (struct sockaddr *)&self, size) != 0 ||
      getsockname(fd, (struct sockaddr *)&self, &size) != 0 ||
      connect(fd, (struct sockaddr *)&self, size) != 0)
    return -1;
  return fd;
}

int eventfd_write(int fd, uint64_t value) {
  return send(fd, (const char *)&value, sizeof value, 0) == (int)sizeof value ? 0 : -1;
}
