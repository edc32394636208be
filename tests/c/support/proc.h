/* What the system knows of this process and its connections. */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many threads run; -1: not known. */
int count_threads(void);
/* How many descriptors (on Windows: handles) are open; -1: not known. */
int count_descriptors(void);
/* How many bytes of the heap are in use. */
size_t heap_in_use(void);
/* Whether some client waits for its connection to this port to be made. */
bool somebody_connects_to(int port);

#ifdef __cplusplus
}
#endif

#endif
