/* The system's data on this process and its connections. */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of running threads; -1: not known. */
int count_threads(void);
/* The number of open descriptors (on Windows: handles); -1: not known. */
int count_descriptors(void);
/* The number of heap bytes in use. */
size_t heap_in_use(void);
/* True if a client is connecting to this port. */
bool somebody_connects_to(int port);

#ifdef __cplusplus
}
#endif

#endif
