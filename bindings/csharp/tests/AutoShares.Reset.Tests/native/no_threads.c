/* Preloaded: a thread that called refuse_threads(1) gets no new thread from the system. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>

static __thread int refused;

void refuse_threads(int yes) { refused = yes; }

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  __typeof__(&pthread_create) real = (__typeof__(&pthread_create))dlsym(RTLD_NEXT, "pthread_create");
  return refused ? EAGAIN : real(thread, attributes, start, argument);
}
