/* Stands between the library and the system, and makes one of the library's own system calls fail or come short. */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>

typedef enum system_call {
  SOCKET,
  CONNECT,
  POLL,
  SEND, /* and what else writes to a socket */
  RECV, /* and what else reads from one */
  GETADDRINFO,
  PTHREAD_CREATE,
  OPEN,
  READ,
  FCNTL, /* and ioctl */
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

/* From now on the library's calls are counted, and the `nth` (from 1) goes wrong; 0: none does. */
void injection_begin(system_call, int nth, manner, int error);
/* No call goes wrong any more. Tells whether it came to the `nth`. */
bool injection_end(void);
/* Since injection_begin: how many calls the library made, and how many bytes it sent. */
int injection_count(system_call);
long injection_bytes_sent(void);

#endif
