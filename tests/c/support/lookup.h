/* A getaddrinfo in place of the system's, so that the name server of a test is as slow as the test
 * wants. Link lookup.o into the program. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "event.h"

/* A look-up of a name that ends so waits for `lookup_may_end`, and then gives 127.0.0.1. */
#define STALLED_NAME "stalled.example"
/* A name that ends so has two addresses: 127.0.0.2 and 127.0.0.1. */
#define TWO_ADDRESSES_NAME "two.example"
/* The look-up of this name gives what nobody can make sense of, so that the library panics. */
#define BROKEN_NAME "broken.example"
/* All other names are looked up as ever. */

extern event lookup_has_begun, lookup_may_end;
/* How often such a name was looked up. */
int lookup_count(void);

#endif
