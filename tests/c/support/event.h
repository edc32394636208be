/* A one-time event for which another thread waits; and the time. */
#ifndef EVENT_H
#define EVENT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct event {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool happened;
} event;

#define EVENT_INITIAL { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false }

void event_set(event *e);
void event_wait(event *e);
void event_reset(event *e);

/* A monotonic clock, in milliseconds. */
int64_t now_ms(void);
void sleep_ms(int milliseconds);

/* A limit of time in milliseconds, multiplied by TEST_SLOWNESS,
 * which is set where the tests run under valgrind. */
int64_t at_most_ms(int64_t bound);

#ifdef __cplusplus
}
#endif

#endif
