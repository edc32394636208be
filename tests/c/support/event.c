#include "event.h"

#include <stdlib.h>
#include <time.h>

void event_set(event *e) {
  pthread_mutex_lock(&e->lock);
  e->happened = true;
  pthread_cond_broadcast(&e->changed);
  pthread_mutex_unlock(&e->lock);
}

void event_wait(event *e) {
  pthread_mutex_lock(&e->lock);
  while (!e->happened) pthread_cond_wait(&e->changed, &e->lock);
  pthread_mutex_unlock(&e->lock);
}

void event_reset(event *e) {
  pthread_mutex_lock(&e->lock);
  e->happened = false;
  pthread_mutex_unlock(&e->lock);
}

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  nanosleep(&time, NULL);
}

int64_t at_most_ms(int64_t bound) {
  const char *factor = getenv("TEST_SLOWNESS");
  return factor ? bound * atoi(factor) : bound;
}
