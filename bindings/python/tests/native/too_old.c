/* Reports an ABI version below the first. */
#include "exported.h"

EXPORTED unsigned asr_abi_version(void) { return 0; }
