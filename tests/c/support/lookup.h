/* A replacement of getaddrinfo that is as slow as a test needs, and lets no name of a test
 * reach a name server. Link `lookup` of tests/CMakeLists.txt; keep_names_here in
 * scripts/lib.sh does the same for programs that are not the tests' own. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "event.h"

/* A look-up of a name that ends so waits for `lookup_may_end`, and then gives 127.0.0.1. */
#define STALLED_NAME "stalled.example"
/* A name that ends so has two addresses: 127.0.0.2 and 127.0.0.1. */
#define TWO_ADDRESSES_NAME "two.example"
/* The look-up of this name returns invalid data, so that the library panics. */
#define BROKEN_NAME "broken.example"
/* Other names that end in .invalid, .example or .test are unknown at once; all others are looked up. */

extern event lookup_has_begun, lookup_may_end;
/* The number of look-ups of such a name. */
int lookup_count(void);

#endif
