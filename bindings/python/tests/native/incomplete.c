/* Reports a new ABI version, and lacks the other functions. */
#include "exported.h"

EXPORTED unsigned asr_abi_version(void) { return 1000; }
