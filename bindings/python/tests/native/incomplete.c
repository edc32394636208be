/* New enough, as it says, and without the rest. */
#include "exported.h"

EXPORTED unsigned asr_abi_version(void) { return 1000; }
