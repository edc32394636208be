#include "lookup.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

event lookup_has_begun = EVENT_INITIAL, lookup_may_end = EVENT_INITIAL;

static atomic_int count;

int lookup_count(void) { return count; }

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **result) {
  look_up *real;
  void *found = dlsym(RTLD_NEXT, "getaddrinfo");
  memcpy(&real, &found, sizeof real); /* ISO C has no cast from data to function pointer */
  if (node && ends_with(node, STALLED_NAME)) {
    ++count;
    event_set(&lookup_has_begun);
    event_wait(&lookup_may_end);
    return real("127.0.0.1", service, hints, result);
  }
  if (node && strcmp(node, TWO_ADDRESSES_NAME) == 0) {
    int status;
    ++count;
    status = real("127.0.0.2", service, hints, result);
    return status ? status : real("127.0.0.1", service, hints, &(*result)->ai_next);
  }
  return real(node, service, hints, result);
}
