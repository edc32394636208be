/* A library that has nothing to do with this package. */
#include "exported.h"

EXPORTED int answer(void) { return 42; }
