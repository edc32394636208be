/* Replaces system functions, and makes one of the library's own system calls fail or be short. */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

typedef enum system_call {
  SOCKET,
  CONNECT,
  POLL,
  SEND, /* and write and writev */
  RECV,
  GETADDRINFO,
  PTHREAD_CREATE,
  OPEN,
  READ,
  FCNTL,
  SETSOCKOPT,
  GETSOCKOPT,
  SYSTEM_CALLS
} system_call;

extern const char *const system_call_names[SYSTEM_CALLS];

typedef enum manner {
  FAILS,         /* with the error; nothing is done */
  KEEPS_FAILING, /* the same, and every later call too */
  COMES_SHORT,   /* one byte is sent or read; poll reports nothing */
  STAYS_SHORT,   /* the same, and every later call too */
  ENDS,          /* recv: the peer has closed */
  FAILS_LATER,   /* getsockopt: the connection was begun, and failed with the error */
  MANNERS
} manner;

extern const char *const manner_names[MANNERS];

/* Counts the library's calls from now on; the `nth` (from 1) fails; 0: none does. */
void injection_begin(system_call, int nth, manner, int error);
/* Lets every call succeed again. Returns true if the `nth` was made. */
bool injection_end(void);
/* The number of the library's calls and of its sent bytes since injection_begin. */
int injection_count(system_call);
long injection_bytes_sent(void);

#endif
