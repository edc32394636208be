#include "mail.h"

#include "sockets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void last_mailed_code(const char *user, char *code, size_t size) {
  const char *url = getenv("AUTOSHARES_BASE_URL"), *port = url ? strrchr(url, ':') : NULL;
  struct sockaddr_in where = {.sin_family = AF_INET};
  char text[2048];
  const char *found;
  size_t length = 0;
  ssize_t got;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  code[0] = '\0';
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  where.sin_port = htons((uint16_t)(port ? atoi(port + 1) : 0));
  if (connect(fd, (struct sockaddr *)&where, sizeof where) == 0) {
    snprintf(text, sizeof text,
             "GET /emulator/mail?user=%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
             user);
    send(fd, text, strlen(text), 0);
    while (length + 1 < sizeof text && (got = recv(fd, text + length, sizeof text - 1 - length, 0)) > 0)
      length += (size_t)got;
    text[length] = '\0';
    found = strstr(text, "\"code\":\"");
    if (found) snprintf(code, size, "%.*s", (int)strcspn(found + 8, "\""), found + 8);
  }
  close(fd);
}
